"""The project's own knowledge of product nouns: what kind of thing a noun names. Read from tab-separated files."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "lexicon"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product; broader: names of the kinds above it. Labels may hold several names apart by "|"."""

    name: str
    broader: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Noun:
    """A product noun, one word or several, in one language."""

    text: str
    language: str
    kind: str


@dataclass(frozen=True)
class Lexicon:
    """Kinds by name, nouns, brands with their kind ("" for several), words that are no product with the reason
    (department, banner, promotion ...), and modifiers with their role (size, colour, flavour, state, audience ...)."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    nouns: tuple[Noun, ...] = ()
    brands: Mapping[str, str] = field(default_factory=dict)
    not_products: Mapping[str, str] = field(default_factory=dict)
    modifiers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _lines(self) -> dict[str, tuple[tuple[str, int], ...]]:
        return {}

    def lineage(self, kind: str) -> tuple[tuple[str, int], ...]:
        """Give the kind and every kind above it with its distance (0 for itself), nearest first; each once."""
        if kind not in self._lines:
            self._lines[kind] = tuple(self._climb(kind))
        return self._lines[kind]

    def roots(self, kind: str) -> frozenset[str]:
        """Give the most general kinds above a kind."""
        return frozenset(above for above, _ in self.lineage(kind) if not self.kinds[above].broader)

    def under(self, tops: Collection[str]) -> frozenset[str]:
        """Give the kinds that are one of these or have one of them above."""
        return frozenset(kind for kind in self.kinds if any(above in tops for above, _ in self.lineage(kind)))

    def _climb(self, kind: str) -> Iterator[tuple[str, int]]:
        seen: set[str] = set()
        level = [kind]
        distance = 0
        while level:
            fresh = [k for k in dict.fromkeys(level) if k in self.kinds and k not in seen]
            yield from ((k, distance) for k in fresh)
            seen.update(fresh)
            level = [b for k in fresh for b in self.kinds[k].broader]
            distance += 1


def read_lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read kinds, nouns, brands, not_products and modifiers (.tsv, UTF-8, header row) from a folder.

    A missing file counts as empty; raises KeyError when a file lacks a column that is needed.
    """
    kinds = (_kind(row) for row in _rows(folder / "kinds.tsv"))
    return Lexicon(
        kinds={k.name: k for k in kinds},
        nouns=tuple(Noun(r["noun"], r["lang"], r["kind"]) for r in _rows(folder / "nouns.tsv")),
        brands={r["brand"]: r["kind"] for r in _rows(folder / "brands.tsv")},
        not_products={r["word"]: r["reason"] for r in _rows(folder / "not_products.tsv")},
        modifiers={r["word"]: r["role"] for r in _rows(folder / "modifiers.tsv")},
    )


def _kind(row: Mapping[str, str]) -> Kind:
    labels = {language: _several(row[language]) for language in ("es", "en")}
    return Kind(row["kind"], _several(row["broader"]), labels)


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as source:
        lines = (line for line in source if line.strip() and not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield {k: (v or "").strip() for k, v in row.items() if k}
