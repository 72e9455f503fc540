"""The use case of comparing: any two jobs over the same products, what changed, whether it is better, at what price."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import false_discovery_control

from classifier.analysis.hierarchy import branch_of
from classifier.bootstrap import Services
from classifier.comparing.paired import CONFIDENCE, PairedTable, Verdict, judge
from classifier.comparing.pairing import CHANGES, Change, Pairs, pair
from classifier.errors import ClassifierError
from classifier.learning import frozen
from classifier.normalisation import text_key
from classifier.spec import Spec
from classifier.taxonomy import Taxonomy
from storage import ACTIVE, Item, Job

N_KEPT = 8  # comparisons in memory: about 40 bytes a product each


class NotComparable(ClassifierError):
    """The jobs share no products that both have ended."""


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """One category's (or branch's) labelled products in both jobs. q: p after Benjamini and Hochberg (1995).

    The correction is for all categories of which a product was fixed or broken; None where none was.
    """

    notation: str
    table: PairedTable
    q: float | None

    @property
    def is_significant(self) -> bool:
        """Whether more than chance moved it."""
        return self.q is not None and self.q < 1 - CONFIDENCE


@dataclass(frozen=True, slots=True)
class Spending:
    """What one job took for each product that ended; None when that is not known (no price; not started)."""

    cost_usd: Decimal | None
    seconds: float | None


@dataclass(frozen=True)
class Comparison:
    """What became of the first job's products in the second one."""

    first: Job
    second: Job
    taxonomy: Taxonomy
    pairs: Pairs

    @cached_property
    def counts(self) -> Mapping[Change, int]:
        """Products of the first job by what became of them: every one is counted once."""
        found = np.bincount(self.pairs.change, minlength=len(CHANGES))
        return {change: int(found[i]) for i, change in enumerate(CHANGES)}

    @property
    def n_paired(self) -> int:
        """Products that both jobs ended."""
        return len(self.pairs.change) - self.counts[Change.MISSING]

    @cached_property
    def table(self) -> PairedTable:
        """The labelled products of both jobs, without those that were taught."""
        return _table(self.counts)

    @cached_property
    def verdict(self) -> Verdict:
        """What the labelled products prove."""
        return judge(self.table, self.counts[Change.CHANGED])

    @cached_property
    def n_same_answer(self) -> int:
        """Products that both jobs answered alike, labelled or not."""
        rows = self.flow
        return sum(n for (_, _, is_same), n in rows.items() if is_same)

    @cached_property
    def flow(self) -> Mapping[tuple[str, str, bool], int]:
        """How many paired products went from which state to which, and whether the answer stayed the same.

        States: "right", "wrong", "answered" (unlabelled) and "failed".
        """
        pairs = self.pairs
        there = ~pairs.of(Change.MISSING)
        labelled = pairs.label >= 0
        states = [np.where(~pairs.answered[i], 3, np.where(~labelled, 2, np.where(pairs.right[i], 0, 1)))
                  for i in (0, 1)]  # fmt: skip
        codes = states[0] * 8 + states[1] * 2 + pairs.same
        counted = np.bincount(codes[there].astype(np.int64), minlength=32)
        names = ("right", "wrong", "answered", "failed")
        return {(names[c // 8], names[c % 8 // 2], bool(c % 2)): int(n) for c, n in enumerate(counted) if n}

    @cached_property
    def branches(self) -> tuple[CategoryChange, ...]:
        """The labelled products by branch, those with the clearest change first."""
        return self._by(lambda notation: branch_of(self.taxonomy, notation))

    @cached_property
    def categories(self) -> tuple[CategoryChange, ...]:
        """The labelled products by expected category, those with the clearest change first."""
        return self._by(lambda notation: notation)

    def positions(self, change: Change | None, labels: Collection[str] | None = None) -> list[tuple[int, int]]:
        """Return the places (in the first job, in the second or -1) of the products of a list, in their order.

        labels: only those expected in one of these categories.
        """
        chosen = np.ones(len(self.pairs.change), bool) if change is None else self.pairs.of(change)
        if labels is not None:
            codes = [i for i, name in enumerate(self.pairs.names) if name in labels]
            chosen = chosen & np.isin(self.pairs.label, codes)
        return list(zip(self.pairs.first[chosen].tolist(), self.pairs.second[chosen].tolist(), strict=True))

    def _by(self, lift: Callable[[str], str]) -> tuple[CategoryChange, ...]:
        counts: dict[str, Counter[Change]] = {}
        pairs, names = self.pairs, [lift(name) for name in self.pairs.names]
        labelled = pairs.label >= 0
        codes, n = np.unique(pairs.label[labelled] * len(CHANGES) + pairs.change[labelled], return_counts=True)
        for code, k in zip(codes.tolist(), n.tolist(), strict=True):
            label, change = divmod(code, len(CHANGES))
            counts.setdefault(names[label], Counter())[CHANGES[change]] += k
        tables = {name: _table(found) for name, found in counts.items()}
        return _corrected({name: table for name, table in tables.items() if table.n})


def compare(services: Services, first: Job, second: Job) -> Comparison:
    """Compare two jobs product by product, kept in memory while neither changes; raises NotComparable."""
    key = tuple((job.id, _version(job)) for job in (first, second))
    with _lock:
        if key not in _kept:
            taught = {text_key(text) for job in (first, second) for text in _taught(services, job)}
            found = pair(services.store, first.id, second.id, taught)
            taxonomy = services.builder.taxonomy(second.taxonomy_id)
            while len(_kept) >= N_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = Comparison(first, second, taxonomy, found)
        comparison = _kept[key]
    if not comparison.n_paired:
        raise NotComparable("The two jobs hold different products: compare jobs of the same file.")
    return comparison


_kept: dict[Any, Comparison] = {}
_lock = threading.Lock()


def items_of(services: Services, found: Comparison, places: Sequence[tuple[int, int]],
             ) -> list[tuple[Item, Item | None]]:  # fmt: skip
    """Return the two items of each place, in their order; None where the second job has none."""
    mine = {i.position: i for i in services.store.items_at(found.first.id, [a for a, _ in places])}
    theirs = {i.position: i for i in services.store.items_at(found.second.id, [b for _, b in places if b >= 0])}
    return [(mine[a], theirs.get(b)) for a, b in places if a in mine]


def spending(job: Job) -> Spending:
    """Tell what a job took for each product that ended."""
    n = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    if not n:
        return Spending(None, None)
    seconds = None
    if job.started_at is not None and job.completed_at is not None:
        seconds = (job.completed_at - job.started_at).total_seconds() / n
    return Spending(None if job.n_unpriced_attempts else job.cost_usd / n, seconds)


def _version(job: Job) -> tuple[Any, ...]:
    n_ended = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    return n_ended, job.label_seq, job.status in ACTIVE


def _taught(services: Services, job: Job) -> Iterator[str]:
    """Yield the texts whose answers a job was given: what it learned from, and the examples of its prompt."""
    spec = Spec.from_record(job.spec or {})
    yield from (shot.text for shot in spec.parts.examples)
    if spec.examples_id is not None:
        yield from (example.text for example in frozen(services.store, spec.examples_id) or ())


def _table(counts: Mapping[Change, int]) -> PairedTable:
    return PairedTable(counts.get(Change.STILL_RIGHT, 0), counts.get(Change.FIXED, 0), counts.get(Change.BROKEN, 0),
                       counts.get(Change.STILL_WRONG, 0))  # fmt: skip


def _corrected(tables: Mapping[str, PairedTable]) -> tuple[CategoryChange, ...]:
    told = [name for name, table in tables.items() if table.n_discordant]
    q = dict(zip(told, false_discovery_control([tables[name].p_value or 1.0 for name in told]) if told else [],
                 strict=True))  # fmt: skip
    rows = [CategoryChange(name, table, float(q[name]) if name in q else None) for name, table in tables.items()]
    return tuple(sorted(rows, key=lambda row: (row.q is None, row.table.p_value or 1.0, -row.table.n, row.notation)))
