"""The supervised models together: what they add to the scores of labels and lexicon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifier.engines.local.bayes import NaiveBayes
from classifier.engines.local.experience import Experience, Vector, chances_of_labels
from classifier.engines.local.features import BLOCKS, KINDS, Block, FeatureSpace, blocks
from classifier.engines.local.ranking import Heard
from classifier.engines.local.regression import RidgeModel
from classifier.engines.local.stacking import FROM_LABELS, Opinions, Said, Weights

if TYPE_CHECKING:
    from classifier.engines.local.knowledge import Knowledge
    from classifier.engines.local.reading import Reading

SHARES = (0.0, 0.3, 0.6, 1.0, 1.6, 2.8, 5.0)  # what a full score of the regression may count beside labels and lexicon
_RIDGE = 0.4 * sum(BLOCKS.values())
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Models:
    """What was trained on the examples; kind_places: the features that `kinds` sees; weights: of the opinions, None
    while only the regression joins with a share; spans: how far each opinion varies; experience: how far all of it is
    believed."""

    ridge: RidgeModel
    bayes: NaiveBayes
    kinds: NaiveBayes
    kind_places: NDArray[np.int64]
    opinions: Opinions
    space: FeatureSpace
    share: float = 0.0
    weights: Weights | None = None
    spans: Matrix | None = None
    experience: Experience = field(default_factory=Experience)

    def say(self, readings: Sequence[Reading], known: Knowledge, heard: Heard) -> Matrix:
        """What is added to each concept's score; heard: what labels and lexicon say. Shape (texts, concepts)."""
        rows = self.space.rows(blocks(reading, known) for reading in readings)
        ridge = self.ridge.score(rows)
        belief = self.experience.belief(heard, ridge)
        if self.weights is None:
            return spread(ridge, self.ridge.classes, heard.scores.shape[1], belief * np.float32(self.share))
        said = Said(ridge, self.bayes.score(rows), self.kinds.score(_columns(rows, self.kind_places)))
        return added(self.opinions.chances(self.opinions.table(said, heard), self.weights), heard, belief)

    def left_out(self, part: slice) -> Said:
        """Say of these examples what is said of them when each had not been seen."""
        return Said(self.ridge.left_out[part], self.bayes.left_out(part), self.kinds.left_out(part))

    @property
    def part(self) -> float:
        """The models' part of the final score, 0..1."""
        if self.weights is None or self.spans is None:
            return self.share / (1.0 + self.share)
        says = np.abs(self.weights.of_opinions * self.spans)
        return float(1.0 - says[list(FROM_LABELS)].sum() / max(float(says.sum()), 1e-9))


def added(chances: Matrix, heard: Heard, belief: Vector) -> Matrix:
    """What makes the plain scores twice the probabilities, as far as they are believed, and else those of the labels:
    the scale of all scores is 0..2."""
    said = belief[:, None] * chances + (1.0 - belief)[:, None] * chances_of_labels(heard)
    return np.asarray(2.0 * said - heard.scores, dtype=np.float32)


def spread(said: Matrix, classes: NDArray[np.int64], n_concepts: int, share: Vector) -> Matrix:
    """Put each text's share of the classes' scores in their concepts' columns; what speaks against counts for
    nothing."""
    scores = np.zeros((len(said), n_concepts), dtype=np.float32)
    scores[:, classes] = np.maximum(said, 0.0) * share[:, None]
    return scores


def train(taken: Sequence[tuple[Block, ...]], right: Sequence[int], known: Knowledge) -> Models:
    """Train on examples that were taken apart; right: the index of each one's concept."""
    space = FeatureSpace(taken)
    rows = space.rows(taken)
    ridge = RidgeModel(rows, right, _RIDGE)
    places = np.searchsorted(ridge.classes, np.asarray(right, dtype=np.int64))
    kind_places = space.places_of(KINDS)
    bayes = NaiveBayes(rows, places, len(ridge.classes))
    kinds = NaiveBayes(_columns(rows, kind_places), places, len(ridge.classes))
    return Models(ridge, bayes, kinds, kind_places, Opinions(known, ridge.classes, bayes.n_examples), space)


def _columns(rows: sparse.csr_array, places: NDArray[np.int64]) -> sparse.csr_array:
    return rows[:, places].tocsr()
