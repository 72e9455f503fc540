"""From raw scores to a probability of being right, and what a threshold on it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Platt scaling: a logistic regression over Signs, fitted by `benchmarks/accuracy.py --fit` on the development sets only
# (each set with the same say), never on the sample or the test sets.
INTERCEPT = -0.57
WEIGHTS = (0.76, 6.14, 1.43, -0.64)
_PRIOR_SAY = 0.5  # penalty on leaving the weights above when fitting to an analyst's own examples
_N_STEPS = 12
_N_HALVED = 20
_SUREST = 0.99  # what weighed opinions are sure of at most


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells a sure ranking from a doubtful one, all about 0..1.

    top: the first concept's score (0..1.5 weighed); margin: its lead over the second (0..0.6 weighed); known: share of
    the text's content words that were known; is_leaf: 1 for a leaf.
    """

    top: float
    margin: float
    known: float
    is_leaf: float

    def values(self) -> tuple[float, ...]:
        """Give the signs in the order of WEIGHTS."""
        return min(self.top, 1.5), min(self.margin, 0.6), self.known, self.is_leaf


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns signs into the chance of being right."""

    intercept: float = INTERCEPT
    weights: tuple[float, ...] = WEIGHTS

    def confidence(self, found: Signs) -> float:
        """Give the chance (0..1) that the first concept is right."""
        z = self.intercept + sum(weight * sign for weight, sign in zip(self.weights, found.values(), strict=True))
        return 1.0 / (1.0 + math.exp(-z))


@dataclass(frozen=True, slots=True)
class Chances(Calibration):
    """For weighed opinions (`stacking.py`), whose scores are twice the chance of being right already.

    Measured on 8 samples of four catalogues, products that had taught nothing: expected calibration error 0.02-0.05;
    0.04-0.08 when a logistic regression over the signs was fitted to the examples instead.
    """

    def confidence(self, found: Signs) -> float:
        """Give the chance (0..0.99) that the first concept is right."""
        return min(max(found.top / 2.0, 0.0), _SUREST)


@dataclass(frozen=True, slots=True)
class Threshold:
    """What to expect of answers with at least this confidence: precision is None when there are none."""

    threshold: float
    precision: float | None
    coverage: float


def signs(top: float, second: float, n_words: int, n_known: int, is_leaf: bool) -> Signs:
    """Collect the signs of a ranking whose first two concepts scored top and second."""
    n = max(n_words, 1)
    return Signs(top, top - second, n_known / n, float(is_leaf))


def fit(found: Sequence[Signs], is_right: Sequence[bool]) -> Calibration:
    """Fit on judged answers, drawn towards the built-in weights; Newton's method on the penalised likelihood.

    A step that overshoots is halved: far from the best weights all chances are 0 or 1 and Newton's step is endless.
    """
    x = np.array([(1.0, *each.values()) for each in found]).reshape(-1, 1 + len(WEIGHTS))
    y = np.array(is_right, dtype=float)
    w = prior = np.array((INTERCEPT, *WEIGHTS))
    for _ in range(_N_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30.0, 30.0)))
        slope = x.T @ (y - p) - _PRIOR_SAY * (w - prior)
        bend = (x * (p * (1.0 - p))[:, None]).T @ x + _PRIOR_SAY * np.eye(len(w))
        step, reached = np.linalg.solve(bend, slope), _missed(w, x, y, prior)
        for _ in range(_N_HALVED):
            if _missed(w + step, x, y, prior) <= reached:
                w = w + step
                break
            step = step / 2.0
    return Calibration(float(w[0]), tuple(float(each) for each in w[1:]))


def _missed(
    w: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], prior: NDArray[np.float64]
) -> float:
    """Give the negative logarithm of the likelihood with the penalty."""
    z = x @ w
    return float(np.sum(np.logaddexp(0.0, z) - y * z) + 0.5 * _PRIOR_SAY * np.sum((w - prior) ** 2))


def thresholds(
    confidences: Sequence[float], is_right: Sequence[bool], say: Sequence[float] | None = None
) -> tuple[Threshold, ...]:
    """Tabulate precision and coverage for thresholds 0, 0.05 .. 0.95 over judged answers; say: of each, 1 if None."""
    sure, right = np.array(confidences, dtype=float), np.array(is_right, dtype=float)
    weight = np.ones(len(sure)) if say is None else np.array(say, dtype=float)
    table = []
    for step in range(20):
        kept = sure >= step / 20
        held = float(weight[kept].sum())
        precision = float((right * weight)[kept].sum()) / held if held else None
        table.append(Threshold(step / 20, precision, held / max(float(weight.sum()), 1e-9)))
    return tuple(table)


# Of the built-in weights, on the development sets, each with the same say: `benchmarks/accuracy.py --fit` prints it.
_TABLE = (
    (0.914, 1.000), (0.914, 1.000), (0.914, 1.000), (0.914, 1.000), (0.914, 1.000),
    (0.914, 1.000), (0.914, 0.999), (0.914, 0.999), (0.914, 0.999), (0.914, 0.999),
    (0.915, 0.997), (0.915, 0.997), (0.917, 0.995), (0.923, 0.980), (0.935, 0.945),
    (0.945, 0.913), (0.953, 0.852), (0.963, 0.776), (0.970, 0.673), (0.979, 0.519),
)  # fmt: skip
BUILT_IN = tuple(Threshold(step / 20, *row) for step, row in enumerate(_TABLE))
