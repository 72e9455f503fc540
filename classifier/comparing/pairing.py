"""Which product of one job is which of another, and what became of each.

Products are the same when their texts are (as `text_key` reads them): those with the same product id first, then the
others; the first of several equal ones goes with the first, and so on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from storage import ItemStatus, Store

COLUMNS = ("position", "text_key", "product_id", "expected", "status", "verdict", "notation")
PAGE_ROWS = 20_000
NO_LABEL = -1
FINAL = {ItemStatus.CLASSIFIED: True, ItemStatus.FAILED: False}  # whether there is an answer
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: spreads ranks over all bits (Fibonacci hashing)

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


class Change(StrEnum):
    """What became of a product from the first job to the second."""

    FIXED = "fixed"
    BROKEN = "newly broken"
    STILL_WRONG = "still failing"
    STILL_RIGHT = "still right"
    CHANGED = "changed, unlabelled"
    SAME = "same answer, unlabelled"
    TAUGHT = "taught beforehand"  # its label was an example of one of the jobs: it proves nothing
    MISSING = "missing in the second job"  # never counted as passing


CHANGES = tuple(Change)


@dataclass(frozen=True)
class Side:
    """The ended products of one job, in their order. label, answer: numbers of names, NO_LABEL for none."""

    position: Ints
    text: Keys
    identity: Keys  # text and product id
    label: Ints
    answer: Ints


@dataclass(frozen=True)
class Pairs:
    """The products of the first job, with their place in the second (NO_LABEL where missing) and what became of them.

    change: an index of CHANGES. label: of the second job where it has one. right: of labelled ones, in each job.
    answered: in each job. same: both have the same answer. names: of labels and answers.
    """

    first: Ints
    second: Ints
    change: npt.NDArray[np.int8]
    label: Ints
    right: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
    answered: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
    same: npt.NDArray[np.bool_]
    n_only_second: int
    names: tuple[str, ...]

    def of(self, change: Change) -> npt.NDArray[np.bool_]:
        """Tell which products went this way."""
        return np.asarray(self.change == CHANGES.index(change))

    def count(self, change: Change) -> int:
        """How many products went this way."""
        return int(self.of(change).sum())


def pair(store: Store, first_id: str, second_id: str, taught: Collection[str] = ()) -> Pairs:
    """Pair the ended products of two jobs; taught: text keys of examples that one of the jobs was given."""
    names: dict[str, int] = {}
    one, other = _side(store, first_id, names), _side(store, second_id, names)
    partner = _partners(one, other)
    found = partner >= 0

    def of_other(values: Ints) -> Ints:
        return np.where(found, values[partner], NO_LABEL) if len(values) else np.full(len(partner), NO_LABEL)

    their_label, their_answer = of_other(other.label), of_other(other.answer)
    mine = np.where(one.label != NO_LABEL, one.label, their_label)
    theirs = np.where(their_label != NO_LABEL, their_label, one.label)
    right = (one.answer == mine) & (mine != NO_LABEL), found & (their_answer == theirs) & (theirs != NO_LABEL)
    known = np.fromiter((hash(key) & 0xFFFFFFFFFFFFFFFF for key in taught), np.uint64)
    change = _changes(found, theirs != NO_LABEL, right, one.answer == their_answer, np.isin(one.text, known))
    return Pairs(
        one.position, of_other(other.position), change, theirs, right,
        (one.answer != NO_LABEL, found & (their_answer != NO_LABEL)),
        found & (one.answer == their_answer) & (one.answer != NO_LABEL),
        len(other.position) - int(found.sum()), tuple(names),
    )  # fmt: skip


def _changes(found: Any, labelled: Any, right: tuple[Any, Any], same: Any, taught: Any) -> npt.NDArray[np.int8]:
    before, after = right
    ways = (
        (~found, Change.MISSING), (labelled & taught, Change.TAUGHT), (labelled & ~before & after, Change.FIXED),
        (labelled & before & ~after, Change.BROKEN), (labelled & before & after, Change.STILL_RIGHT),
        (labelled, Change.STILL_WRONG), (same, Change.SAME),
    )  # fmt: skip
    codes = [CHANGES.index(change) for _, change in ways]
    told = np.select([is_so for is_so, _ in ways], codes, CHANGES.index(Change.CHANGED))
    return np.asarray(told, np.int8)


def _side(store: Store, job_id: str, names: dict[str, int]) -> Side:
    kinds = {"position": np.int64, "text": np.uint64, "identity": np.uint64, "label": np.int64, "answer": np.int64}
    rows = np.fromiter(_codes(store, job_id, names), dtype=list(kinds.items()))
    return Side(*(np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()))


def _codes(store: Store, job_id: str, names: dict[str, int]) -> Iterator[tuple[int, int, int, int, int]]:
    for page in store.stream_items(job_id, n_page=PAGE_ROWS, columns=COLUMNS):
        for position, key, product_id, expected, status, verdict, notation in page:
            is_answered = FINAL.get(status)
            if is_answered is None:
                continue
            told = (notation if verdict == "concept" else verdict) if is_answered else None
            label = NO_LABEL if expected is None else names.setdefault(expected, len(names))
            answer = NO_LABEL if told is None else names.setdefault(told, len(names))
            whole = hash(key) if product_id is None else hash((key, product_id))
            yield (position, hash(key) & 0xFFFFFFFFFFFFFFFF, whole & 0xFFFFFFFFFFFFFFFF, label, answer)


def _partners(one: Side, other: Side) -> Ints:
    """Return for each product of the first side its index in the second, -1 where there is none."""
    partner = np.full(len(one.position), -1)
    _match(partner, np.arange(len(one.position)), np.arange(len(other.position)), one.identity, other.identity)
    left, taken = np.flatnonzero(partner < 0), np.zeros(len(other.position), bool)
    taken[partner[partner >= 0]] = True
    _match(partner, left, np.flatnonzero(~taken), one.text, other.text)
    return partner


def _match(partner: Ints, mine: Ints, theirs: Ints, keys: Keys, other_keys: Keys) -> None:
    """Fill in partners among these products, the nth of equal keys with the nth."""
    a, b = _numbered(keys[mine]), _numbered(other_keys[theirs])
    _, at_a, at_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    partner[mine[at_a]] = theirs[at_b]


def _numbered(keys: Keys) -> Keys:
    """Tell equal keys apart by their number among their equals."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = np.r_[True, ordered[1:] != ordered[:-1]] if len(keys) else np.zeros(0, bool)
    starts = np.maximum.accumulate(np.where(is_first, np.arange(len(keys)), 0)) if len(keys) else np.zeros(0, int)
    rank = np.empty(len(keys), np.uint64)
    rank[order] = (np.arange(len(keys)) - starts).astype(np.uint64)
    return np.asarray(keys ^ (rank * MIX))
