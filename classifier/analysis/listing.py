"""Lists of a job's products behind a bar, a cell, a bucket or a search, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from classifier.analysis.facets import facets
from classifier.analysis.hierarchy import below, branch_of
from classifier.analysis.survey import NO_BRANCH
from classifier.bootstrap import Services
from classifier.normalisation import fold
from classifier.taxonomy import Taxonomy
from storage import Item, ItemFilter, Job

PAGE = 50
FOLDED_FROM_SEVERAL = frozenset("aeiouncyl")  # letters that ñ, á, ç, ł ... become when a text is folded
WORD_FACETS = ("word", "brand")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which products: those that pass the filter, share the group's facet and value, and contain the search text.

    group: (facet, value) as in concentration.Group. search: in any case, with or without accents.
    """

    filter: ItemFilter = field(default_factory=ItemFilter)
    group: tuple[str, str] | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Up to a page of items by position. next_after: pass it as `after` for the next page, None at the end.

    total: of the whole list, None when counting would take long. n_searched: products looked through so far; smaller
    than the job's n_items: say "searched the first n_searched products". inferred: (notation, source) of failed
    products by position, source "twin" or "retriever": mark it as inferred.
    """

    items: list[Item]
    total: int | None
    n_searched: int
    next_after: int | None
    inferred: dict[int, tuple[str, str]]


def product_page(services: Services, job: Job, wanted: Wanted, after: int = -1, n: int = PAGE) -> ProductPage:
    """Return a page of a list; after -1 is the first. Never takes much longer than 0.2 s: a page may be short."""
    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    narrowed, keep = resolve(taxonomy, wanted)
    found = services.store.item_page(job.id, narrowed, after=after, n=n, keep=keep)
    unplaced = [item.position for item in found.items if item.status == "failed" and item.expected is None]
    inferred = services.store.attributions_of(job.id, unplaced) if unplaced else {}
    return ProductPage(found.items, found.total, found.seen_to + 1, None if found.is_end else found.seen_to, inferred)


def resolve(taxonomy: Taxonomy, wanted: Wanted) -> tuple[ItemFilter, Any]:
    """Turn what is wanted into SQL's part, which may find too much, and a check of each row for the rest (or None)."""
    narrowed, checks = wanted.filter, []
    if wanted.group is not None:
        narrowed, in_group = _of_group(taxonomy, narrowed, *wanted.group)
        checks += [in_group] if in_group else []
    if wanted.search and (part := fold(wanted.search)):
        if not narrowed.text_like:
            narrowed = replace(narrowed, text_like=[like(part)])
        checks.append(lambda row: part in fold(row.text) or part in fold(row.product_id or ""))
    if not checks:
        return narrowed, None
    return narrowed, lambda row: all(check(row) for check in checks)


def of_branch(taxonomy: Taxonomy, notation: str) -> Sequence[str]:
    """Return the notations that belong to a branch or category, for ItemFilter.branch, .expected or .notation."""
    return below(taxonomy, notation)


def like(part: str) -> str:
    """Return an SQL pattern that finds a folded text however it is spelt: a letter that may have had an accent is any.

    It finds too much (checked afterwards), and misses only what folding makes longer (ß, æ).
    """
    plain = part.replace("\\", "\\\\").replace("%", "\\%")
    loose = "".join("_" if c in FOLDED_FROM_SEVERAL or c == "'" else "%" if c == " " else c for c in plain)
    return f"%{loose}%"


def _of_group(taxonomy: Taxonomy, narrowed: ItemFilter, facet: str, value: str) -> tuple[ItemFilter, Any]:
    if facet in ("branch", "category"):
        if value == NO_BRANCH:
            return replace(narrowed, attributed=False), None
        return replace(narrowed, branch=members(taxonomy, facet, value)), None
    if facet.startswith("field:"):
        return _of_field(narrowed, facet, value)
    if facet in WORD_FACETS:
        # "l'oreal" is the word loreal, so an apostrophe may stand after its first letter
        patterns = [like(value), like(f"{value[:1]}'{value[1:]}")]
        return replace(narrowed, text_like=patterns), _has("word", value)
    return narrowed, _has(facet, value)


def members(taxonomy: Taxonomy, facet: str, value: str) -> Sequence[str]:
    """Return the notations whose products are counted in a group of facet "branch" or "category"."""
    if facet == "category" or value not in taxonomy.concepts:
        return [value]
    return [n for n in below(taxonomy, value) if branch_of(taxonomy, n) == value]


def _of_field(narrowed: ItemFilter, facet: str, value: str) -> tuple[ItemFilter, Any]:
    spelt = {"True": ("true", "1"), "False": ("false", "0")}.get(value, ())  # as the databases write JSON's booleans
    return replace(narrowed, field=(facet.removeprefix("field:"), [value, *spelt])), _has(facet, value)


def _has(facet: str, value: str) -> Any:
    def check(row: Any) -> bool:
        return (facet, value) in facets(row.text, row.extra)

    return check
