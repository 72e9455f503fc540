"""The figures of a comparison agree with statsmodels, and the verdict claims nothing that they do not show."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from classifier.comparing.paired import Outcome, PairedTable, judge, labels_wanted

COUNTS = st.integers(0, 400)
TABLES = st.builds(PairedTable, COUNTS, COUNTS, COUNTS, COUNTS)


@given(TABLES)
@example(PairedTable(150, 14, 1, 3))
def test_the_p_value_is_the_exact_mcnemar_test_of_statsmodels(table: PairedTable) -> None:
    if not table.n_discordant:
        assert table.p_value is None
        return
    theirs = mcnemar([[table.n_both_right, table.n_broken], [table.n_fixed, table.n_neither_right]], exact=True)
    assert table.p_value == pytest.approx(float(theirs.pvalue), rel=1e-9, abs=1e-12)


@given(TABLES)
def test_the_interval_is_clopper_and_pearson_s_of_statsmodels_carried_over(table: PairedTable) -> None:
    if not table.n:
        assert table.interval is None
        return
    low, high = table.interval or (1.0, -1.0)
    if table.n_discordant:
        ends = proportion_confint(table.n_fixed, table.n_discordant, alpha=0.05, method="beta")
        share = table.n_discordant / table.n
        assert (low, high) == pytest.approx(((2 * ends[0] - 1) * share, (2 * ends[1] - 1) * share), abs=1e-9)
    assert low - 1e-12 <= (table.difference or 0.0) <= high + 1e-12


@given(TABLES, st.integers(0, 200))
def test_it_never_says_better_or_worse_when_the_interval_of_the_difference_contains_0(
    table: PairedTable, n_changed: int
) -> None:
    outcome = judge(table, n_changed).outcome
    low, high = table.interval or (0.0, 0.0)
    assert (outcome is Outcome.BETTER) == (low > 0)
    assert (outcome is Outcome.WORSE) == (high < 0)
    if outcome in (Outcome.BETTER, Outcome.WORSE):
        assert table.p_value is not None
        assert table.p_value < 0.05


@given(TABLES)
def test_the_interval_and_the_test_never_contradict_each_other(table: PairedTable) -> None:
    low, high = table.interval or (0.0, 0.0)
    assert (low <= 0 <= high) == (table.p_value is None or table.p_value >= 0.05)


def test_a_clear_change_is_better_and_its_mirror_worse() -> None:
    assert judge(PairedTable(150, 14, 1, 3), 0).outcome is Outcome.BETTER
    assert judge(PairedTable(150, 1, 14, 3), 0).outcome is Outcome.WORSE


def test_too_few_labels_name_how_many_more_to_review() -> None:
    verdict = judge(PairedTable(0, 3, 0, 0), 100)
    assert (verdict.outcome, verdict.n_to_review) == (Outcome.NOT_ENOUGH, 3)  # six of six: p = 0.03
    assert judge(PairedTable(), 100).n_to_review == 6
    assert labels_wanted(PairedTable(50, 5, 5, 0), 100) is None  # more of the same would not tell either


def test_no_change_is_told_apart_from_no_knowledge() -> None:
    assert judge(PairedTable(20, 0, 0, 3), 0).outcome is Outcome.UNCHANGED
    assert judge(PairedTable(), 0).outcome is Outcome.NOT_ENOUGH
    assert judge(PairedTable(100, 12, 11, 0), 0).outcome is Outcome.NO_DIFFERENCE
