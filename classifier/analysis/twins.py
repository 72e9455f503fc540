"""Spelling twins: texts that differ by accents, plural, case, punctuation or word order, and should land alike."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.analysis.facets import STOPWORDS
from classifier.normalisation import wording
from classifier.stemming import lemma_key

N_GROUPS, N_LOOKED_AT = 200, 60  # groups that are shown, and products of one that are looked at
NO_KEY = 0


def lemmas(text: str) -> frozenset[str]:
    """Return the keys of a text's words but for stopwords."""
    return frozenset(lemma_key(word) for word in wording(text).words if word not in STOPWORDS)


def twin_key(text: str) -> int | None:
    """Return a number (64 bits, never 0) that twins share; None for a text without words. Sizes do not count."""
    return key_of(lemmas(text))


def key_of(words: frozenset[str]) -> int | None:
    """Return the twin key of a text with these lemmas."""
    if not words:
        return None
    return int.from_bytes(hashlib.blake2b(" ".join(sorted(words)).encode(), digest_size=8).digest()) or 1


@dataclass(frozen=True, slots=True)
class Twin:
    """One spelling and the answer it got, n times among those looked at; position: one product that has it."""

    text: str
    answer: str
    n: int
    position: int


@dataclass(frozen=True, slots=True)
class TwinGroup:
    """n_items products that are spellings of one, whose answers differ."""

    n_items: int
    members: tuple[Twin, ...]


class TwinFinder:
    """Finds products whose twins got another answer. Memory: 20 bytes a product while they are looked at."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._keys, self._answers, self._positions = array("Q"), array("i"), array("q")
        self._found: _Found | None = None

    def look(self, position: int, key: int | None, answer: str) -> None:
        """See one answered product."""
        self._keys.append(key or NO_KEY)
        self._answers.append(self._codes.setdefault(answer, len(self._codes)))
        self._positions.append(position)

    def answer_of(self, key: int | None) -> str | None:
        """Return the one answer that a product's answered twins share; None when there is none or they disagree."""
        found = self._compare()
        if key is None or not len(found.keys):
            return None
        i = int(np.searchsorted(found.keys, np.uint64(key)))
        if i == len(found.keys) or found.keys[i] != key or found.low[i] != found.high[i]:
            return None
        return list(self._codes)[int(found.low[i])]

    @property
    def disagreeing(self) -> npt.NDArray[np.bool_]:
        """Whether each product, in the order in which they were seen, has a twin with another answer."""
        return self._compare().disagreeing

    @property
    def positions(self) -> npt.NDArray[np.int64]:
        """Positions of the products in the order in which they were seen."""
        return np.array(self._positions, np.int64)

    @property
    def n_conflicting(self) -> int:
        """How many groups of twins disagree."""
        found = self._compare()
        return int((found.low != found.high).sum())

    def largest(self) -> list[tuple[int, list[int]]]:
        """Return size and some positions of the largest groups that disagree."""
        found = self._compare()
        conflicting = np.flatnonzero(found.low != found.high)
        by_size = conflicting[np.argsort(-found.sizes[conflicting], kind="stable")][:N_GROUPS]
        positions = self.positions
        return [(int(found.sizes[i]),
                 positions[found.order[found.starts[i] : found.starts[i] + min(found.sizes[i], N_LOOKED_AT)]].tolist())
                for i in by_size]  # fmt: skip

    def _compare(self) -> _Found:
        if self._found is None or len(self._found.disagreeing) != len(self._keys):
            self._found = _Found(np.array(self._keys, np.uint64), np.array(self._answers, np.int32))
        return self._found


class _Found:
    """Products sorted by key: one run for each group of twins, with the lowest and highest code of its answers."""

    def __init__(self, keys: npt.NDArray[np.uint64], answers: npt.NDArray[np.int32]) -> None:
        self.disagreeing = np.zeros(len(keys), np.bool_)
        order = np.argsort(keys, kind="stable")
        self.order = order[np.searchsorted(keys[order], np.uint64(1)) :]  # without those that have no key
        told = answers[self.order]
        self.keys, self.starts, self.sizes = np.unique(keys[self.order], return_index=True, return_counts=True)
        if not len(self.keys):
            self.low = self.high = np.zeros(0, np.int32)
            return
        self.low, self.high = np.minimum.reduceat(told, self.starts), np.maximum.reduceat(told, self.starts)
        self.disagreeing[self.order] = np.repeat(self.low != self.high, self.sizes)


def gather(n_items: int, seen: Iterable[tuple[int, str, str]]) -> TwinGroup:
    """Put a group together from (position, text, answer) of products looked at, the most frequent first."""
    members: dict[tuple[str, str], list[int]] = {}
    for position, text, answer in seen:
        members.setdefault((text, answer), []).append(position)
    ranked = sorted(members.items(), key=lambda m: (-len(m[1]), m[1][0]))
    return TwinGroup(n_items, tuple(Twin(text, answer, len(at), at[0]) for (text, answer), at in ranked))
