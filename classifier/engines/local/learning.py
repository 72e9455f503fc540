"""Learning from examples: how much a supervised model says beside labels and lexicon, and how right both are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.engines.local.calibration import Calibration, Chances, Threshold, fit, thresholds
from classifier.engines.local.features import blocks
from classifier.engines.local.judging import Bench
from classifier.engines.local.models import Matrix, Models, train
from classifier.engines.local_options import FEWEST_EXAMPLES
from classifier.examples import NOT_A_PRODUCT, Examples
from classifier.metrics import Share

if TYPE_CHECKING:
    from classifier.engines.local.knowledge import Knowledge
    from classifier.engines.local.ranking import Heard, Ranker
    from classifier.engines.local.reading import Reader, Reading

N_TRAINED = 4_000  # examples that train the model, the newest; all of them answer repeats


@dataclass(frozen=True, slots=True)
class LearnedReport:
    """What came of the examples. n_trained is 0 when they are too few for a model; then the figures are None.

    accuracy: of labels, lexicon and model together on examples of n_trained, each judged without itself; before: of
    labels and lexicon alone on the same ones. share: the model's part of the final score, 0..1.
    """

    n_examples: int
    n_classes: int
    n_trained: int = 0
    share: float | None = None
    accuracy: Share | None = None
    before: Share | None = None


@dataclass(frozen=True)
class Learned:
    """Trained models, the calibration that goes with them, and the report."""

    report: LearnedReport
    calibration: Calibration
    thresholds: tuple[Threshold, ...]
    models: Models

    def say(self, readings: Sequence[Reading], known: Knowledge, heard: Heard) -> Matrix:
        """What the models add to each concept's score; shape (texts, concepts)."""
        return self.models.say(readings, known, heard)


def learn(examples: Examples, known: Knowledge, reader: Reader, ranker: Ranker) -> tuple[LearnedReport, Learned | None]:
    """Train on examples and judge the result by leaving each one out. None when there are too few."""
    classes = {e.notation for e in examples}
    index = {notation: i for i, notation in enumerate(known.notations)}
    useful = [e for e in examples if e.notation != NOT_A_PRODUCT][:N_TRAINED]
    right = [index[e.notation] for e in useful]
    if len(useful) < FEWEST_EXAMPLES or len(set(right)) < 2:
        return LearnedReport(len(examples), len(classes)), None
    texts = [e.text for e in useful]
    readings = [reader.read(text) for text in texts]
    models = train([blocks(reading, known) for reading in readings], right, known)
    plain, best, models = Bench(texts, readings, right, models, ranker).choose()
    calibration = Chances() if models.weights else fit(best.signs, best.is_right)
    report = LearnedReport(len(examples), len(classes), len(useful), models.part,
                           Share(best.n_right, best.n), Share(plain.n_right, plain.n))  # fmt: skip
    table = thresholds([calibration.confidence(s) for s in best.signs], best.is_right)
    return report, Learned(report, calibration, table, models)
