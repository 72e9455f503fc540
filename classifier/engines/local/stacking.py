"""Several opinions on each concept weighed into one probability, by weights that an analyst's own examples teach.

A conditional logit (McFadden 1974) over what the regression, naive Bayes, labels and lexicon, the number of examples
and the concepts beside each say; trained on leave-one-out opinions, as in stacked generalisation (Wolpert 1992). Six
numbers are learned, so a hundred examples are enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # its optimizer is loaded when it is first used
from numpy.typing import NDArray

from classifier.engines.local.knowledge import Knowledge

Matrix = NDArray[np.float32]
OF_LABELS = 1  # the place of what labels and lexicon say
N_RIVALS = 48  # concepts that each example is compared with when the weights are learned
_WEAK = 0.3  # a best score of labels and lexicon below which they are not stretched to 1
_STRAY = 0.02  # what a score of 0 is taken for in a logarithm
_DOUBT = 1e-3  # penalty on large weights
_FAINT = 1e-4  # a probability below which a concept is not ranked


class Opinions:
    """Puts what the models say of a text side by side; one table for each text, a row for each concept."""

    def __init__(self, known: Knowledge, classes: NDArray[np.int64], n_examples: Matrix) -> None:
        self._classes, self._n_concepts = classes, len(known.notations)
        self._n_examples = self._widen(n_examples[None])[0]
        self.is_open = np.array([i in known.assignable for i in range(self._n_concepts)], dtype=bool)
        parents = [above[0] if above else -1 for above in known.above]
        _, self._family = np.unique(np.array(parents, dtype=np.int64), return_inverse=True)
        self._by_family = np.argsort(self._family, kind="stable")
        self._starts = np.searchsorted(self._family[self._by_family], np.arange(self._family.max() + 1))

    def table(self, said: Matrix, voted: Matrix, plain: Matrix, own: Sequence[int] | None = None) -> Matrix:
        """Give the opinions; said, voted: (texts, classes), plain: (texts, concepts). Shape (texts, concepts, 6).

        own: the right concepts, when each text is an example that is judged as if it were not there.
        """
        wide = np.maximum(self._widen(said), 0.0)
        n_examples = np.repeat(self._n_examples[None], len(said), axis=0)
        if own is not None:
            n_examples[np.arange(len(own)), own] -= 1.0
        families = np.add.reduceat(wide[:, self._by_family], self._starts, axis=1)[:, self._family]
        stretched = plain / np.maximum(plain.max(axis=1, keepdims=True), _WEAK)
        opinions = (
            wide, stretched, self._widen(voted), np.log(n_examples + 0.5), families, np.log(wide + _STRAY),
        )  # fmt: skip
        return np.stack(opinions, axis=2).astype(np.float32)

    def chances(self, table: Matrix, weights: Matrix) -> Matrix:
        """Turn opinions into probabilities; 0 for what may not be answered and where nothing was said at all."""
        worth = np.where(self.is_open, table @ weights, -np.inf)
        worth = np.exp(worth - worth.max(axis=1, keepdims=True))
        chances = worth / worth.sum(axis=1, keepdims=True)
        heard = table[:, :, : OF_LABELS + 1].max(axis=(1, 2)) > 0
        return np.asarray(np.where(heard[:, None] & (chances > _FAINT), chances, 0.0), dtype=np.float32)

    def _widen(self, of_classes: Matrix) -> Matrix:
        wide = np.zeros((len(of_classes), self._n_concepts), dtype=np.float32)
        wide[:, self._classes] = of_classes
        return wide


def rivals(table: Matrix, right: Sequence[int]) -> Matrix:
    """Keep of each table the right concept, first, and those most spoken for; shape (texts, at most 49, opinions)."""
    rows = np.arange(len(right))[:, None]
    spoken = table[:, :, 0] + table[:, :, OF_LABELS]
    spoken[rows[:, 0], right] = -1.0
    n = min(N_RIVALS, table.shape[1] - 1)
    others = np.argpartition(-spoken, n - 1, axis=1)[:, :n]
    return np.asarray(table[rows, np.column_stack((np.asarray(right), others))], dtype=np.float32)


def weigh(tables: Matrix) -> Matrix:
    """Learn the weights that make the first of each table's rows likeliest."""
    scale = tables.reshape(-1, tables.shape[2]).std(axis=0) + 1e-6
    scaled = tables / scale

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        worth = scaled @ weights.astype(np.float32)
        worth -= worth.max(axis=1, keepdims=True)
        chances = np.exp(worth)
        chances /= chances.sum(axis=1, keepdims=True)
        missed = -float(np.log(chances[:, 0] + 1e-12).mean())
        chances[:, 0] -= 1.0
        slope = np.einsum("tc,tco->o", chances, scaled, optimize=True) / len(scaled)
        return missed + _DOUBT * float(weights @ weights), slope.astype(float) + 2.0 * _DOUBT * weights

    start = np.full(tables.shape[2], 0.3)
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return np.asarray(found.x / scale, dtype=np.float32)
