"""What all mentions of a text together say for each concept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.audiences import ELSEWHERE, Audiences
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.phrases import Mention, Source
from classifier.engines.local.preserves import Preserves
from classifier.engines.local.reading import ROLE_WEIGHTS, Reading, Role
from classifier.engines.local.voices import Clue, Sense, Voices

GUESS = 0.8  # what single words together say when no known noun heads the text
GUESS_BESIDE = 0.6  # and when only its first word is a known noun
POURED = 0.4  # what the volume of something named after a fruit says for drinks
OTHERS = 0.43  # what the mentions beside the best one add
INHERIT = 0.65  # share of a broader concept's evidence that each narrower one is handed
BOTH_SAY = 0.15  # what the lesser of own and handed evidence adds
_SPREADING = frozenset((Role.FOR, Role.OF, Role.BESIDE, Role.WITH))
Matrix = NDArray[np.float32]


class Weigher:
    """Weighs readings against a taxonomy's labels and the lexicon."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._voices = Voices(known)
        self._preserves = Preserves(known.lexicon)
        self._audiences = Audiences(known.lexicon, known.alignment, known.below)
        self._parents = np.array([above[0] if above else -1 for above in known.above], dtype=np.int64)
        self._depth = max((len(above) for above in known.above), default=0)

    def weigh(self, readings: Sequence[Reading]) -> Matrix:
        """Add up what each text's mentions say, by their roles; shape (texts, concepts)."""
        said = np.stack([self._weigh_one(reading) for reading in readings])
        return self._inherit(said)

    def _weigh_one(self, reading: Reading) -> Matrix:
        total, best = np.zeros(len(self._parents), dtype=np.float32), np.zeros(len(self._parents), dtype=np.float32)
        keys = frozenset(reading.words.keys)
        kept = self._preserves.kind(reading, self._known.book)
        heard = [
            (
                self._voices.of_mention(mention, reading.language, role in _SPREADING, self._sense(reading, role)),
                _weight(mention, Role.OF if kept and role is Role.HEAD else role, reading),
            )
            for mention, role in reading.mentions
        ]
        if kept:
            heard.append((self._voices.of_kind(kept), 1.0))
        if reading.is_poured:
            heard.append((self._voices.of_kind("drink"), POURED))
        heard.extend((self._voices.of_kind(kind), share) for kind, share in self._guess(reading))
        for voice, weight in heard:
            scores = voice.scores_with(keys) * np.float32(weight)
            total[voice.concepts] += scores
            best[voice.concepts] = np.maximum(best[voice.concepts], scores)
        return self._readdress(reading, np.float32(1.0 - OTHERS) * best + np.float32(OTHERS) * total)

    def _sense(self, reading: Reading, role: Role) -> Sense:
        if role is not Role.HYPERNYM or reading.head is None:
            return frozenset()
        return frozenset(str(e.target) for e in self._known.book.entries[reading.head.keys] if e.source is Source.NOUN)

    def _readdress(self, reading: Reading, said: Matrix) -> Matrix:
        """Turn to the concepts of the audience that the text names, if any."""
        if address := self._audiences.address(reading, self._known.book):
            said[~address.theirs] *= np.float32(ELSEWHERE)
            voice = self._voices.of_kind(address.kind)
            said[voice.concepts] = np.maximum(said[voice.concepts], voice.scores)
        return said

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

    def _inherit(self, said: Matrix) -> Matrix:
        handed = np.zeros_like(said)
        topmost = self._parents < 0
        for _ in range(self._depth):
            handed = np.float32(INHERIT) * np.maximum(said, handed)[:, self._parents]
            handed[:, topmost] = 0.0
        return np.maximum(said, handed) + np.float32(BOTH_SAY) * np.minimum(said, handed)

    def clue(self, reading: Reading, concept: int) -> Clue | None:
        """Find the strongest clue for a concept, or for the nearest broader one that has any."""
        for candidate in (concept, *self._known.above[concept]):
            weighed = [
                (clue.score * _weight(mention, role, reading), clue)
                for mention, role in reading.mentions
                if (clue := self._voices.clue(mention, reading.language, candidate, self._sense(reading, role)))
            ]
            if weighed:
                return max(weighed, key=lambda pair: pair[0])[1]
        return None


def _weight(mention: Mention, role: Role, reading: Reading) -> float:
    sure = min((reading.words.mended.get(p, 1.0) for p in mention.positions), default=1.0)
    return ROLE_WEIGHTS[role] * mention.quality * sure
