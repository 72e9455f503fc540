"""Two jobs on the same labelled products: is the second one better, or is it chance? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from scipy.stats import binom, binomtest

from classifier.metrics import Share

CONFIDENCE = 0.95
MOST_TO_REVIEW = 500  # labels beyond which nobody is asked for more


@dataclass(frozen=True)
class PairedTable:
    """Labelled products that both jobs ended, by whether each was right; a failed product is not right."""

    n_both_right: int = 0
    n_fixed: int = 0
    n_broken: int = 0
    n_neither_right: int = 0

    @property
    def n(self) -> int:
        """Products compared."""
        return self.n_both_right + self.n_fixed + self.n_broken + self.n_neither_right

    @property
    def n_discordant(self) -> int:
        """Products that one job has right and the other has not: all that the test looks at."""
        return self.n_fixed + self.n_broken

    @property
    def before(self) -> Share:
        """Right of the labelled products in the first job."""
        return Share(self.n_both_right + self.n_broken, self.n)

    @property
    def after(self) -> Share:
        """Right of the labelled products in the second job."""
        return Share(self.n_both_right + self.n_fixed, self.n)

    @property
    def difference(self) -> float | None:
        """Share right in the second job minus that in the first."""
        return (self.n_fixed - self.n_broken) / self.n if self.n else None

    @cached_property
    def p_value(self) -> float | None:
        """Exact McNemar test, two-sided (Q. McNemar 1947, Psychometrika 12:153); None when no product tells."""
        if not self.n_discordant:
            return None
        return float(binomtest(self.n_fixed, self.n_discordant, 0.5).pvalue)

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """Exact 95 % interval of the difference, given how many products are discordant.

        The share of fixed ones among the discordant has its Clopper-Pearson interval (C. J. Clopper, E. S. Pearson
        1934, Biometrika 26:404), carried over to the difference (R. G. Newcombe 1998, Statistics in Medicine 17:2635,
        the exact conditional method). It leaves 0 out exactly when the exact McNemar test says p < 0.05.
        """
        if not self.n:
            return None
        if not self.n_discordant:
            return 0.0, 0.0
        ends = binomtest(self.n_fixed, self.n_discordant).proportion_ci(CONFIDENCE, method="exact")
        share = self.n_discordant / self.n
        return (2 * float(ends.low) - 1) * share, (2 * float(ends.high) - 1) * share


class Outcome(StrEnum):
    """What can be said of the second job against the first."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no difference shown"
    NOT_ENOUGH = "not enough labelled products"
    UNCHANGED = "nothing changed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome; n_to_review: changed products that have yet to be labelled for it to become clear, if that helps."""

    outcome: Outcome
    n_to_review: int | None = None


def judge(table: PairedTable, n_changed_unlabelled: int) -> Verdict:
    """Say what the labelled products prove; n_changed_unlabelled: others whose answer changed.

    BETTER and WORSE only when the interval of the difference does not contain 0.
    """
    low, high = table.interval or (0.0, 0.0)
    if low > 0:
        return Verdict(Outcome.BETTER)
    if high < 0:
        return Verdict(Outcome.WORSE)
    if not table.n_discordant and not n_changed_unlabelled:
        return Verdict(Outcome.UNCHANGED if table.n else Outcome.NOT_ENOUGH)
    n_to_review = labels_wanted(table, n_changed_unlabelled)
    return Verdict(Outcome.NOT_ENOUGH if n_to_review else Outcome.NO_DIFFERENCE, n_to_review)


def labels_wanted(table: PairedTable, n_available: int) -> int | None:
    """How many more changed products to label until a difference would show, if it goes on as it has begun.

    None when as many as there are would not show one. With nothing known yet all are taken to go one way, so it is the
    least that can do.
    """
    most, n = max(table.n_fixed, table.n_broken), table.n_discordant
    more = np.arange(1, min(n_available, MOST_TO_REVIEW) + 1)
    expected = np.rint((most / n if n else 1.0) * (n + more))
    two_sided = 2 * binom.sf(expected - 1, n + more, 0.5)  # the exact test is symmetric at one half
    enough = np.flatnonzero(two_sided < 1 - CONFIDENCE)
    return int(more[enough[0]]) if len(enough) else None
