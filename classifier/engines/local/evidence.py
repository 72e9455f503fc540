"""What the mentions of a text say for each concept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.alignment import Reach
from classifier.engines.local.audiences import ELSEWHERE, Audiences
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.phrases import Entry, Mention, Source
from classifier.engines.local.reading import ROLE_WEIGHTS, Reading, Role

OTHER_LANGUAGE = 0.7  # a label in another language than the text's
BRAND = 0.7  # a brand that makes one kind of thing
BELOW = 0.8  # what a non-head mention of a concept says for each concept under it
GUESS = 0.8  # what single words together say when no known noun heads the text
GUESS_BESIDE = 0.6  # and when only its first word is a known noun
OTHERS = 0.43  # what the mentions beside the best one add
BOTH = 0.08  # a second source (label and lexicon) agrees
INHERIT = 0.65  # share of a broader concept's evidence that each narrower one is handed
BOTH_SAY = 0.15  # what the lesser of own and handed evidence adds
_SPREADING = frozenset((Role.FOR, Role.OF, Role.BESIDE, Role.WITH))
_MANY = 20_000  # phrases whose voice is kept at hand
Matrix = NDArray[np.float32]


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

    concepts: NDArray[np.int64]
    scores: Matrix
    apart: tuple[Reach, ...]


class Weigher:
    """Weighs readings against a taxonomy's labels and the lexicon."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._voices: dict[tuple[tuple[str, ...], str, bool], Voice] = {}
        self._audiences = Audiences(known.lexicon, known.alignment, known.below)
        self._guesses: dict[str, tuple[NDArray[np.int64], Matrix]] = {}
        self._parents = np.array([above[0] if above else -1 for above in known.above], dtype=np.int64)
        self._depth = max((len(above) for above in known.above), default=0)

    def weigh(self, readings: Sequence[Reading]) -> Matrix:
        """Add up what each text's mentions say, by their roles; shape (texts, concepts)."""
        shape = (len(readings), len(self._parents))
        total, best = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
        for row, reading in enumerate(readings):
            keys = frozenset(reading.words.keys)
            for mention, role in reading.mentions:
                voice = self._voice(mention, reading.language, role in _SPREADING)
                scores = _set_apart(voice, keys) * np.float32(_weight(mention, role, reading))
                total[row, voice.concepts] += scores
                best[row, voice.concepts] = np.maximum(best[row, voice.concepts], scores)
            for kind, share in self._guess(reading):
                concepts, scores = self._guessed(kind)
                total[row, concepts] += share * scores
                best[row, concepts] = np.maximum(best[row, concepts], share * scores)
        said = np.float32(1.0 - OTHERS) * best + np.float32(OTHERS) * total
        for row, reading in enumerate(readings):
            if address := self._audiences.address(reading, self._known.book):
                said[row, ~address.theirs] *= ELSEWHERE
                concepts, scores = self._guessed(address.kind)
                said[row, concepts] = np.maximum(said[row, concepts], scores)
        return self._inherit(said)

    def clue(self, reading: Reading, concept: int) -> Clue | None:
        """Find the strongest clue for a concept, or for the nearest broader one that has any."""
        for candidate in (concept, *self._known.above[concept]):
            clues = [
                Clue(clue.score * _weight(mention, role, reading), mention, clue.entry, clue.reach)
                for mention, role in reading.mentions
                for _, clue in self._clues(mention, reading.language, candidate)
            ]
            if clues:
                return max(clues, key=lambda clue: clue.score)
        return None

    def _inherit(self, said: Matrix) -> Matrix:
        handed = np.zeros_like(said)
        topmost = self._parents < 0
        for _ in range(self._depth):
            handed = np.float32(INHERIT) * np.maximum(said, handed)[:, self._parents]
            handed[:, topmost] = 0.0
        return np.maximum(said, handed) + np.float32(BOTH_SAY) * np.minimum(said, handed)

    def _voice(self, mention: Mention, language: str, spreading: bool) -> Voice:
        key = (mention.keys, language, spreading)
        if key not in self._voices:
            if len(self._voices) >= _MANY:
                self._voices.clear()
            self._voices[key] = self._listen(mention, language, spreading)
        return self._voices[key]

    def _guess(self, reading: Reading) -> list[tuple[str, float]]:
        """Guess kinds from single words where no known phrase says enough."""
        head = reading.head
        if head is None or not any(e.source is Source.NOUN for e in self._known.book.entries[head.keys]):
            sure = GUESS
        elif len(head.keys) == 1 and len(reading.words.keys) > 1:
            sure = GUESS_BESIDE
        else:
            return []
        return [(kind, share * sure) for kind, share in self._known.guesser.guess(reading.words.keys)]

    def _guessed(self, kind: str) -> tuple[NDArray[np.int64], Matrix]:
        if kind not in self._guesses:
            reaches = self._known.alignment.reach(kind)
            concepts = np.array(list(reaches), dtype=np.int64)
            self._guesses[kind] = concepts, np.array([r.score for r in reaches.values()], dtype=np.float32)
        return self._guesses[kind]

    def _listen(self, mention: Mention, language: str, spreading: bool) -> Voice:
        by_source: dict[int, dict[Source, float]] = {}
        apart: dict[int, Reach] = {}
        for concept, clue in self._clues(mention, language):
            said = by_source.setdefault(concept, {})
            said[clue.entry.source] = max(said.get(clue.entry.source, 0.0), clue.score)
            if clue.reach and clue.reach.rest:
                apart[concept] = clue.reach
        scores = {
            concept: min(max(s.values()) + BOTH * min(s.values()) * (len(s) > 1), 1.0)
            for concept, s in by_source.items()
        }
        if spreading:
            scores = self._spread(scores)
        concepts = np.array(list(scores), dtype=np.int64)
        return Voice(concepts, np.array(list(scores.values()), dtype=np.float32), tuple(apart.values()))

    def _clues(self, mention: Mention, language: str, only: int | None = None) -> Iterator[tuple[int, Clue]]:
        entries = self._known.book.entries[mention.keys]
        kinds = {str(e.target): e for e in entries if e.source is Source.NOUN}
        domains = self._known.alignment.domains
        for entry in entries:
            if entry.source is Source.LABEL and (only is None or entry.target == only):
                concept = int(entry.target)
                home = max((domains.fit(concept, kind) for kind in kinds), default=1.0)
                yield concept, Clue(entry.weight * _language_fit(entry, language) * home, mention, entry)
        for entry in entries:
            if entry.source is Source.BRAND and entry.target and not kinds:
                yield from self._led_to(str(entry.target), entry, mention, BRAND, only)
        for kind in kinds:
            entry = max((e for e in entries if e.target == kind), key=lambda e: _language_fit(e, language))
            yield from self._led_to(kind, entry, mention, _language_fit(entry, language), only)

    def _led_to(
        self, kind: str, entry: Entry, mention: Mention, fit: float, only: int | None
    ) -> Iterator[tuple[int, Clue]]:
        reaches = self._known.alignment.reach(kind)
        for reach in reaches.values() if only is None else (reaches[only],) if only in reaches else ():
            yield reach.concept, Clue(fit * reach.score, mention, entry, reach)

    def _spread(self, said: dict[int, float]) -> dict[int, float]:
        spread = dict(said)
        for concept, score in said.items():
            for narrower in self._known.below[concept]:
                spread[narrower] = max(spread.get(narrower, 0.0), score * BELOW)
        return spread


def _weight(mention: Mention, role: Role, reading: Reading) -> float:
    sure = min((reading.words.mended.get(p, 1.0) for p in mention.positions), default=1.0)
    return ROLE_WEIGHTS[role] * mention.quality * sure


def _set_apart(voice: Voice, keys: frozenset[str]) -> Matrix:
    """Raise the concepts whose label's other words the text holds too: "congelado" of "marisco congelado"."""
    grown = {r.concept: r.score_with(keys) for r in voice.apart if not keys.isdisjoint(r.rest)}
    if not grown:
        return voice.scores
    scores = voice.scores.copy()
    for place, concept in enumerate(voice.concepts.tolist()):
        if concept in grown:
            scores[place] = max(scores[place], grown[concept])
    return scores


def _language_fit(entry: Entry, language: str) -> float:
    return 1.0 if entry.language in (language, "") or entry.language not in ("es", "en") else OTHER_LANGUAGE
