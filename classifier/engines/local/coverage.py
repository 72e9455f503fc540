"""How much of a label a text holds, and how much of the text the label holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from classifier.engines.local.labels import Part

ABOVE = 0.7  # a word of the text that only a broader concept's label holds
_MANY = 400  # concepts whose labels share one word, at most


class Coverage:
    """Scores concepts by their best label part: share of the part's words in the text times share of the text's words.

    Words weigh by how few concepts use them. The words of broader concepts' labels count for the text's share, so
    "zumo de naranja" is all there in "Zumos > Naranja".
    """

    def __init__(self, parts: Sequence[tuple[int, Part]], above: Sequence[Sequence[int]]) -> None:
        self._n_concepts = len(above)
        distinct = dict.fromkeys((concept, frozenset(part.keys), part.weight) for concept, part in parts)
        self._parts = tuple(distinct)
        self._used = Counter(key for _, key in {(concept, key) for concept, keys, _ in distinct for key in keys})
        self._holding: dict[str, list[int]] = {}
        for number, (_, keys, _) in enumerate(self._parts):
            for key in keys:
                self._holding.setdefault(key, []).append(number)
        own = [frozenset[str]()] * self._n_concepts
        for concept, part in parts:
            if part.field == "prefLabel":
                own[concept] |= frozenset(part.keys)
        self._above = [frozenset(key for a in ancestors for key in own[a]) for ancestors in above]

    def weight(self, key: str) -> float:
        """Inverse document frequency of a key over the concepts."""
        return math.log(1.0 + (self._n_concepts + 1) / (self._used[key] + 0.5))

    def score(self, keys: Sequence[str]) -> dict[int, float]:
        """Score the concepts that share a word with the text, 0..1."""
        asked = {key: self.weight(key) for key in keys}
        total = sum(asked.values())
        numbers = {n for key in asked for n in self._holding.get(key, ())[:_MANY]}
        best: dict[int, float] = {}
        for number in numbers:
            concept, held, weight = self._parts[number]
            shared = sum(asked[key] for key in held if key in asked)
            whole = sum(self.weight(key) for key in held)
            above = sum(asked[key] for key in self._above[concept] if key in asked and key not in held)
            score = weight * (shared / whole) * (shared + ABOVE * above) / total
            if score > best.get(concept, 0.0):
                best[concept] = score
        return best
