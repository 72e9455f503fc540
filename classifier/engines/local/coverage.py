"""How much of a label a text holds, and how much of the text the label holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.labels import Part

ABOVE = 0.7  # a word of the text that only a broader concept's label holds
Vector = NDArray[np.float32]


class Coverage:
    """Scores concepts by their best label part: share of the part's words in the text times share of the text's words.

    Words weigh by how few concepts use them. The words of broader concepts' labels count for the text's share, so
    "zumo de naranja" is all there in "Zumos > Naranja".
    """

    def __init__(self, parts: Sequence[tuple[int, Part]], above: Sequence[Sequence[int]]) -> None:
        self._n_concepts = len(above)
        distinct = list(dict.fromkeys((concept, frozenset(part.keys), part.weight) for concept, part in parts))
        self._used = Counter(key for _, key in {(concept, key) for concept, keys, _ in distinct for key in keys})
        self._weights = {key: self._weigh(n) for key, n in self._used.items()}
        self._unknown = self._weigh(0)
        self._concepts = np.array([concept for concept, _, _ in distinct], dtype=np.int64)
        whole = [weight / sum(self._weights[key] for key in keys) for _, keys, weight in distinct]
        self._by_whole = np.array(whole, dtype=np.float32)
        self._holding = _postings((keys for _, keys, _ in distinct))
        self._above = _postings(_keys_above(parts, above))

    def _weigh(self, n_concepts: int) -> float:
        return math.log(1.0 + (self._n_concepts + 1) / (n_concepts + 0.5))

    def score(self, shares: Mapping[str, float]) -> Vector:
        """Score all concepts, 0..1, for a text's keys, each with its share of a full word's say; shape (concepts,)."""
        asked = {key: share * self._weights.get(key, self._unknown) for key, share in shares.items()}
        shared = np.zeros(len(self._concepts), dtype=np.float32)
        over = np.zeros(self._n_concepts, dtype=np.float32)
        for key, weight in asked.items():
            if key in self._holding:
                shared[self._holding[key]] += weight
            if key in self._above:
                over[self._above[key]] += weight
        hit = np.flatnonzero(shared)
        concepts = self._concepts[hit]
        said = shared[hit] + ABOVE * np.minimum(over[concepts], sum(asked.values()) - shared[hit])
        best = np.zeros(self._n_concepts, dtype=np.float32)
        np.maximum.at(best, concepts, self._by_whole[hit] * shared[hit] * said / max(sum(asked.values()), 1e-6))
        return best


def _keys_above(parts: Sequence[tuple[int, Part]], above: Sequence[Sequence[int]]) -> list[frozenset[str]]:
    own: list[set[str]] = [set() for _ in above]
    for concept, part in parts:
        if part.field == "prefLabel":
            own[concept].update(part.keys)
    return [frozenset(key for a in ancestors for key in own[a]) for ancestors in above]


def _postings(held: Iterable[frozenset[str]]) -> dict[str, NDArray[np.int64]]:
    places: dict[str, list[int]] = {}
    for place, keys in enumerate(held):
        for key in keys:
            places.setdefault(key, []).append(place)
    return {key: np.array(found, dtype=np.int64) for key, found in places.items()}
