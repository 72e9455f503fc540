"""How the weights of opinions are learned: the likelihood of the right concepts, with a penalty on unusual weights.

A concept's own leaning and trust mend what a whole catalogue has in common, as where a shelf holds much that other
shelves are named after. With few examples the penalty keeps both near 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # its optimizer is loaded when it is first used
from numpy.typing import NDArray

from classifier.engines.local.stacking import OF_LABELS, Choices, Weights

Vector = NDArray[np.float64]
# What the opinions weigh in most catalogues, in the order of `Opinions.table` and in standard deviations: means of the
# development sets with 600 and 2,000 examples.
USUAL = (0.1, 0.3, 0.85, 0.25, 0.3, 0.45, 0.0, 0.1, 0.05, 0.15, 0.5)
_DOUBT = 4.0  # penalty on leaving them, shared out among the examples
_DOUBT_LEANING = 0.6  # and on a concept's leaning
_DOUBT_TRUST = 2.0  # and on its trust
_N_STEPS = 150


def weigh(choices: Choices, n_concepts: int, usual: Sequence[float] = USUAL) -> Weights:
    """Learn the weights that make the right concepts likeliest; few examples leave them near the usual ones."""
    scale = choices.tables.reshape(-1, choices.tables.shape[2]).std(axis=0) + 1e-6
    loss = _Loss(Choices(choices.tables / scale, choices.concepts), n_concepts, usual)
    found = scipy.optimize.minimize(loss, loss.usual, jac=True, method="L-BFGS-B", options={"maxiter": _N_STEPS}).x
    weights, leaning, trust = loss.parts(found)
    return Weights(weights / scale, leaning, trust / scale[OF_LABELS])


class _Loss:
    """The negative mean logarithm of the right concepts' probabilities, with its slope."""

    def __init__(self, choices: Choices, n_concepts: int, usual: Sequence[float]) -> None:
        n_examples, _, self._n_opinions = choices.tables.shape
        self._tables, self._concepts, self._n_concepts = choices.tables, choices.concepts, n_concepts
        self._flat, self._labels = choices.concepts.ravel(), np.ascontiguousarray(choices.tables[:, :, OF_LABELS])
        doubts = np.array((_DOUBT, _DOUBT_LEANING, _DOUBT_TRUST)) / n_examples
        self._doubt = np.repeat(doubts, (self._n_opinions, n_concepts, n_concepts))
        self.usual = np.concatenate((usual, np.zeros(2 * n_concepts)))

    def parts(self, weights: Vector) -> list[NDArray[np.float32]]:
        """Take all weights apart: of opinions, leaning, trust."""
        bounds = (self._n_opinions, self._n_opinions + self._n_concepts)
        return [np.asarray(part, dtype=np.float32) for part in np.split(weights, bounds)]

    def __call__(self, weights: Vector) -> tuple[float, Vector]:
        """Give the loss and its slope."""
        of_opinions, leaning, trust = self.parts(weights)
        worth = self._tables @ of_opinions + leaning[self._concepts] + self._labels * trust[self._concepts]
        worth -= worth.max(axis=1, keepdims=True)
        excess = np.exp(worth)
        excess /= excess.sum(axis=1, keepdims=True)
        missed = -float(np.log(excess[:, 0] + 1e-12).mean())
        excess[:, 0] -= 1.0
        told = np.tensordot(excess, self._tables, axes=2)
        slope = np.concatenate((told, self._by_concept(excess), self._by_concept(excess * self._labels))) / len(excess)
        left = weights - self.usual
        return missed + float(self._doubt @ (left * left)), slope + 2.0 * self._doubt * left

    def _by_concept(self, shares: NDArray[np.float32]) -> Vector:
        return np.asarray(np.bincount(self._flat, shares.ravel(), self._n_concepts), dtype=np.float64)
