"""What a confidence is worth: how often answers of that confidence are right, and what a threshold would cost.

Everything is computed from a histogram of confidences, never from single items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.metrics import Share

N_BINS = 20


@dataclass(frozen=True, slots=True)
class ConfidenceBin:
    """Answers with a confidence in low..high; n_labelled of the n are labelled, n_correct of those are right."""

    low: float
    high: float
    n: int
    n_labelled: int
    n_correct: int
    sum_confidence: float = 0.0  # of the labelled ones

    @property
    def accuracy(self) -> Share:
        """Right answers of the labelled ones in this bin."""
        return Share(self.n_correct, self.n_labelled)

    @property
    def mean_confidence(self) -> float | None:
        """Mean confidence of the labelled answers in this bin."""
        return self.sum_confidence / self.n_labelled if self.n_labelled else None


@dataclass(frozen=True, slots=True)
class Threshold:
    """What accepting only answers of at least `confidence` would mean."""

    confidence: float
    coverage: Share  # answers accepted, of all answers
    accuracy: Share  # right ones, of the labelled accepted


def expected_calibration_error(bins: Sequence[ConfidenceBin]) -> float | None:
    """Mean gap between confidence and accuracy, weighted by bin (Naeini et al. 2015); None without labels."""
    n = sum(b.n_labelled for b in bins)
    if not n:
        return None
    gaps = (abs(b.n_correct - b.sum_confidence) for b in bins if b.n_labelled)
    return sum(gaps) / n


def thresholds(bins: Sequence[ConfidenceBin]) -> list[Threshold]:
    """Coverage and accuracy at each bin's lower edge, from accepting everything upwards."""
    ordered = sorted(bins, key=lambda b: b.low)
    n_all = sum(b.n for b in ordered)
    found = []
    for i, edge in enumerate(ordered):
        kept = ordered[i:]
        accuracy = Share(sum(b.n_correct for b in kept), sum(b.n_labelled for b in kept))
        found.append(Threshold(edge.low, Share(sum(b.n for b in kept), n_all), accuracy))
    return found
