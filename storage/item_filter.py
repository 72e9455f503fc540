"""Which items of a job are wanted, and by which index they are found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, or_, select
from sqlalchemy import text as sql

from storage.status import ItemStatus
from storage.tables import FAILED, NO_CATEGORY, WRONG, items, tallies
from storage.tables_analysis import attributions

VERDICTS = ("not_a_product", "unsure")  # answers that name no concept


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of a job are wanted; every field that is not None narrows."""

    status: str | None = None
    verdict: str | None = None
    error_kind: str | Sequence[str] | None = None
    expected: Sequence[str] | None = None
    notation: Sequence[str] | None = None  # of the answer
    told: str | None = None  # what the answer says: a notation, "not_a_product" or "unsure"
    branch: Sequence[str] | None = None  # belongs here by its label, else its answer, else its attribution
    attributed: bool | None = None  # failed without a label, and with (without) an attribution
    ended: bool | None = None  # has its final outcome
    wrong: bool | None = None  # labelled, answered, and not as expected
    labelled: bool | None = None
    confidence: tuple[float, float] | None = None  # from, below; 1.0 as the upper end is in
    positions: Sequence[int] | None = None
    search: str | None = None  # part of the text or the product id, as it is spelt, in any case
    text_like: Sequence[str] | None = None  # SQL patterns with \\ as escape; any of them in the text or product id
    field: tuple[str, Sequence[str]] | None = None  # one of the analyst's own fields and its value, as JSON texts

    @property
    def is_slow(self) -> bool:
        """Whether every candidate's row has to be looked at, which is done in bounded steps."""
        return bool(self.search or self.text_like or self.field)

    @property
    def is_uncovered(self) -> bool:
        """Whether rows have to be looked at beside the index: done in bounded steps, not all at once."""
        other = (self.expected, self.notation, self.told, self.branch, self.verdict, self.error_kind, self.status)
        narrowed_twice = self.confidence is not None and (self.wrong or any(value is not None for value in other))
        return bool(self.is_slow or narrowed_twice or self.labelled is not None)

    @property
    def is_tallied(self) -> bool:
        """Whether the tallies, which know ended items only, tell exactly how many items it finds."""
        other = (self.confidence, self.positions, self.attributed, self.branch)
        if self.is_slow or any(value is not None for value in other):
            return False
        ended = (self.verdict, self.error_kind, self.notation, self.told, self.ended or None, self.wrong or None)
        return self.status in _ENDED or (self.status is None and any(value is not None for value in ended))

    @property
    def is_indexed(self) -> bool:
        """Whether an index alone tells how many items it finds."""
        asked = {name for name in self.__dataclass_fields__ if getattr(self, name) is not None}
        return asked in ({"branch"}, {"expected"}, {"confidence"}, {"positions"}, {"attributed"})

    def condition(self, job_id: str, *, is_sqlite: bool = True) -> Any:
        """Return the SQL condition."""
        parts = self._parts(job_id, is_sqlite)
        if self.branch is not None:
            parts.append(or_(*(and_(*conditions) for _, conditions in _belonging(job_id, self.branch))))
        return and_(*parts)

    def sources(self, job_id: str, *, is_sqlite: bool = True) -> list[tuple[str | None, Any]]:
        """Name the indexes that find the items, each with its condition; an item comes from one of them only."""
        if self.branch is not None and self.positions is None and not self.wrong:
            parts = self._parts(job_id, is_sqlite)
            ways = _belonging(job_id, self.branch, failed=self._is_failed)
            return [(index, and_(*parts, *conditions)) for index, conditions in ways]
        return [(self._one_source(), self.condition(job_id, is_sqlite=is_sqlite))]

    @property
    def _is_failed(self) -> bool:
        return self.status == ItemStatus.FAILED or self.error_kind is not None or self.attributed is not None

    def _parts(self, job_id: str, is_sqlite: bool) -> list[Any]:
        parts = [items.c.job_id == job_id, *self._outcome(), *self._labels(), *self._texts(is_sqlite)]
        if self.attributed is not None:
            known = items.c.position.in_(select(attributions.c.position).where(attributions.c.job_id == job_id))
            parts += [sql(FAILED), items.c.expected.is_(None), known if self.attributed else ~known]
        return parts

    def tally_condition(self, job_id: str) -> Any:
        """Return the SQL condition on the tallies, for a filter that is tallied."""
        t, failed = tallies.c, tallies.c.outcome.startswith("failed:")
        told = case((t.outcome == "concept", t.predicted), else_=t.outcome)
        kinds = [self.error_kind] if isinstance(self.error_kind, str) else self.error_kind
        parts = [
            (self.status == ItemStatus.FAILED, failed), (self.status == ItemStatus.CLASSIFIED, ~failed),
            (kinds is not None, t.outcome.in_([f"failed:{kind}" for kind in kinds or ()])),
            (self.verdict is not None, t.outcome == self.verdict), (self.told is not None, told == self.told),
            (self.expected is not None, t.expected.in_(self.expected or ())),
            (self.notation is not None, t.predicted.in_(self.notation or ())),
            (bool(self.wrong), and_(~failed, t.expected != "", t.expected != told)),
            (self.labelled is not None, (t.expected != "") if self.labelled else (t.expected == "")),
        ]  # fmt: skip
        return and_(t.job_id == job_id, *(condition for is_asked, condition in parts if is_asked))

    def _one_source(self) -> str | None:
        no_category = self.verdict in VERDICTS or self.told in VERDICTS
        ways = (
            (self.positions is not None, None), (self._is_failed, "ix_item_failed"), (self.wrong, "ix_item_wrong"),
            (no_category, "ix_item_no_category"), (self.notation is not None, "ix_item_notation"),
            (self.told is not None, "ix_item_notation"), (self.expected is not None, "ix_item_expected"),
            (self.confidence is not None, "ix_item_confidence"),
        )  # fmt: skip
        return next((index for is_asked, index in ways if is_asked), None)

    def _outcome(self) -> list[Any]:
        parts: list[Any] = []
        if self.status == ItemStatus.FAILED or self.error_kind is not None:
            parts.append(sql(FAILED))
        elif self.status is not None:
            parts.append(items.c.status == self.status)
        if self.error_kind is not None:
            kinds = [self.error_kind] if isinstance(self.error_kind, str) else self.error_kind
            parts.append(items.c.error_kind.in_(kinds))
        if self.verdict is not None:
            parts += [items.c.verdict == self.verdict, *([sql(NO_CATEGORY)] if self.verdict in VERDICTS else [])]
        if self.ended:
            parts.append(items.c.status.in_(_ENDED))
        if self.wrong:
            parts.append(sql(WRONG))
        return parts

    def _labels(self) -> list[Any]:
        parts: list[Any] = [items.c[name].in_(values) for name in ("expected", "notation")
                 if (values := getattr(self, name)) is not None]  # fmt: skip
        if self.told in VERDICTS:
            parts += [sql(NO_CATEGORY), items.c.verdict == self.told]
        elif self.told is not None:
            parts.append(items.c.notation == self.told)
        if self.labelled is not None:
            parts.append(items.c.expected.is_not(None) if self.labelled else items.c.expected.is_(None))
        if self.confidence is not None:
            low, high = self.confidence
            parts += [items.c.confidence >= low, items.c.confidence <= high if high >= 1 else items.c.confidence < high]
        if self.positions is not None:
            parts.append(items.c.position.in_(self.positions))
        return parts

    def _texts(self, is_sqlite: bool) -> Iterable[Any]:
        looked_at = (items.c.text, items.c.product_id)
        if self.search:
            yield or_(*(column.icontains(self.search, autoescape=True) for column in looked_at))
        if self.text_like:
            # SQLite's LIKE ignores the case of ASCII by itself; its ilike would lower every text first
            like = [(c.like if is_sqlite else c.ilike)(p, escape="\\") for c in looked_at for p in self.text_like]
            yield or_(*like)
        if self.field:
            name, values = self.field
            yield items.c.extra[name].as_string().in_(values)


_ENDED = (ItemStatus.CLASSIFIED, ItemStatus.FAILED)


def _belonging(job_id: str, branch: Sequence[str], *, failed: bool = False) -> list[tuple[str | None, list[Any]]]:
    """Split "belongs to the branch" into conditions that exclude each other, each with its index.

    failed: of failed items only, which have no answer.
    """
    unlabelled = items.c.expected.is_(None)
    inferred = select(attributions.c.position).where(
        attributions.c.job_id == job_id, attributions.c.notation.in_(branch)
    )
    attributed: tuple[str | None, list[Any]] = (
        "ix_item_failed",
        [sql(FAILED), items.c.position.in_(inferred), unlabelled],
    )
    if failed:
        return [("ix_item_failed", [items.c.expected.in_(branch)]), attributed]
    found: list[tuple[str | None, list[Any]]] = [
        ("ix_item_expected", [items.c.expected.in_(branch)]),
        ("ix_item_notation", [items.c.notation.in_(branch), unlabelled]),
        attributed,
    ]
    if set(branch) & set(VERDICTS):
        found.append(("ix_item_no_category", [sql(NO_CATEGORY), items.c.verdict.in_(branch), unlabelled]))
    return found
