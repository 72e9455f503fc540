"""Learning from examples: how much a supervised model says beside labels and lexicon, and how right both are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.calibration import Calibration, Signs, Threshold, fit, thresholds
from classifier.engines.local.features import BLOCKS, FeatureSpace, blocks
from classifier.engines.local.regression import RidgeModel
from classifier.engines.local_options import FEWEST_EXAMPLES
from classifier.examples import NOT_A_PRODUCT, Examples
from classifier.metrics import Share

if TYPE_CHECKING:
    from classifier.engines.local.knowledge import Knowledge
    from classifier.engines.local.ranking import Ranked, Ranker
    from classifier.engines.local.reading import Reader, Reading

N_TRAINED = 4_000  # examples that train the model, the newest; all of them answer repeats
N_JUDGED = 800  # of these, on which its share and its accuracy are measured
SHARES = (0.0, 0.3, 0.6, 1.0, 1.6, 2.8, 5.0)  # what a full score of the model may count beside labels and lexicon
_RIDGE = 0.1 * sum(BLOCKS.values())
_AT_ONCE = 50
Matrix = NDArray[np.float32]


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
    """A trained model with its weight in the score, the calibration that goes with it, and the report."""

    report: LearnedReport
    calibration: Calibration
    thresholds: tuple[Threshold, ...]
    weight: float
    _model: RidgeModel
    _space: FeatureSpace

    def say(self, readings: Sequence[Reading], known: Knowledge) -> Matrix:
        """What the model adds to each concept's score; shape (texts, concepts)."""
        said = self._model.score(self._space.rows(blocks(reading, known) for reading in readings))
        return spread(said * np.float32(self.weight), self._model.classes, len(known.notations))


def spread(said: Matrix, classes: NDArray[np.int64], n_concepts: int) -> Matrix:
    """Put the scores of the classes in their concepts' columns; what speaks against a class counts for nothing."""
    scores = np.zeros((len(said), n_concepts), dtype=np.float32)
    scores[:, classes] = np.maximum(said, 0.0)
    return scores


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
    taken = [blocks(reading, known) for reading in readings]
    space = FeatureSpace(taken)
    model = RidgeModel(space.rows(taken), right, _RIDGE)
    judged = _judge(texts[:N_JUDGED], readings[:N_JUDGED], right[:N_JUDGED], model, ranker, known)
    weight = max(SHARES, key=lambda share: (judged[share].n_right, -share))
    best, plain = judged[weight], judged[0.0]
    calibration = fit(best.signs, best.is_right)
    report = LearnedReport(len(examples), len(classes), len(useful), weight / (1.0 + weight),
                           Share(best.n_right, best.n), Share(plain.n_right, plain.n))  # fmt: skip
    table = thresholds([calibration.confidence(s) for s in best.signs], best.is_right)
    return report, Learned(report, calibration, table, weight, model, space)


@dataclass(frozen=True)
class _Judged:
    """How the examples fared with one share: for each that had a ranking, its signs and whether the first was right."""

    n: int
    signs: Sequence[Signs]
    is_right: Sequence[bool]

    @property
    def n_right(self) -> int:
        return sum(self.is_right)


def _judge(texts: Sequence[str], readings: Sequence[Reading], right: Sequence[int], model: RidgeModel, ranker: Ranker,
           known: Knowledge) -> dict[float, _Judged]:  # fmt: skip
    """Rank each example by what the others teach, for every share."""
    rankings: dict[float, list[list[Ranked]]] = {share: [] for share in SHARES}
    for start in range(0, len(texts), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        plain = ranker.score(texts[part], readings[part])
        said = spread(model.left_out[part], model.classes, len(known.notations))
        for share in SHARES:
            rankings[share] += ranker.order(plain, readings[part], 2, said * np.float32(share))
    return {share: _outcome(found, readings, right, ranker) for share, found in rankings.items()}


def _outcome(rankings: Sequence[list[Ranked]], readings: Sequence[Reading], right: Sequence[int],
             ranker: Ranker) -> _Judged:  # fmt: skip
    found = [(ranking, reading, answer) for ranking, reading, answer in zip(rankings, readings, right, strict=True)]
    ranked = [each for each in found if each[0]]
    return _Judged(len(found), [ranker.signs(ranking, reading) for ranking, reading, _ in ranked],
                   [ranking[0].concept == answer for ranking, _, answer in ranked])  # fmt: skip
