"""Counts of products by facet and value: how many, failed, labelled and wrong. Exact, and bounded in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_VALUES = 300_000  # of one facet: words; later ones are not counted
MAX_FIELD_VALUES = 5_000  # of one of the analyst's own fields: one with more (an SKU, a link) is no group at all
MIN_N = 5  # products that a group needs before its rate says anything
MAX_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class GroupCount:
    """n products share a facet's value; n_failed of them failed, n_wrong of the n_labelled answered ones are wrong."""

    facet: str
    value: str
    n: int
    n_failed: int
    n_labelled: int
    n_wrong: int


class GroupCounts:
    """Counters in arrays: 24 bytes a group and its name once."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, int]] = {}
        self._n, self._failed = array("q"), array("q")
        self._labelled, self._wrong = array("q"), array("q")

    def add(self, pairs: Iterable[tuple[str, str]], failed: bool, labelled: bool, wrong: bool) -> None:
        """Count one product in all its groups, given as (facet, value)."""
        all_ids, n = self._ids, self._n
        for facet, value in pairs:
            ids = all_ids.get(facet)
            if ids is None:
                ids = all_ids[facet] = {}
            i = ids.get(value)
            if i is None:
                if len(ids) >= MAX_VALUES:
                    continue
                i = ids[value] = self._another()
            n[i] += 1
            if failed:
                self._failed[i] += 1
            elif labelled:
                self._labelled[i] += 1
                self._wrong[i] += wrong

    def _another(self) -> int:
        for counts in (self._n, self._failed, self._labelled, self._wrong):
            counts.append(0)
        return len(self._n) - 1

    def __iter__(self) -> Iterator[GroupCount]:
        for facet, ids in self._ids.items():
            if facet.startswith("field:") and len(ids) > MAX_FIELD_VALUES:
                continue
            for value, i in ids.items():
                yield GroupCount(facet, value, self._n[i], self._failed[i], self._labelled[i], self._wrong[i])

    def kept(self) -> list[GroupCount]:
        """Return the groups with the most failures and wrong answers, at most MAX_KEPT."""
        told = (g for g in self if g.n >= MIN_N)
        return sorted(told, key=lambda g: (-(g.n_failed + g.n_wrong), -g.n, g.facet, g.value))[:MAX_KEPT]

    def n_looked(self, min_n: int) -> tuple[int, int]:
        """Count the groups with at least min_n products, and with at least min_n labelled answers."""
        return sum(g.n >= min_n for g in self), sum(g.n_labelled >= min_n for g in self)
