"""What one phrase says for each concept: by the labels that hold it, and by the lexicon's kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.alignment import Reach
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.phrases import Entry, Mention, Source

OTHER_LANGUAGE = 0.7  # a label in another language than the text's
BRAND = 0.7  # a brand that makes one kind of thing
BELOW = 0.8  # what a non-head mention of a concept says for each concept under it
BOTH = 0.08  # a second source (label and lexicon) agrees
_MANY = 20_000  # phrases whose voice is kept at hand
Vector = NDArray[np.float32]
Indices = NDArray[np.int64]
Sense = frozenset[str]


@dataclass(frozen=True, slots=True)
class Clue:
    """Why a concept is in question: the mention, and the label entry or the lexicon path that led to the concept."""

    score: float
    mention: Mention
    entry: Entry
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """What one phrase says: scores of concepts (indices), and those that grow with the text's other words."""

    concepts: Indices
    scores: Vector
    apart: tuple[Reach, ...] = ()
    apart_keys: frozenset[str] = frozenset()

    def scores_with(self, keys: frozenset[str]) -> Vector:
        """Raise the concepts whose label's other words the text (keys) holds: "congelado" of "marisco congelado"."""
        if not self.apart or keys.isdisjoint(self.apart_keys):
            return self.scores
        grown = {r.concept: r.score_with(keys) for r in self.apart if not keys.isdisjoint(r.rest)}
        if not grown:
            return self.scores
        scores = self.scores.copy()
        for place, concept in enumerate(self.concepts.tolist()):
            if concept in grown:
                scores[place] = max(scores[place], grown[concept])
        return scores


class Voices:
    """The voices of phrases over one taxonomy, worked out when first heard."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._phrases: dict[tuple[tuple[str, ...], str, bool, Sense], Voice] = {}
        self._kinds: dict[str, Voice] = {}

    def of_mention(self, mention: Mention, language: str, spreading: bool, sense: Sense = frozenset()) -> Voice:
        """Give what a mention says; spreading: also for all that is below the concepts it speaks for.

        sense: the kinds of the longer phrase that it heads, which settle its own sense ("crema" of "crema de manos").
        """
        key = (mention.keys, language, spreading, sense)
        if key not in self._phrases:
            if len(self._phrases) >= _MANY:
                self._phrases.clear()
            self._phrases[key] = self._listen(mention.keys, language, spreading, sense)
        return self._phrases[key]

    def of_kind(self, kind: str) -> Voice:
        """Give what a kind alone says."""
        if kind not in self._kinds:
            reaches = self._known.alignment.reach(kind)
            self._kinds[kind] = _voice({concept: reach.score for concept, reach in reaches.items()})
        return self._kinds[kind]

    def clue(self, mention: Mention, language: str, concept: int, sense: Sense = frozenset()) -> Clue | None:
        """Give the mention's strongest reason for a concept, None when it has none."""
        entries = self._known.book.entries[mention.keys]
        named = [e for e in entries if e.source is not Source.LABEL or e.target == concept]
        clues = [Clue(score, mention, entry) for _, score, entry in self._labels(named, language, sense)]
        for kind, fit, entry in self._leads(entries, language, sense):
            reach = self._known.alignment.reach(kind).get(concept)
            if reach:
                clues.append(Clue(fit * reach.score, mention, entry, reach))
        return max(clues, key=lambda clue: clue.score, default=None)

    def _listen(self, keys: tuple[str, ...], language: str, spreading: bool, sense: Sense) -> Voice:
        entries = self._known.book.entries[keys]
        scores: dict[int, float] = {}
        for concept, score, _ in self._labels(entries, language, sense):
            scores[concept] = max(scores.get(concept, 0.0), score)
        led: dict[int, float] = {}
        apart: dict[int, Reach] = {}
        for kind, fit, _ in self._leads(entries, language, sense):
            for concept, reach in self._known.alignment.reach(kind).items():
                led[concept] = max(led.get(concept, 0.0), fit * reach.score)
                if reach.rest:
                    apart[concept] = reach
        for concept, score in led.items():
            named = scores.get(concept)
            scores[concept] = score if named is None else min(max(named, score) + BOTH * min(named, score), 1.0)
        return _voice(self._spread(scores) if spreading else scores, tuple(apart.values()))

    def _labels(self, entries: list[Entry], language: str, sense: Sense) -> Iterator[tuple[int, float, Entry]]:
        kinds = sense or {str(e.target) for e in entries if e.source is Source.NOUN}
        domains = self._known.alignment.domains
        for entry in entries:
            if entry.source is Source.LABEL:
                concept = int(entry.target)
                home = max((domains.fit(concept, kind) for kind in kinds), default=1.0)
                yield concept, entry.weight * _language_fit(entry, language) * (home**2 if sense else home), entry

    def _leads(self, entries: list[Entry], language: str, sense: Sense) -> Iterator[tuple[str, float, Entry]]:
        wider = {above for kind in sense for above, _ in self._known.lexicon.lineage(kind)}
        nouns: dict[str, tuple[float, Entry]] = {}
        for entry in entries:
            if entry.source is Source.NOUN and (not sense or entry.target in wider):
                fit = _language_fit(entry, language)
                if fit > nouns.get(str(entry.target), (0.0,))[0]:
                    nouns[str(entry.target)] = fit, entry
        for kind, (fit, entry) in nouns.items():
            yield kind, fit, entry
        if not nouns:
            yield from ((str(e.target), BRAND, e) for e in entries if e.source is Source.BRAND and e.target)

    def _spread(self, said: dict[int, float]) -> dict[int, float]:
        spread = dict(said)
        for concept, score in said.items():
            for narrower in self._known.below[concept]:
                spread[narrower] = max(spread.get(narrower, 0.0), score * BELOW)
        return spread


def _voice(scores: dict[int, float], apart: tuple[Reach, ...] = ()) -> Voice:
    values = np.fromiter(scores.values(), dtype=np.float32, count=len(scores))
    apart_keys = frozenset(key for reach in apart for key in reach.rest)
    return Voice(np.fromiter(scores, dtype=np.int64, count=len(scores)), values, apart, apart_keys)


def _language_fit(entry: Entry, language: str) -> float:
    return 1.0 if entry.language in (language, "") or entry.language not in ("es", "en") else OTHER_LANGUAGE
