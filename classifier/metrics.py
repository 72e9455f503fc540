"""How good a job was: coverage and accuracy with intervals, and precision, recall and F1 by category.

Everything is computed from tallies (expected, outcome, predicted, n). Failed is not wrong, unlabelled is not wrong,
and a share of nothing is None.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

NOT_A_PRODUCT = "not_a_product"


class Tallied(Protocol):
    """n items with this expected label ("" when none), outcome ("concept", ... "failed:<kind>") and prediction."""

    @property
    def expected(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def predicted(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Share:
    """k of n with its Wilson interval; everything is None when n is 0."""

    k: int
    n: int
    confidence: float = 0.95

    @property
    def value(self) -> float | None:
        """k / n."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson score interval (E. B. Wilson 1927, J. Am. Stat. Assoc. 22:209), without continuity correction."""
        if not self.n:
            return None
        z = NormalDist().inv_cdf(1 - (1 - self.confidence) / 2)
        p, z2n = self.k / self.n, z * z / self.n
        middle = (p + z2n / 2) / (1 + z2n)
        half = z / (1 + z2n) * (p * (1 - p) / self.n + z2n / (4 * self.n)) ** 0.5
        return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One category's figures among labelled items that got an answer; support counts its labelled, answered items.

    n_failed are labelled items of this category without an answer: beside the figures, never in them.
    """

    notation: str
    support: int
    n_predicted: int
    n_correct: int
    n_failed: int

    @property
    def precision(self) -> Share:
        """Of the items put here, how many belong here."""
        return Share(self.n_correct, self.n_predicted)

    @property
    def recall(self) -> Share:
        """Of the items that belong here, how many were put here."""
        return Share(self.n_correct, self.support)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without support and predictions."""
        n = self.support + self.n_predicted
        return 2 * self.n_correct / n if n else None

    @property
    def f1_interval(self) -> tuple[float, float] | None:
        """F1's interval: Wilson's for F* = TP / (TP + FP + FN), taken through F1 = 2 F* / (1 + F*), which is monotone.

        F* is a plain proportion (D. J. Hand, P. Christen, N. Kirielle 2021, Machine Learning 110:451).
        """
        found = Share(self.n_correct, self.support + self.n_predicted - self.n_correct).interval
        return None if found is None else (2 * found[0] / (1 + found[0]), 2 * found[1] / (1 + found[1]))


@dataclass(frozen=True, slots=True)
class Report:
    """What a job came to. Counts are items; categories are ordered by support, then notation."""

    n_items: int
    n_answered: int  # a sound answer of any verdict
    n_failed: int
    n_labelled: int
    n_labelled_answered: int
    n_correct: int
    categories: tuple[CategoryRow, ...]

    @property
    def coverage(self) -> Share:
        """Answered items of all items that ended."""
        return Share(self.n_answered, self.n_items)

    @property
    def accuracy(self) -> Share:
        """Correct items of labelled items that were answered. Failed items are in `coverage`, not here."""
        return Share(self.n_correct, self.n_labelled_answered)

    @property
    def right_of_labelled(self) -> Share:
        """Correct items of all labelled items, failed ones included: coverage times accuracy, what users feel."""
        return Share(self.n_correct, self.n_labelled)

    @property
    def macro_f1(self) -> float | None:
        """Unweighted mean F1 of the categories with support."""
        values = [row.f1 for row in self.categories if row.support and row.f1 is not None]
        return sum(values) / len(values) if values else None


def told(row: Tallied) -> str:
    """Return what the answer says: a notation, "not_a_product" or "unsure"; "" when it failed."""
    if row.outcome.startswith("failed"):
        return ""
    return row.predicted if row.outcome == "concept" else row.outcome


def evaluate(tallies: Iterable[Tallied], lift: Callable[[str], str] = lambda notation: notation) -> Report:
    """Compute a job's report; lift maps a notation to the ancestor at the level that is looked at.

    "not_a_product" is a label and an answer like a category; an "unsure" answer is answered and never correct.
    """
    n_items = n_failed = n_labelled = 0
    support: dict[str, int] = defaultdict(int)
    predicted: dict[str, int] = defaultdict(int)
    correct: dict[str, int] = defaultdict(int)
    failed: dict[str, int] = defaultdict(int)
    for row in tallies:
        answer, expected, n = told(row), row.expected, row.n
        n_items += n
        n_failed += 0 if answer else n
        if not expected:
            continue
        n_labelled += n
        wanted = lift(expected)
        if not answer:
            failed[wanted] += n
            continue
        given = lift(answer)
        support[wanted] += n
        predicted[given] += n
        if given == wanted:
            correct[wanted] += n
    notations = sorted(set(support) | set(predicted) | set(failed), key=lambda c: (-support[c] - failed[c], c))
    categories = tuple(
        CategoryRow(c, support[c], predicted[c], correct[c], failed[c]) for c in notations if c != "unsure"
    )
    return Report(n_items, n_items - n_failed, n_failed, n_labelled, sum(support.values()), sum(correct.values()),
                  categories)  # fmt: skip


def confusions(
    tallies: Iterable[Tallied], lift: Callable[[str], str] = lambda notation: notation
) -> list[tuple[str, str, int]]:
    """Return (expected, answered, n) of wrong answers at the level of `lift`, the most frequent first."""
    n: Counter[tuple[str, str]] = Counter()
    for row in tallies:
        answer = told(row)
        if row.expected and answer and lift(answer) != lift(row.expected):
            n[lift(row.expected), lift(answer)] += row.n
    return [(expected, answer, count) for (expected, answer), count in sorted(n.items(), key=lambda e: (-e[1], e[0]))]
