"""Two jobs over the same products, side by side: where they agree, and whether one is better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scipy.stats import binomtest

from classifier.bootstrap import Services
from classifier.errors import ClassifierError
from classifier.export import is_final
from storage import Job


class NotComparable(ClassifierError):
    """The jobs share no products."""


@dataclass
class Comparison:
    """Counts of products that both jobs hold at the same place with the same text.

    The four `right` counts are of products with an expected category that both jobs answered.
    """

    n_shared: int = 0
    n_both_answered: int = 0
    n_same_answer: int = 0
    n_both_right: int = 0
    n_only_first_right: int = 0
    n_only_second_right: int = 0
    n_both_wrong: int = 0

    @property
    def p_value(self) -> float | None:
        """Exact McNemar test, two-sided: could the difference be chance? (Q. McNemar 1947, Psychometrika 12:153)."""
        n = self.n_only_first_right + self.n_only_second_right
        return float(binomtest(self.n_only_first_right, n, 0.5).pvalue) if n else None

    @property
    def n_labelled(self) -> int:
        """Products that can be right or wrong in both."""
        return self.n_both_right + self.n_only_first_right + self.n_only_second_right + self.n_both_wrong

    def add(self, first: Any, second: Any) -> None:
        """Count one shared product's two rows."""
        self.n_shared += 1
        mine, theirs = _answer(first), _answer(second)
        if mine is None or theirs is None:
            return
        self.n_both_answered += 1
        self.n_same_answer += mine == theirs
        expected = first.expected or second.expected
        if expected is None:
            return
        right = (mine == expected, theirs == expected)
        self.n_both_right += right == (True, True)
        self.n_only_first_right += right == (True, False)
        self.n_only_second_right += right == (False, True)
        self.n_both_wrong += right == (False, False)

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return dict(vars(self)) | {"n_labelled": self.n_labelled, "mcnemar_exact_p": self.p_value}


def compare(services: Services, first: Job, second: Job) -> Comparison:
    """Compare two jobs product by product; raises NotComparable when they share none."""
    found = Comparison()
    theirs = _rows(services, second.id)
    other = next(theirs, None)
    for row in _rows(services, first.id):
        while other is not None and other.position < row.position:
            other = next(theirs, None)
        if other is not None and other.position == row.position and other.text == row.text:
            found.add(row, other)
    if not found.n_shared:
        raise NotComparable("The two jobs hold different products: compare jobs of the same file.")
    return found


def _rows(services: Services, job_id: str) -> Iterator[Any]:
    for page in services.store.stream_items(job_id):
        yield from page


def _answer(row: Any) -> str | None:
    if not is_final(row) or row.verdict is None:
        return None
    return str(row.notation if row.verdict == "concept" else row.verdict)
