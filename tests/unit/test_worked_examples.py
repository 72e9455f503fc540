"""Statistics against examples that were worked out and published by others, or by hand from the definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.analysis.audit import Stratum, estimate
from classifier.analysis.calibration import ConfidenceBin, expected_calibration_error, thresholds
from classifier.analysis.concentration import Group, concentrations
from classifier.analysis.endings import Ending, endings
from classifier.analysis.projection import project
from classifier.metrics import Share
from storage import TallyRow
from tests.unit.test_figures_of_a_job import Span, tally_rows


@pytest.mark.parametrize(("k", "n", "low", "high"), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
])  # fmt: skip
def test_wilsons_interval_is_newcombes_method_3(k: int, n: int, low: float, high: float) -> None:
    """R. G. Newcombe 1998, Statistics in Medicine 17:857, table I."""
    assert Share(k, n).interval == pytest.approx((low, high), abs=0.00006)


def test_the_lady_tasting_tea() -> None:
    """R. A. Fisher 1935, The Design of Experiments, ch. 2: three of four cups right, p = 17/70."""
    [found] = concentrations([Group("cup", "milk first", 3, 4)], 4, 8, min_n=1)
    assert found.p == pytest.approx(17 / 70)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(12, 40)), min_size=1, max_size=15))
def test_q_is_the_step_up_of_benjamini_and_hochberg(groups: list[tuple[int, int]]) -> None:
    """Their definition: q of the i-th smallest of m p is the least m p_j / j over j >= i."""
    told = [Group("word", str(i), k, n) for i, (k, n) in enumerate(groups)]
    found = concentrations(told, 60, 800)
    everything = {c.group.value: c.p for g in told for c in concentrations([g], 60, 800)}
    if len(found) < len(told):
        return  # groups that fail no more often than the rest are not told; their p is not either
    ranked = sorted(everything.values())
    for c in found:
        i = ranked.index(min(ranked, key=lambda p: abs(p - c.p)))
        q = min(len(ranked) * p / (j + 1) for j, p in enumerate(ranked) if j >= i)
        assert c.q == pytest.approx(min(1.0, q))


def test_a_stratified_estimate_worked_by_hand() -> None:
    """W. G. Cochran, Sampling Techniques, ch. 5: weights 0.8 and 0.2; 45 of 50 and 30 of 50 right."""
    told = estimate([Stratum("a", 8_000, 50, 45), Stratum("b", 2_000, 50, 30)])
    assert told.accuracy == pytest.approx(0.8 * 0.9 + 0.2 * 0.6)
    parts = [0.8**2 * (1 - 50 / 8_000) * 0.9 * 0.1 / 49, 0.2**2 * (1 - 50 / 2_000) * 0.6 * 0.4 / 49]
    assert told.half_width == pytest.approx(1.99 * math.sqrt(sum(parts)), rel=0.01)  # t with about 80 degrees


def test_the_calibration_error_worked_by_hand() -> None:
    bins = [ConfidenceBin(0.5, 0.55, 10, 10, 4, 5.2), ConfidenceBin(0.9, 0.95, 30, 20, 19, 18.4)]
    assert expected_calibration_error(bins) == pytest.approx((1.2 + 0.6) / 30)
    accepted = {step.confidence: (step.coverage.k, step.accuracy.k, step.accuracy.n) for step in thresholds(bins)}
    assert accepted == {0.5: (40, 23, 30), 0.9: (30, 19, 20)}


def test_a_projection_worked_by_hand() -> None:
    from decimal import Decimal

    spans = [Span(10, Decimal("0.10")), Span(10, Decimal("0.14")), Span(20, Decimal("0.20")), Span(10, Decimal("0.16"))]
    found = project(spans, 1_000)
    assert found is not None
    assert found.cost_usd == Decimal(12)
    assert found.low_usd is not None
    error = math.sqrt((0.02**2 + 0.02**2 + 0.04**2 + 0.04**2) * 4 / 3) / 50
    assert float(found.cost_usd - found.low_usd) == pytest.approx(3.182446 * error * 1_000, rel=1e-4)


@given(tally_rows(), st.integers(0, 9), st.integers(0, 9))
def test_every_product_ends_in_one_way(rows: list[TallyRow], n_cancelled: int, n_open: int) -> None:
    counts = endings(rows, n_cancelled, n_open)
    assert sum(counts.values()) == sum(row.n for row in rows) + n_cancelled + n_open
    assert counts.get(Ending.OPEN, 0) == n_open
    assert all(counts.values())
