"""The embedded engine: labels, a lexicon and letters; no key, no network."""

from __future__ import annotations

import asyncio
import copy
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from classifier.engines.local.calibration import BUILT_IN, Signs, Threshold
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.learning import Learned, LearnedReport, learn
from classifier.engines.local.ranking import N_RANKED, Ranked, Ranker
from classifier.engines.local.reading import Reader, Reading
from classifier.engines.local.refusals import refusal
from classifier.engines.local.repeats import Repeats
from classifier.engines.local.voices import Clue
from classifier.engines.local_options import THRESHOLD
from classifier.examples import Examples
from classifier.lexicon import Lexicon
from classifier.limiter import Limiter
from classifier.normalisation import text_key
from classifier.outcomes import Ask, Prediction, Reply, RunnerUp, Verdict
from classifier.taxonomy import Taxonomy

N_RUNNERS_UP = 5
_N_AT_ONCE = 50
NO_OTHER = "no other category's label and no lexicon entry speaks for it: left to {!r}"
RULED = "a rule of this edition says that it is no product when it stands alone"


class LocalEngine:
    """Classifies texts by a taxonomy's own labels and the project's lexicon. Implements Engine; costs nothing."""

    name = "local"
    model: str | None = None

    def __init__(
        self,
        taxonomy: Taxonomy,
        lexicon: Lexicon,
        language: str = "es",
        threshold: float = THRESHOLD,
        examples: Examples = (),
    ) -> None:
        """examples: texts with their right answers, newest first; those that the taxonomy lacks are left out."""
        self._not_products: frozenset[str] = frozenset()
        self._taxonomy = taxonomy
        self._language = language
        self._threshold = threshold
        self._limiter = Limiter(1)
        with _no_collecting():
            self._known = Knowledge(taxonomy, lexicon, language)
            self._reader = Reader(self._known, language)
            self._ranker = Ranker(taxonomy, self._known)
            self._learn_from(examples)

    def _learn_from(self, examples: Examples) -> None:
        self._learned: Learned | None = None
        self._report: LearnedReport | None = None
        self._repeats = Repeats(examples, frozenset(self._taxonomy.assignable))
        if examples and self._known.notations:
            self._report, self._learned = learn(self._repeats.examples, self._known, self._reader, self._ranker)

    def tuned(
        self, threshold: float = THRESHOLD, examples: Examples | None = None, not_products: Iterable[str] = ()
    ) -> LocalEngine:
        """Give an engine over the same taxonomy with another threshold or other examples, without loading again.

        not_products: texts that an analyst ruled to be no product when they stand alone.
        """
        other = copy.copy(self)
        other._threshold = threshold
        other._not_products = frozenset(text_key(text) for text in not_products)
        if examples is not None:
            other._learn_from(examples)
        return other

    @property
    def learned(self) -> LearnedReport | None:
        """What came of the examples; None when there were none."""
        return self._report

    def threshold_table(self) -> tuple[Threshold, ...]:
        """Expected precision and coverage for thresholds 0, 0.05 .. 0.95: on the examples where a model learned from
        them, else on the project's development sets."""
        return self._learned.thresholds if self._learned else BUILT_IN

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
        rankings = self._rank(texts, readings)
        return [self._decide(*each) for each in zip(texts, readings, rankings, strict=True)]

    def candidates(self, text: str, k: int = 20) -> tuple[RunnerUp, ...]:
        """Give the k most likely assignable concepts, best first, whatever the verdict would be."""
        return self.candidates_of([text], k)[0]

    def candidates_of(self, texts: Sequence[str], k: int = 20) -> list[tuple[RunnerUp, ...]]:
        """Give the k most likely assignable concepts for each text, best first."""
        if not texts or not self._known.notations:
            return [() for _ in texts]
        readings = [self._reader.read(text) for text in texts]
        return [self._runners_up(ranking) for ranking in self._rank(texts, readings, k)]

    def shortlist(self, texts: Sequence[str], k: int = 20) -> frozenset[str]:
        """Give the notations that are among the k most likely ones for any of the texts."""
        return frozenset(c.notation for found in self.candidates_of(texts, k) for c in found)

    def _rank(self, texts: Sequence[str], readings: Sequence[Reading], n: int = N_RANKED) -> list[list[Ranked]]:
        heard = self._ranker.hear(texts, readings, is_weighed=self._learned is not None)
        said = self._learned.say(readings, self._known, heard) if self._learned else None
        return self._ranker.order(heard.scores, readings, n, said)

    def _decide(self, text: str, reading: Reading, ranking: Sequence[Ranked]) -> Prediction:
        runners_up = self._runners_up(ranking[: N_RUNNERS_UP + 1])
        if repeat := self._repeats.find(text):
            others = tuple(r for r in runners_up if r.notation != repeat.example.notation)
            told = repeat.prediction(self._taxonomy.label(repeat.example.notation, self._language))
            return replace(told, runners_up=others[:N_RUNNERS_UP])
        if text_key(text) in self._not_products:
            return Prediction(Verdict.NOT_A_PRODUCT, None, None, RULED, runners_up[:N_RUNNERS_UP])
        if reason := refusal(text, reading, self._known):
            return Prediction(Verdict.NOT_A_PRODUCT, None, None, reason, runners_up[:N_RUNNERS_UP])
        if not ranking:
            return Prediction(Verdict.UNSURE, None, 0.0, "no label and no lexicon entry shares a word with the text")
        clue = self._ranker.clue(reading, ranking[0].concept)
        # whole batches are weighed together: the last digits depend on what else was asked
        sure = round(self._confidence(ranking, reading, clue), 6)
        why = self._why(ranking[0].concept, reading, clue)
        if sure < self._threshold:
            return Prediction(
                Verdict.UNSURE, None, sure, f"below the threshold; nearest: {why}", runners_up[:N_RUNNERS_UP]
            )
        return Prediction(Verdict.CONCEPT, self._known.notations[ranking[0].concept], sure, why, runners_up[1:])

    def signs(self, text: str) -> Signs | None:
        """Give what the confidence in an answer is made of; None when nothing speaks for any concept."""
        reading = self._reader.read(text)
        ranking = self._rank([text], [reading])[0]
        return self._ranker.signs(ranking, reading) if ranking else None

    def _confidence(self, ranking: Sequence[Ranked], reading: Reading, clue: Clue | None) -> float:
        if self._learned is None:
            return self._ranker.sure_alone(ranking, reading, clue)
        return self._learned.calibration.confidence(self._ranker.signs(ranking, reading))

    def _runners_up(self, ranking: Sequence[Ranked]) -> tuple[RunnerUp, ...]:
        return tuple(
            RunnerUp(self._known.notations[r.concept], round(min(max(r.score / 2, 0.0), 1.0), 4)) for r in ranking
        )

    def _why(self, concept: int, reading: Reading, clue: Clue | None) -> str:
        if clue is None:
            label = self._taxonomy.label(self._known.notations[concept], self._language)
            return NO_OTHER.format(label) if concept in self._known.rest else f"its letters are nearest to {label!r}"
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
