"""From raw scores to a probability of being right."""

from __future__ import annotations

import math

# Logistic regression fitted by benchmarks/accuracy.py --fit on the development sets only.
INTERCEPT = -3.0
TOP = 3.5
MARGIN = 3.0
KNOWN = 1.0


def confidence(top: float, margin: float, known: float) -> float:
    """Give the chance (0..1) that the first concept is right.

    top: its score; margin: its lead over the second; known: share of the text's content words that were known.
    """
    z = INTERCEPT + TOP * min(top, 1.5) + MARGIN * min(margin, 0.6) + KNOWN * known
    return 1.0 / (1.0 + math.exp(-z))
