from __future__ import annotations

from decimal import Decimal

import pytest

from classifier.analysis.calibration import ConfidenceBin, expected_calibration_error, thresholds
from classifier.analysis.hierarchy import Nearness, count_nearness, nearness
from classifier.taxonomy import Concept, Taxonomy
from storage import TallyRow


def concept(notation: str) -> Concept:
    return Concept(notation, f"urn:{notation}", {"es": notation}, broader=(notation[:-2],) if len(notation) > 2 else ())


TAXONOMY = Taxonomy("t", "urn:t", {n: concept(n) for n in ("01", "0101", "010101", "010102", "0102", "02", "0201")})


@pytest.mark.parametrize(
    ("expected", "answer", "is_"),
    [
        ("010101", "010101", Nearness.RIGHT),
        ("010101", "010102", Nearness.SIBLING),
        ("010101", "01", Nearness.TOO_GENERAL),
        ("0101", "010101", Nearness.TOO_SPECIFIC),
        ("010101", "0102", Nearness.SAME_BRANCH),
        ("010101", "0201", Nearness.WRONG_BRANCH),
        ("01", "02", Nearness.WRONG_BRANCH),
        ("01", "unsure", Nearness.NO_CATEGORY),
        ("01", "", Nearness.FAILED),
        ("", "01", Nearness.UNLABELLED),
        ("not_a_product", "01", Nearness.WRONG_BRANCH),
        ("not_a_product", "not_a_product", Nearness.RIGHT),
    ],
)
def test_how_wrong_an_answer_is(expected: str, answer: str, is_: Nearness) -> None:
    assert nearness(TAXONOMY, expected, answer) == is_


def test_every_item_is_counted_once() -> None:
    rows = [TallyRow("010101", "concept", "0102", 3, Decimal(0)), TallyRow("", "failed:timeout", "", 2, Decimal(0))]
    assert count_nearness(TAXONOMY, rows) == {Nearness.SAME_BRANCH: 3, Nearness.FAILED: 2}


def test_a_higher_threshold_accepts_less() -> None:
    bins = [ConfidenceBin(0.0, 0.5, 40, 40, 10, 12.0), ConfidenceBin(0.5, 1.0, 60, 60, 54, 50.0)]
    everything, sure = thresholds(bins)
    assert (everything.coverage.value, everything.accuracy.value) == (1.0, 0.64)
    assert (sure.coverage.value, sure.accuracy.value) == (0.6, 0.9)
    assert expected_calibration_error(bins) == pytest.approx((2 + 4) / 100)


def test_calibration_without_labels_is_none() -> None:
    assert expected_calibration_error([ConfidenceBin(0.0, 1.0, 10, 0, 0)]) is None
