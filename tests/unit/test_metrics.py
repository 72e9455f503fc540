from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from classifier.metrics import Share, confusions, evaluate
from storage import TallyRow

LABELS = st.sampled_from(["01", "0101", "02", "not_a_product"])


def tally(expected: str, outcome: str, predicted: str = "", n: int = 1) -> TallyRow:
    from decimal import Decimal

    return TallyRow(expected, outcome, predicted, n, Decimal(0))


def answered(expected: str, given_: str, n: int = 1) -> TallyRow:
    return tally(expected, given_, "", n) if given_ == "not_a_product" else tally(expected, "concept", given_, n)


def test_a_share_of_nothing_is_none() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_wilson_interval_is_scipys(k: int, n: int) -> None:
    k = min(k, n)
    low, high = Share(k, n).interval or (2.0, 2.0)
    theirs = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= low <= k / n <= high <= 1


def test_a_failed_product_is_not_counted_as_wrong() -> None:
    report = evaluate([answered("01", "01", 3), tally("01", "failed:not_json", "", 2)])
    assert (report.accuracy.k, report.accuracy.n) == (3, 3)
    assert (report.coverage.k, report.coverage.n) == (3, 5)
    assert (report.right_of_labelled.k, report.right_of_labelled.n) == (3, 5)
    assert report.categories[0].n_failed == 2


def test_an_unlabelled_product_is_neither_right_nor_wrong() -> None:
    report = evaluate([answered("", "01", 7)])
    assert report.accuracy.value is None
    assert report.coverage.value == 1.0
    assert report.categories == ()


def test_an_unsure_answer_is_answered_and_not_correct() -> None:
    report = evaluate([tally("01", "unsure", "", 4), answered("01", "01")])
    assert (report.accuracy.k, report.accuracy.n) == (1, 5)


def test_accuracy_at_a_higher_level_forgives_the_wrong_leaf() -> None:
    rows = [answered("0101", "0102", 2), answered("0101", "02", 1)]
    assert evaluate(rows).accuracy.k == 0
    assert evaluate(rows, lift=lambda notation: notation[:2]).accuracy.k == 2


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=60))
def test_precision_recall_and_f1_are_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    report = evaluate([answered(e, p) for e, p in pairs])
    names = sorted({label for pair in pairs for label in pair})
    precision, recall, f1, support = precision_recall_fscore_support(
        [e for e, _ in pairs], [p for _, p in pairs], labels=names, zero_division=0.0
    )
    ours = {row.notation: row for row in report.categories}
    for i, name in enumerate(names):
        assert (ours[name].precision.value or 0.0) == pytest.approx(precision[i])
        assert (ours[name].recall.value or 0.0) == pytest.approx(recall[i])
        assert (ours[name].f1 or 0.0) == pytest.approx(f1[i])
        assert ours[name].support == support[i]


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40), st.randoms())
def test_the_order_of_products_changes_nothing(pairs: list[tuple[str, str]], random: object) -> None:
    shuffled = sorted(pairs, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert evaluate([answered(*p) for p in pairs]) == evaluate([answered(*p) for p in shuffled])


def test_the_most_frequent_confusion_comes_first() -> None:
    rows = [answered("01", "02", 2), answered("02", "01", 5), answered("01", "01", 9), tally("01", "failed:timeout")]
    assert confusions(rows) == [("02", "01", 5), ("01", "02", 2)]
