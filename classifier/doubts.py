"""What makes an answer worth a look where nobody labelled it: reasons, and a risk between 0 and 1. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntFlag
from typing import Any

from classifier.facets import STOPWORDS
from classifier.normalisation import wording
from classifier.stemming import lemma_key
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

    def look(self, text: str, verdict: str | None, notation: str | None, confidence: float | None,
             runners_up: Sequence[Any] | None) -> int:  # fmt: skip
        """Return an answer's doubts, but for those that need other answers, as the bits of `Doubt`."""
        found = 0
        if confidence is not None and confidence < LOW_CONFIDENCE:
            found |= int(Doubt.LOW_CONFIDENCE)
        if verdict == "unsure":
            found |= int(Doubt.UNSURE)
        if verdict != "concept" or notation is None:
            return found
        if notation in self._taxonomy.children:
            found |= int(Doubt.NOT_A_LEAF)
        if not self._shares_a_word(text, notation):
            found |= int(Doubt.NO_SHARED_WORD)
        if confidence is not None and runners_up and confidence - float(runners_up[0][1]) < CLOSE:
            found |= int(Doubt.CLOSE_RUNNER_UP)
        return found

    def _shares_a_word(self, text: str, notation: str) -> bool:
        words = self._label_words.get(notation)
        if words is None:
            words = self._label_words[notation] = frozenset(_label_words(self._taxonomy, notation))
        return any(lemma_key(word) in words for word in wording(text).words)


def _label_words(taxonomy: Taxonomy, notation: str) -> Iterable[str]:
    if notation not in taxonomy.concepts:
        return
    for step in taxonomy.path(notation):
        concept = taxonomy.concepts[step]
        several = (*concept.alt_labels.values(), *concept.hidden_labels.values(), *concept.examples.values())
        for label in (*concept.pref_labels.values(), *(text for texts in several for text in texts)):
            yield from (lemma_key(word) for word in wording(label).words if word not in STOPWORDS)
