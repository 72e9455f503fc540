"""What the mentions of a text say for each concept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.engines.local.alignment import Alignment, Reach
from classifier.engines.local.phrases import Entry, Mention, PhraseBook, Source
from classifier.engines.local.reading import ROLE_WEIGHTS, Reading, Role

OTHER_LANGUAGE = 0.7  # a label in another language than the text's
BELOW = 0.8  # what a non-head mention of a concept says for each concept under it
OTHERS = 0.5  # what the mentions beside the best one add
BOTH = 0.12  # a second source (label and lexicon) agrees


@dataclass(frozen=True, slots=True)
class Clue:
    """Why a concept is in question: the mention, and the label entry or the lexicon path that led to the concept."""

    score: float
    mention: Mention
    entry: Entry
    reach: Reach | None = None


class Evidence:
    """Scores of concepts (by index) that a reading supports, and the best clue for each.

    A concept's score is its best clue's and, added to it, a share of what the other mentions say.
    """

    def __init__(self) -> None:
        self.scores: dict[int, float] = {}
        self.clues: dict[int, Clue] = {}

    def add(self, concept: int, clue: Clue) -> None:
        """Add a clue of another mention to a concept."""
        known = self.clues.get(concept)
        if known is None:
            self.clues[concept] = clue
            self.scores[concept] = clue.score
        elif known.score >= clue.score:
            self.scores[concept] += OTHERS * clue.score
        else:
            self.scores[concept] += clue.score - (1.0 - OTHERS) * known.score
            self.clues[concept] = clue


class Weigher:
    """Weighs readings against a taxonomy's labels and the lexicon."""

    def __init__(self, book: PhraseBook, alignment: Alignment, below: Sequence[Sequence[int]]) -> None:
        self._book = book
        self._alignment = alignment
        self._below = below

    def weigh(self, reading: Reading) -> Evidence:
        """Add up what each mention says, by its role."""
        evidence = Evidence()
        keys = frozenset(reading.words.keys)
        for mention, role in reading.mentions:
            weight = ROLE_WEIGHTS[role] * mention.quality
            weight *= min((reading.words.mended.get(p, 1.0) for p in mention.positions), default=1.0)
            spread = role in (Role.FOR, Role.OF, Role.BESIDE, Role.WITH)
            said = self._say(mention, reading.language, keys)
            for concept, clue in (self._spread(said) if spread else said).items():
                evidence.add(concept, Clue(clue.score * weight, mention, clue.entry, clue.reach))
        return evidence

    def _say(self, mention: Mention, language: str, keys: frozenset[str]) -> dict[int, Clue]:
        said: dict[int, Clue] = {}
        entries = self._book.entries[mention.keys]
        kinds = [str(e.target) for e in entries if e.source is Source.NOUN]
        for entry in entries:
            fit = 1.0 if entry.language in (language, "") else OTHER_LANGUAGE
            if entry.source is Source.LABEL:
                concept = int(entry.target)
                home = max((self._alignment.domains.fit(concept, kind) for kind in kinds), default=1.0)
                _keep(said, concept, Clue(entry.weight * fit * home, mention, entry))
            elif entry.source is Source.NOUN:
                for reach in self._alignment.reach(str(entry.target)):
                    _keep(said, reach.concept, Clue(entry.weight * fit * reach.score_with(keys), mention, entry, reach))
        return said

    def _spread(self, said: Mapping[int, Clue]) -> dict[int, Clue]:
        spread = dict(said)
        for concept, clue in said.items():
            for narrower in self._below[concept]:
                weaker = Clue(clue.score * BELOW, clue.mention, clue.entry, clue.reach)
                if narrower not in spread or spread[narrower].score < weaker.score:
                    spread[narrower] = weaker
        return spread


def _keep(said: dict[int, Clue], concept: int, clue: Clue) -> None:
    known = said.get(concept)
    if known is None:
        said[concept] = clue
        return
    best, other = (clue, known) if clue.score > known.score else (known, clue)
    agree = BOTH * other.score if best.entry.source is not other.entry.source else 0.0
    said[concept] = Clue(min(best.score + agree, max(best.score, 1.0)), best.mention, best.entry, best.reach)
