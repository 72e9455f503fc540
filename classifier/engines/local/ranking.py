"""All scores put together: one ranking of concepts for each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.calibration import Calibration, Signs, signs
from classifier.engines.local.evidence import Matrix, Weigher
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.reading import Reading
from classifier.engines.local.retrieval import Retriever
from classifier.engines.local.states import States
from classifier.engines.local.voices import Clue
from classifier.taxonomy import Taxonomy

COVERAGE = 0.5  # weight of shared words
RETRIEVAL = 0.3  # weight of lexical retrieval over all texts of a concept
SAYS_LITTLE = 0.1  # what mentions and shared words say at most of a text that is left to the rest department
WEAK_LETTERS = 0.3  # and what retrieval does
LEFT_OVER = 0.15  # what the rest department gets then: more than weak letters give
LEAF = 0.05  # a leaf is preferred to its parent when both fit
DESCENT = 0.32  # share of a parent's score at which a narrower concept may take its place
STANDS_OUT = 1.25  # and, where the text is just the parent's name, its lead over the next narrower one
N_RANKED = 25
# Letters that look alike are a poor reason, save for a word alone with an error. Of 332 answers without another one
# (development sets, four English catalogues) 0.09, 0.13, 0.26, 0.40 and 0.67 were right where the signs promised 0.45,
# 0.55, 0.65, 0.75 and 0.85.
BY_LETTERS = 3
_PLAIN = Calibration()
LEARNED_STAYS = 0.3  # share of the first concept's score that examples gave, above which it keeps its place


class Ranked(NamedTuple):
    """A concept (index) with its score; scores are comparable between texts, mostly 0..2."""

    concept: int
    score: float


class Heard(NamedTuple):
    """What labels and lexicon say: scores, 0 where nothing speaks for a concept, and the sources that they come from
    (mentions, shared words, retrieval); each of shape (texts, concepts).

    first, sure: the concept that they alone would answer and the chance (0..1) that it is right, -1 and 0 where there
    is none; shape (texts,), or (0,) where nobody asked.
    """

    scores: Matrix
    sources: tuple[Matrix, Matrix, Matrix]
    first: NDArray[np.int64]
    sure: NDArray[np.float32]


class Ranker:
    """Ranks a taxonomy's assignable concepts for readings."""

    def __init__(self, taxonomy: Taxonomy, known: Knowledge) -> None:
        self._known = known
        self._weigher = Weigher(known)
        self._states = States(known.parts, known.below, known.lexicon)
        self._retriever = Retriever(taxonomy, known.notations)
        self._leaf = np.array(known.is_leaf, dtype=np.float32) * LEAF
        self._barred = np.array([i not in known.assignable for i in range(len(known.notations))], dtype=bool)

    def hear(self, texts: Sequence[str], readings: Sequence[Reading], *, is_weighed: bool = False) -> Heard:
        """Score all concepts by labels and lexicon; is_weighed: examples are to be heard beside them."""
        covered = self._known.coverage.score([reading.shares() for reading in readings])
        mentioned = self._weigher.weigh(readings)
        found = self._retriever.score(texts, [reading.words.keys for reading in readings])
        said = mentioned + COVERAGE * covered
        scores = said + RETRIEVAL * found
        self._states.weigh(scores, readings, self._known.book)
        self._leave_to_rest(scores, said, found)
        scores[:, self._barred] = 0.0
        kept = np.where(scores > 1e-4, scores + self._leaf, 0.0).astype(np.float32)
        first, sure = self._alone(kept, readings) if is_weighed else ((), ())
        return Heard(kept, (mentioned, covered, found), np.array(first, dtype=np.int64), np.array(sure, np.float32))

    def _leave_to_rest(self, scores: Matrix, said: Matrix, found: Matrix) -> None:
        """Give the rest department ("Otros", "Other") what only weak letters speak for, and nothing else by letters.

        In place; shape (texts, concepts).
        """
        if not self._known.rest:
            return
        rest = list(self._known.rest)
        scores[:, rest] = 0.0
        is_left = (said.max(axis=1) < SAYS_LITTLE) & (found.max(axis=1) < WEAK_LETTERS)
        scores[np.ix_(is_left, rest)] = LEFT_OVER

    def _alone(self, scores: Matrix, readings: Sequence[Reading]) -> tuple[list[int], list[float]]:
        rankings = self.order(scores, readings, 2)
        sure = [
            self.sure_alone(ranking, reading, self.clue(reading, ranking[0].concept)) if ranking else 0.0
            for ranking, reading in zip(rankings, readings, strict=True)
        ]
        return [ranking[0].concept if ranking else -1 for ranking in rankings], sure

    def order(
        self, scores: Matrix, readings: Sequence[Reading], n: int = N_RANKED, learned: Matrix | None = None
    ) -> list[list[Ranked]]:
        """Rank the n best concepts for each text, best first; only those that anything speaks for.

        learned: what examples add to each concept's score, shape (texts, concepts); a concept that they speak for is
        not left for a narrower one.
        """
        if learned is None:
            return [self._order(row, reading, n) for row, reading in zip(scores, readings, strict=True)]
        said = np.where(self._barred, np.float32(0.0), learned)
        return [
            self._order(row + more, reading, n, more) for row, more, reading in zip(scores, said, readings, strict=True)
        ]

    def signs(self, ranking: Sequence[Ranked], reading: Reading) -> Signs:
        """Collect what tells how sure a ranking is."""
        second = ranking[1].score if len(ranking) > 1 else 0.0
        is_leaf = self._known.is_leaf[ranking[0].concept]
        return signs(ranking[0].score, second, len(reading.words.keys), reading.n_known, is_leaf)

    def sure_alone(self, ranking: Sequence[Ranked], reading: Reading, clue: Clue | None) -> float:
        """Give the chance that labels and lexicon alone are right; clue: why the first concept is in question."""
        sure = _PLAIN.confidence(self.signs(ranking, reading))
        return float(sure**BY_LETTERS) if clue is None and len(reading.words.keys) > 1 else sure

    def clue(self, reading: Reading, concept: int) -> Clue | None:
        """Find why a concept is in question."""
        return self._weigher.clue(reading, concept)

    def _order(self, scores: Matrix, reading: Reading, n_wanted: int, learned: Matrix | None = None) -> list[Ranked]:
        n = min(max(n_wanted, N_RANKED), len(scores))
        if not n:
            return []
        places = np.argpartition(-scores, n - 1)[:n]
        ordered = sorted(zip((-scores[places]).tolist(), places.tolist(), strict=True))
        ranking = [Ranked(p, -s) for s, p in ordered if s < 0]
        if learned is not None and ranking and learned[ranking[0].concept] > LEARNED_STAYS * ranking[0].score:
            return ranking[:n_wanted]
        return self._descend(ranking, frozenset(reading.words.keys))[:n_wanted]

    def _descend(self, ranking: list[Ranked], keys: frozenset[str]) -> list[Ranked]:
        """Put the best narrower concept before its parent, unless the text is just what the parent is called."""
        if not ranking or self._known.is_leaf[ranking[0].concept]:
            return ranking
        top = ranking[0]
        inside = [r for r in ranking[1:] if top.concept in self._known.above[r.concept]]
        second = inside[1].score if len(inside) > 1 else 0.0
        if not inside or inside[0].score < DESCENT * top.score:
            return ranking
        if keys in self._known.names[top.concept] and inside[0].score < STANDS_OUT * second:
            return ranking
        chosen = inside[0]
        rest = [r for r in ranking if r is not chosen]
        return self._descend([Ranked(chosen.concept, top.score), *rest], keys)
