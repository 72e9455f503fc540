"""Several opinions on each concept weighed into one probability, by weights that an analyst's own examples teach.

A conditional logit (McFadden 1974) over what the regression, naive Bayes, labels and lexicon, the number of examples
and the concepts beside each say; trained on leave-one-out opinions, as in stacked generalisation (Wolpert 1992). Beside
one weight for each opinion, each concept has a leaning of its own and a trust in its labels (`likelihood.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.experience import chances_of_labels
from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.ranking import Heard

Matrix = NDArray[np.float32]
OF_LABELS = 1  # the place of what labels and lexicon say
FROM_LABELS = (1, 7, 8, 9, 10)  # that, its sources and how likely it is by them
N_RIVALS = 100  # concepts that each example is compared with when the weights are learned
_WEAK = 0.3  # a best score of labels and lexicon below which they are not stretched to 1
_STRAY = 0.02  # what a score of 0 is taken for in a logarithm
_UNLIKELY = 0.01  # what a probability of 0 is taken for in a logarithm
_FAINT = 1e-4  # a probability below which a concept is not ranked


class Said(NamedTuple):
    """What the models say of each class: the regression, naive Bayes over everything and over kinds alone; each of
    shape (texts, classes)."""

    ridge: Matrix
    bayes: Matrix
    kinds: Matrix


class Choices(NamedTuple):
    """Opinions on the right concept of each example, first, and on its rivals.

    tables: shape (examples, rivals + 1, opinions); concepts: whose they are, shape (examples, rivals + 1).
    """

    tables: Matrix
    concepts: NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """of_opinions: one for each; leaning: what is added for each concept; trust: what a concept's labels weigh more."""

    of_opinions: Matrix
    leaning: Matrix
    trust: Matrix

    def worth(self, table: Matrix) -> Matrix:
        """Weigh the opinions on all concepts; shape (texts, concepts)."""
        return np.asarray(table @ self.of_opinions + self.leaning + table[:, :, OF_LABELS] * self.trust)


class Opinions:
    """Puts what the models say of a text side by side; one table for each text, a row for each concept."""

    def __init__(self, known: Knowledge, classes: NDArray[np.int64], n_examples: Matrix) -> None:
        self._classes, self.n_concepts = classes, len(known.notations)
        self._n_examples = self._widen(n_examples[None])[0]
        self.is_open = np.array([i in known.assignable for i in range(self.n_concepts)], dtype=bool)
        parents = [above[0] if above else -1 for above in known.above]
        _, self._family = np.unique(np.array(parents, dtype=np.int64), return_inverse=True)
        self._by_family = np.argsort(self._family, kind="stable")
        self._starts = np.searchsorted(self._family[self._by_family], np.arange(self._family.max() + 1))

    def table(self, said: Said, heard: Heard, own: Sequence[int] | None = None) -> Matrix:
        """Give the opinions; shape (texts, concepts, 11).

        own: the right concepts, when each text is an example that is judged as if it were not there.
        """
        wide = np.maximum(self._widen(said.ridge), 0.0)
        n_examples = np.repeat(self._n_examples[None], len(wide), axis=0)
        if own is not None:
            n_examples[np.arange(len(own)), own] -= 1.0
        families = np.add.reduceat(wide[:, self._by_family], self._starts, axis=1)[:, self._family]
        best = np.maximum(heard.scores.max(axis=1, keepdims=True), _WEAK)
        opinions = (
            wide, heard.scores / best, self._widen(said.bayes), np.log(n_examples + 0.5), families,
            np.log(wide + _STRAY), self._widen(said.kinds), *(source / best for source in heard.sources),
            np.log(chances_of_labels(heard) + _UNLIKELY),
        )  # fmt: skip
        return np.stack(opinions, axis=2, dtype=np.float32, casting="same_kind")

    def chances(self, table: Matrix, weights: Weights) -> Matrix:
        """Turn opinions into probabilities; 0 for what may not be answered and where nothing was said at all."""
        worth = np.where(self.is_open, weights.worth(table), -np.inf)
        worth = np.exp(worth - worth.max(axis=1, keepdims=True))
        chances = worth / worth.sum(axis=1, keepdims=True)
        heard = table[:, :, : OF_LABELS + 1].max(axis=(1, 2)) > 0
        return np.asarray(np.where(heard[:, None] & (chances > _FAINT), chances, 0.0), dtype=np.float32)

    def choices(self, table: Matrix, right: Sequence[int]) -> Choices:
        """Keep of each table the right concept, first, and those most spoken for."""
        rows = np.arange(len(right))[:, None]
        spoken = table[:, :, 0] + table[:, :, OF_LABELS] - 2.0 * ~self.is_open
        spoken[rows[:, 0], right] = -9.0
        n = min(N_RIVALS, table.shape[1] - 1)
        others = np.argpartition(-spoken, n - 1, axis=1)[:, :n]
        concepts = np.column_stack((np.asarray(right, dtype=np.int64), others))
        return Choices(np.ascontiguousarray(table[rows, concepts]), concepts)

    def _widen(self, of_classes: Matrix) -> Matrix:
        wide = np.zeros((len(of_classes), self.n_concepts), dtype=np.float32)
        wide[:, self._classes] = of_classes
        return wide


def joined(parts: Iterable[Choices]) -> Choices:
    """Put the choices of several parts one after the other."""
    tables, concepts = zip(*parts, strict=True)
    return Choices(np.concatenate(tables), np.concatenate(concepts))
