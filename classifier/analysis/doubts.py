"""What makes an answer worth a look where nobody labelled it: reasons, and a risk between 0 and 1. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntFlag
from typing import Any

from classifier.analysis.twins import lemmas
from classifier.taxonomy import Taxonomy

CLOSE = 0.1  # confidence ahead of the runner-up below which both are as likely
UNKNOWN_CONFIDENCE = 0.5
LOW_CONFIDENCE = 0.8
RISKY = 0.3  # from here on a product is of the risky half of its branch, and in the review queue


class Doubt(IntFlag):
    """Why an answer may be wrong."""

    TWINS_DISAGREE = 1  # another spelling of the same product got another answer
    UNSURE = 2  # the engine says so itself
    NOT_A_LEAF = 4  # a category that has narrower ones
    NO_SHARED_WORD = 8  # the text shares no word with the category's labels
    CLOSE_RUNNER_UP = 16
    LOW_CONFIDENCE = 32

    @property
    def names(self) -> list[str]:
        """Names in lower case, as records and pages know them: "twins_disagree", ..."""
        return [str(doubt.name).lower() for doubt in Doubt if doubt in self]


_NOT_A_LEAF, _NO_SHARED_WORD, _UNSURE = int(Doubt.NOT_A_LEAF), int(Doubt.NO_SHARED_WORD), int(Doubt.UNSURE)
_LOW_CONFIDENCE, _CLOSE_RUNNER_UP = int(Doubt.LOW_CONFIDENCE), int(Doubt.CLOSE_RUNNER_UP)  # plain: 10 times as fast
WEIGHTS = {Doubt.TWINS_DISAGREE: 0.3, Doubt.UNSURE: 0.5, Doubt.NOT_A_LEAF: 0.2, Doubt.NO_SHARED_WORD: 0.15,
           Doubt.CLOSE_RUNNER_UP: 0.15}  # fmt: skip
_RISKS = [sum(weight for doubt, weight in WEIGHTS.items() if doubt in Doubt(flags)) for flags in range(64)]


def risk_of(doubts: int, confidence: float | None) -> float:
    """Rank an answer for review: a heuristic, not a probability. Half of it is the missing confidence."""
    missing = 1.0 - (UNKNOWN_CONFIDENCE if confidence is None else confidence)
    return min(1.0, 0.5 * missing + _RISKS[doubts])


class Doubter:
    """Looks at single answers; knows the words of each category's labels."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._label_words: dict[str, frozenset[str]] = {}

    def look(self, words: frozenset[str], verdict: str | None, notation: str | None, confidence: float | None,
             runners_up: Sequence[Any] | None) -> int:  # fmt: skip
        """Return an answer's doubts, but for those that need other answers, as the bits of `Doubt`.

        words: the lemmas of the product's text.
        """
        found = 0
        if confidence is not None and confidence < LOW_CONFIDENCE:
            found |= _LOW_CONFIDENCE
        if verdict == "unsure":
            found |= _UNSURE
        if verdict != "concept" or notation is None:
            return found
        if notation in self._taxonomy.children:
            found |= _NOT_A_LEAF
        if words.isdisjoint(self._words_of(notation)):
            found |= _NO_SHARED_WORD
        if confidence is not None and runners_up and confidence - float(runners_up[0][1]) < CLOSE:
            found |= _CLOSE_RUNNER_UP
        return found

    def _words_of(self, notation: str) -> frozenset[str]:
        words = self._label_words.get(notation)
        if words is None:
            words = self._label_words[notation] = frozenset().union(*_label_words(self._taxonomy, notation))
        return words


def _label_words(taxonomy: Taxonomy, notation: str) -> Iterable[frozenset[str]]:
    if notation not in taxonomy.concepts:
        return
    for step in taxonomy.path(notation):
        concept = taxonomy.concepts[step]
        several = (*concept.alt_labels.values(), *concept.hidden_labels.values(), *concept.examples.values())
        yield from map(lemmas, (*concept.pref_labels.values(), *(text for texts in several for text in texts)))
