"""How much of a label a text holds, and how much of the text the label holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifier.engines.local.labels import Part

ABOVE = 0.7  # a word of the text that only a broader concept's label holds
Matrix = NDArray[np.float32]


class Coverage:
    """Scores concepts by their best label part: share of the part's words in the text times share of the text's words.

    Words weigh by how few concepts use them. The words of broader concepts' labels count for the text's share, so
    "zumo de naranja" is all there in "Zumos > Naranja".
    """

    def __init__(self, parts: Sequence[tuple[int, Part]], above: Sequence[Sequence[int]]) -> None:
        self._n_concepts = len(above)
        distinct = dict.fromkeys((concept, frozenset(part.keys), part.weight) for concept, part in parts if part.keys)
        held = sorted(distinct, key=itemgetter(0))
        used = Counter(key for _, key in {(concept, key) for concept, keys, _ in held for key in keys})
        self._places = {key: place for place, key in enumerate(used)}
        self._weights = np.array([self._weigh(n) for n in used.values()], dtype=np.float32)
        self._unknown = self._weigh(0)
        concepts = np.array([concept for concept, _, _ in held], dtype=np.int64)
        whole = [weight / sum(self._weights[self._places[key]] for key in keys) for _, keys, weight in held]
        self._by_whole = np.array(whole, dtype=np.float32)
        self._concepts, self._owned, self._starts = concepts, *np.unique(concepts, return_index=True)
        self._holding = self._postings([keys for _, keys, _ in held])
        self._above = self._postings(_keys_above(parts, above))

    def _weigh(self, n_concepts: int) -> float:
        return math.log(1.0 + (self._n_concepts + 1) / (n_concepts + 0.5))

    def score(self, told: Sequence[Mapping[str, float]]) -> Matrix:
        """Score all concepts, 0..1, for each text's keys, each with its share of a full word's say; shape (texts,
        concepts)."""
        best = np.zeros((len(told), self._n_concepts), dtype=np.float32)
        if not len(self._owned):
            return best
        asked, total = self._ask(told)
        shared, over = (asked @ self._holding).toarray(), (asked @ self._above).toarray()
        said = shared + ABOVE * np.minimum(over[:, self._concepts], total[:, None] - shared)
        fits = self._by_whole * shared * said / np.maximum(total, 1e-6)[:, None]
        best[:, self._owned] = np.maximum.reduceat(fits, self._starts, axis=1)
        return best

    def _ask(self, told: Sequence[Mapping[str, float]]) -> tuple[sparse.csr_array, NDArray[np.float32]]:
        """Weigh each text's keys; also gives the sums of their weights, with those that no label holds."""
        cells = [
            (row, place, share)
            for row, shares in enumerate(told)
            for key, share in shares.items()
            if (place := self._places.get(key)) is not None
        ]
        rows, places, says = zip(*cells, strict=True) if cells else ((), (), ())
        weights = self._weights[list(places)] * np.array(says, dtype=np.float32)
        asked = sparse.csr_array((weights, (rows, places)), shape=(len(told), len(self._places)))
        unknown = [sum(share for key, share in shares.items() if key not in self._places) for shares in told]
        return asked, np.float32(self._unknown) * np.array(unknown, dtype=np.float32) + asked.sum(axis=1)

    def _postings(self, held: Sequence[frozenset[str]]) -> sparse.csr_array:
        cells = [(self._places[key], column) for column, keys in enumerate(held) for key in keys]
        places, columns = zip(*cells, strict=True) if cells else ((), ())
        ones = np.ones(len(cells), dtype=np.float32)
        return sparse.csr_array((ones, (places, columns)), shape=(len(self._places), len(held)))


def _keys_above(parts: Sequence[tuple[int, Part]], above: Sequence[Sequence[int]]) -> list[frozenset[str]]:
    own: list[set[str]] = [set() for _ in above]
    for concept, part in parts:
        if part.field == "prefLabel":
            own[concept].update(part.keys)
    return [frozenset(key for a in ancestors for key in own[a]) for ancestors in above]
