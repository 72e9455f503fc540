"""What to do next with a job, the most urgent first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from classifier.analysis.overview import Overview

MANY_RISKY = 0.02  # of the answers: below, the queue of review is a step for later


class Step(StrEnum):
    """A way to go on; each is a page with the right products on it."""

    WATCH = "watch"
    ENTER_PRICE = "enter price"
    SEE_FAILED = "see failed"
    SEE_WRONG = "see wrong"
    FIX = "fix"
    CHECK_SAMPLE = "check sample"
    REVIEW_RISKY = "review risky"
    TAKE_RESULT = "take result"
    START_AGAIN = "start again"


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step and how many products (for ENTER_PRICE: calls) it is about; None where there is nothing to count."""

    step: Step
    n: int | None = None


def next_steps(found: Overview) -> list[NextStep]:
    """Return the steps that a job calls for."""
    n_wrong = found.accuracy.n - found.accuracy.k
    n_answered, n_risky = found.coverage.k, found.n_risky or 0
    lacks_price = bool(found.n_unpriced_attempts) and (found.later_cost is None or found.later_cost.total_usd is None)
    n_to_fix = found.n_failed + n_wrong
    asked = (
        (found.is_active, NextStep(Step.WATCH, found.n_open)),
        (lacks_price, NextStep(Step.ENTER_PRICE, found.n_unpriced_attempts)),
        (bool(found.n_failed), NextStep(Step.SEE_FAILED, found.n_failed)),
        (bool(n_wrong), NextStep(Step.SEE_WRONG, n_wrong)),
        (bool(n_to_fix and n_answered) and not found.is_active, NextStep(Step.FIX, n_to_fix)),
        (bool(n_answered) and not found.accuracy.n, NextStep(Step.CHECK_SAMPLE, n_answered)),
        (n_risky > MANY_RISKY * n_answered, NextStep(Step.REVIEW_RISKY, n_risky)),
        (bool(n_answered) and not found.is_active, NextStep(Step.TAKE_RESULT, n_answered)),
        (not n_answered and not found.is_active, NextStep(Step.START_AGAIN)),
    )
    return [step for is_due, step in asked if is_due]
