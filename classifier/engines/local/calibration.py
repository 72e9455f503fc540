"""From raw scores to a probability of being right."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Platt scaling: a logistic regression over Signs, fitted by `benchmarks/accuracy.py --fit` on the development sets only
# (each set with the same say), never on the sample or the test sets.
INTERCEPT = -0.80
WEIGHTS = (0.66, 6.11, 1.71, -0.93)


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells a sure ranking from a doubtful one, all about 0..1.

    top: the first concept's score (0..1.5 used); margin: its lead over the second (0..0.6 used); known: share of the
    text's content words that were known; is_leaf: 1 for a leaf.
    """

    top: float
    margin: float
    known: float
    is_leaf: float

    def values(self) -> tuple[float, ...]:
        """Give the signs in the order of WEIGHTS."""
        return self.top, self.margin, self.known, self.is_leaf


def signs(top: float, second: float, n_words: int, n_known: int, is_leaf: bool) -> Signs:
    """Collect the signs of a ranking whose first two concepts scored top and second."""
    n = max(n_words, 1)
    return Signs(min(top, 1.5), min(top - second, 0.6), n_known / n, float(is_leaf))


def confidence(found: Signs) -> float:
    """Give the chance (0..1) that the first concept is right."""
    z = INTERCEPT + sum(weight * sign for weight, sign in zip(WEIGHTS, found.values(), strict=True))
    return 1.0 / (1.0 + math.exp(-z))
