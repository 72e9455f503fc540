from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from scipy.stats.contingency import relative_risk

from classifier.analysis.concentration import Group, concentrations

HYGIENE = Group("branch", "hygiene", 7, 20)
ACCENT = Group("accent", "has an accent", 6, 13)


def test_the_old_systems_failures_concentrate_in_hygiene() -> None:
    others = [Group("branch", f"b{i}", 1, 18) for i in range(10)]
    ranked = concentrations([*others, ACCENT, HYGIENE], 17, 200)
    assert [c.group for c in ranked[:2]] == [HYGIENE, ACCENT]
    hygiene = ranked[0]
    assert hygiene.lift == pytest.approx(6.3, abs=0.05)
    assert hygiene.p == pytest.approx(0.00036, abs=0.00002)
    assert (hygiene.k_rest, hygiene.n_rest) == (10, 180)
    assert hygiene.is_significant
    assert not any(c.is_significant for c in ranked[2:])


@given(st.integers(0, 30), st.integers(5, 30), st.integers(0, 50), st.integers(1, 80))
def test_p_is_fishers_exact_test(k: int, n: int, k_rest: int, n_rest: int) -> None:
    k, k_rest = min(k, n), min(k_rest, n_rest)
    for found in concentrations([Group("word", "x", k, n)], k + k_rest, n + n_rest):
        table = [[k, n - k], [k_rest, n_rest - k_rest]]
        assert found.p == pytest.approx(fisher_exact(table, alternative="greater").pvalue)
        assert found.rate > (found.rest_rate or 0)


def test_a_group_that_never_failed_is_never_blamed() -> None:
    assert concentrations([Group("word", "shampoo", 0, 9), HYGIENE], 17, 200)[0].group == HYGIENE
    assert all(c.group.value != "shampoo" for c in concentrations([Group("word", "shampoo", 0, 9), HYGIENE], 17, 200))


def test_too_few_products_say_nothing() -> None:
    assert concentrations([Group("word", "yeya", 4, 4)], 17, 200) == []


def test_the_ratio_to_nothing_is_none() -> None:
    (found,) = concentrations([Group("branch", "all of them", 5, 10)], 5, 50)
    assert found.lift is None
    assert found.lift_interval is None


def test_many_looks_are_corrected_for() -> None:
    alone = concentrations([HYGIENE], 17, 200)[0]
    among_many = concentrations([HYGIENE, *(Group("word", str(i), 1, 12) for i in range(200))], 17, 200)[0]
    assert among_many.q > alone.q


@given(st.integers(1, 30), st.integers(5, 30), st.integers(1, 50), st.integers(1, 80))
def test_the_lift_and_its_interval_are_scipys_relative_risk(k: int, n: int, k_rest: int, n_rest: int) -> None:
    k, k_rest = min(k, n), min(k_rest, n_rest)
    for found in concentrations([Group("word", "x", k, n)], k + k_rest, n + n_rest):
        theirs = relative_risk(k, n, k_rest, n_rest)
        bounds = theirs.confidence_interval(0.95)
        assert found.lift == pytest.approx(theirs.relative_risk)
        assert found.lift_interval == pytest.approx((bounds.low, bounds.high))


def test_groups_that_were_looked_at_and_left_out_count_in_the_correction() -> None:
    few = concentrations([HYGIENE, ACCENT], 17, 200)[0]
    many = concentrations([HYGIENE, ACCENT], 17, 200, n_looked=100)[0]
    assert many.q == pytest.approx(50 * few.q)
    assert many.p == few.p


def test_a_significant_branch_comes_before_a_word_that_gains_more() -> None:
    word = Group("word", "bano", 8, 20)
    assert [c.group for c in concentrations([word, HYGIENE], 17, 200)] == [HYGIENE, word]
