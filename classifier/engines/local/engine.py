"""The embedded engine: labels, a lexicon and letters; no key, no network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np

from classifier.engines.local.calibration import confidence
from classifier.engines.local.evidence import Clue, Evidence, Weigher
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.reading import Reader, Reading
from classifier.engines.local.refusals import refusal
from classifier.engines.local.retrieval import Retriever, Scores
from classifier.lexicon import Lexicon
from classifier.limiter import Limiter
from classifier.outcomes import Ask, Prediction, Reply, RunnerUp, Verdict
from classifier.taxonomy import Taxonomy

THRESHOLD = 0.3
N_RUNNERS_UP = 5
RETRIEVAL = 0.25  # weight of lexical retrieval beside the mentions' evidence
COVERAGE = 0.5  # weight of shared words
INHERIT = 0.6  # share of a broader concept's evidence that each narrower one is handed
BOTH_SAY = 0.25  # what the lesser of own and handed evidence adds
LEAF = 0.05  # a leaf is preferred to its parent when both fit
DESCENT = 0.4  # share of a parent's score at which a narrower concept may take its place
STANDS_OUT = 1.25  # and its lead over the next narrower one
_N_RETRIEVED = 40


class LocalEngine:
    """Classifies texts by a taxonomy's own labels and the project's lexicon. Implements Engine; costs nothing."""

    name = "local"
    model: str | None = None

    def __init__(
        self, taxonomy: Taxonomy, lexicon: Lexicon, language: str = "es", threshold: float = THRESHOLD
    ) -> None:
        self._taxonomy = taxonomy
        self._language = language
        self._threshold = threshold
        self._limiter = Limiter(1)
        self._known = Knowledge(taxonomy, lexicon)
        self._reader = Reader(self._known, language)
        self._weigher = Weigher(self._known.book, self._known.alignment, self._known.below)
        self._retriever = Retriever(taxonomy, self._known.notations)

    @property
    def batch_size(self) -> int:
        """How many products a call carries; small enough to leave the event loop to others."""
        return 50

    @property
    def limiter(self) -> Limiter:
        """One call at a time: the work is on this processor."""
        return self._limiter

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Count no tokens."""
        return 0

    async def classify(self, asks: Sequence[Ask]) -> Reply:
        """Answer for each ask; yields to the event loop first."""
        await asyncio.sleep(0)
        predictions = self.predict([ask.text for ask in asks])
        return Reply({ask.key: prediction for ask, prediction in zip(asks, predictions, strict=True)})

    async def aclose(self) -> None:
        """Hold nothing that needs closing."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Classify texts, in their order."""
        if not texts:
            return []
        return [self._predict(text, row) for text, row in zip(texts, self._retriever.score(texts), strict=True)]

    def candidates(self, text: str, k: int = 20) -> tuple[RunnerUp, ...]:
        """Give the k most likely assignable concepts, best first, whatever the verdict would be."""
        ranking, _ = self._rank(self._reader.read(text), self._retriever.score([text])[0])
        return self._runners_up(ranking[:k])

    def _predict(self, text: str, retrieved: Scores) -> Prediction:
        reading = self._reader.read(text)
        ranking, evidence = self._rank(reading, retrieved)
        runners_up = self._runners_up(ranking[1 : N_RUNNERS_UP + 1])
        if reason := refusal(text, reading, self._known.book):
            return Prediction(Verdict.NOT_A_PRODUCT, None, None, reason, self._runners_up(ranking[:N_RUNNERS_UP]))
        if not ranking:
            return Prediction(Verdict.UNSURE, None, 0.0, "no label and no lexicon entry shares a word with the text")
        sure = self._confidence(ranking, reading)
        why = self._why(ranking[0][0], evidence, reading)
        if sure < self._threshold:
            all_of_them = self._runners_up(ranking[:N_RUNNERS_UP])
            return Prediction(Verdict.UNSURE, None, sure, f"below the threshold; nearest: {why}", all_of_them)
        return Prediction(Verdict.CONCEPT, self._known.notations[ranking[0][0]], sure, why, runners_up)

    def _confidence(self, ranking: Sequence[tuple[int, float]], reading: Reading) -> float:
        margin = ranking[0][1] - (ranking[1][1] if len(ranking) > 1 else 0.0)
        known = reading.n_known / max(len(reading.words.keys), 1)
        return confidence(ranking[0][1], margin, known)

    def _rank(self, reading: Reading, retrieved: Scores) -> tuple[list[tuple[int, float]], Evidence]:
        evidence = self._weigher.weigh(reading)
        n_best = min(_N_RETRIEVED, len(retrieved))
        nearest = np.argpartition(-retrieved, n_best - 1)[:n_best] if n_best else []
        known = self._known
        covered = known.coverage.score(reading.words.keys)
        asked = set(evidence.scores) | covered.keys() | {int(i) for i in nearest if retrieved[i] > 0}
        asked.update(kid for c, s in evidence.scores.items() if s > 0.4 for kid in known.children[c])
        said = self._inherit(evidence.scores, asked)
        scored = []
        for concept in asked:
            if concept in known.assignable:
                score = said.get(concept, 0.0) + COVERAGE * covered.get(concept, 0.0)
                score += RETRIEVAL * float(retrieved[concept])
                scored.append((concept, score + (LEAF if known.is_leaf[concept] else 0.0)))
        scored.sort(key=lambda pair: (-pair[1], pair[0]))
        return self._descend(scored, frozenset(reading.words.keys)), evidence

    def _inherit(self, scores: Mapping[int, float], asked: set[int]) -> dict[int, float]:
        """Give narrower concepts a share of what was said for the broader ones."""
        said = dict(scores)
        for concept in asked:
            handed = max((scores.get(a, 0.0) * INHERIT ** (n + 1) for n, a in enumerate(self._known.above[concept])), default=0.0)
            if handed:
                own = scores.get(concept, 0.0)
                said[concept] = max(own, handed) + BOTH_SAY * min(own, handed)
        return said

    def _descend(self, ranking: list[tuple[int, float]], keys: frozenset[str]) -> list[tuple[int, float]]:
        """Put the best narrower concept before its parent, unless the text is just what the parent is called."""
        if not ranking or self._known.is_leaf[ranking[0][0]]:
            return ranking
        top, score = ranking[0]
        inside = [pair for pair in ranking[1:] if top in self._known.above[pair[0]]]
        second = inside[1][1] if len(inside) > 1 else 0.0
        if not inside or inside[0][1] < DESCENT * score:
            return ranking
        if keys in self._known.names[top] and inside[0][1] < STANDS_OUT * second:
            return ranking
        chosen = inside[0]
        return self._descend([(chosen[0], score), *(pair for pair in ranking if pair is not chosen)], keys)

    def _runners_up(self, ranking: Sequence[tuple[int, float]]) -> tuple[RunnerUp, ...]:
        return tuple(RunnerUp(self._known.notations[c], round(min(max(s, 0.0), 1.0), 4)) for c, s in ranking)

    def _why(self, concept: int, evidence: Evidence, reading: Reading) -> str:
        clue = evidence.clues.get(concept)
        label = self._taxonomy.label(self._known.notations[concept], self._language)
        if clue is None:
            return f"its letters are nearest to {label!r}"
        return _explain(clue, reading)


def _explain(clue: Clue, reading: Reading) -> str:
    words = " ".join(reading.words.written[p] for p in clue.mention.positions)
    if clue.reach is None:
        return f"{words!r} matches {clue.entry.field} {clue.entry.text!r}"
    path = " → ".join(dict.fromkeys((clue.entry.text, str(clue.entry.target), clue.reach.via)))
    return f"{words!r} is known (lexicon: {path}), matches {clue.reach.part.field} {clue.reach.part.label!r}"
