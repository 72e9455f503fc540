"""Reviewed labels as examples for a language model: the nearest to the products of a request, bounded in tokens. Pure.

They go as data beside the products, after the prefix that a provider caches. A text that reads like an instruction
(classifier.isolation) is no example.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from classifier.examples import Example
from classifier.isolation import goes_alone
from classifier.normalisation import wording
from classifier.stemming import lemma_key

MAX_TEXT_CHARS = 80
TOKENS_AROUND = 14  # of an example: its JSON and its notation
CHARS_PER_TOKEN = 3.5
N_FOR_A_PRODUCT = 2  # so that one product does not take all the room
MAX_POSTINGS = 400  # a word that more examples share tells nothing

Shot = dict[str, str]


class FewShots:
    """Examples by their words; `nearest` chooses for one request."""

    def __init__(self, examples: Iterable[Example], notations: Collection[str], max_tokens: int) -> None:
        """notations: what may be answered; examples of others are left out."""
        allowed = frozenset(notations)
        self._shots = [
            {"text": e.text[:MAX_TEXT_CHARS], "notation": e.notation} for e in examples
            if (e.notation in allowed or e.notation == "not_a_product") and not goes_alone(e.text)
        ]  # fmt: skip
        self._max_tokens = max_tokens
        self._with: dict[str, list[int]] = defaultdict(list)
        self._n_words = [0] * len(self._shots)
        for i, shot in enumerate(self._shots):
            words = _words(shot["text"])
            self._n_words[i] = len(words)
            for word in words:
                self._with[word].append(i)

    def __len__(self) -> int:
        """How many examples there are to choose from."""
        return len(self._shots)

    def nearest(self, texts: Sequence[str]) -> list[Shot]:
        """Return the examples nearest to these products by shared words, rare ones first, within the tokens allowed."""
        best: dict[int, float] = {}
        for text in texts:
            for score, i in self._near(text):
                best[i] = max(score, best.get(i, 0.0))
        chosen, room = [], float(self._max_tokens)
        for i in sorted(best, key=lambda i: (-best[i], i)):
            room -= len(self._shots[i]["text"]) / CHARS_PER_TOKEN + TOKENS_AROUND
            if room < 0:
                break
            chosen.append(self._shots[i])
        return chosen

    def _near(self, text: str) -> list[tuple[float, int]]:
        scores: dict[int, float] = defaultdict(float)
        words = _words(text)
        for word in words:
            found = self._with.get(word, ())
            if 0 < len(found) <= MAX_POSTINGS:
                weight = math.log(1 + len(self._shots) / len(found))
                for i in found:
                    scores[i] += weight
        norm = math.sqrt(len(words) or 1)
        near = ((score / norm / math.sqrt(self._n_words[i]), i) for i, score in scores.items())
        return heapq.nlargest(N_FOR_A_PRODUCT, near)


def _words(text: str) -> frozenset[str]:
    return frozenset(lemma_key(word) for word in wording(text).words)
