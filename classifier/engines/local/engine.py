"""The embedded engine: labels, a lexicon and letters; no key, no network."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from classifier.engines.local.calibration import Signs, confidence, signs
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.ranking import Ranked, Ranker
from classifier.engines.local.reading import Reader, Reading
from classifier.engines.local.refusals import refusal
from classifier.engines.local.voices import Clue
from classifier.lexicon import Lexicon
from classifier.limiter import Limiter
from classifier.outcomes import Ask, Prediction, Reply, RunnerUp, Verdict
from classifier.taxonomy import Taxonomy

THRESHOLD = 0.3
N_RUNNERS_UP = 5
_N_AT_ONCE = 50


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
        with _no_collecting():
            self._known = Knowledge(taxonomy, lexicon, language)
            self._reader = Reader(self._known, language)
            self._ranker = Ranker(taxonomy, self._known)

    @property
    def batch_size(self) -> int:
        """How many products a call carries; small enough to leave the event loop to others."""
        return _N_AT_ONCE

    @property
    def limiter(self) -> Limiter:
        """One call at a time: the work is on this processor."""
        return self._limiter

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Count no tokens."""
        return 0

    async def classify(self, asks: Sequence[Ask]) -> Reply:
        """Answer for each ask; yields to the event loop between batches."""
        answers: dict[str, Prediction] = {}
        for start in range(0, len(asks), _N_AT_ONCE):
            await asyncio.sleep(0)
            batch = asks[start : start + _N_AT_ONCE]
            predictions = self.predict([ask.text for ask in batch])
            answers.update((ask.key, prediction) for ask, prediction in zip(batch, predictions, strict=True))
        return Reply(answers)

    async def aclose(self) -> None:
        """Hold nothing that needs closing."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Classify texts, in their order."""
        if not texts or not self._known.notations:
            return [Prediction(Verdict.UNSURE, None, 0.0, "the taxonomy has no concept") for _ in texts]
        readings = [self._reader.read(text) for text in texts]
        rankings = self._ranker.rank(texts, readings)
        return [self._decide(*each) for each in zip(texts, readings, rankings, strict=True)]

    def candidates(self, text: str, k: int = 20) -> tuple[RunnerUp, ...]:
        """Give the k most likely assignable concepts (at most 25), best first, whatever the verdict would be."""
        if not self._known.notations:
            return ()
        return self._runners_up(self._ranker.rank([text], [self._reader.read(text)])[0][:k])

    def _decide(self, text: str, reading: Reading, ranking: Sequence[Ranked]) -> Prediction:
        runners_up = self._runners_up(ranking[: N_RUNNERS_UP + 1])
        if reason := refusal(text, reading, self._known):
            return Prediction(Verdict.NOT_A_PRODUCT, None, None, reason, runners_up[:N_RUNNERS_UP])
        if not ranking:
            return Prediction(Verdict.UNSURE, None, 0.0, "no label and no lexicon entry shares a word with the text")
        sure = confidence(self._signs(ranking, reading))
        why = self._why(ranking[0].concept, reading)
        if sure < self._threshold:
            return Prediction(
                Verdict.UNSURE, None, sure, f"below the threshold; nearest: {why}", runners_up[:N_RUNNERS_UP]
            )
        return Prediction(Verdict.CONCEPT, self._known.notations[ranking[0].concept], sure, why, runners_up[1:])

    def signs(self, text: str) -> Signs | None:
        """Give what the confidence in an answer is made of; None when nothing speaks for any concept."""
        reading = self._reader.read(text)
        ranking = self._ranker.rank([text], [reading])[0]
        return self._signs(ranking, reading) if ranking else None

    def _signs(self, ranking: Sequence[Ranked], reading: Reading) -> Signs:
        second = ranking[1].score if len(ranking) > 1 else 0.0
        words = reading.words
        is_leaf = self._known.is_leaf[ranking[0].concept]
        return signs(ranking[0].score, second, len(words.keys), reading.n_known, is_leaf)

    def _runners_up(self, ranking: Sequence[Ranked]) -> tuple[RunnerUp, ...]:
        return tuple(
            RunnerUp(self._known.notations[r.concept], round(min(max(r.score / 2, 0.0), 1.0), 4)) for r in ranking
        )

    def _why(self, concept: int, reading: Reading) -> str:
        clue = self._ranker.clue(reading, concept)
        if clue is None:
            label = self._taxonomy.label(self._known.notations[concept], self._language)
            return f"its letters are nearest to {label!r}"
        return _explain(clue, reading)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Spare the collector from walking over the many small objects that loading keeps (a third of its time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
            gc.collect()  # once here, not in the middle of the first answers


def _explain(clue: Clue, reading: Reading) -> str:
    words = " ".join(reading.words.written[p] for p in clue.mention.positions)
    if clue.reach is None:
        return f"{words!r} matches {clue.entry.field} {clue.entry.text!r}"
    path = " → ".join(dict.fromkeys((clue.entry.text, str(clue.entry.target), clue.reach.via)))
    return f"{words!r} is known (lexicon: {path}), matches {clue.reach.part.field} {clue.reach.part.label!r}"
