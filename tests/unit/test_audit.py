from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.analysis.audit import Stratum, allocate, estimate

SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 500), min_size=1, max_size=12)


@given(SIZES, st.integers(1, 200))
def test_no_stratum_is_asked_for_more_than_it_has(sizes: dict[str, int], n_sample: int) -> None:
    taken = allocate(sizes, n_sample)
    assert all(taken[name] <= sizes[name] for name in taken)
    assert sum(taken.values()) >= min(n_sample, sum(sizes.values()))
    assert sum(taken.values()) <= n_sample + 2 * len(sizes)


def test_nothing_checked_is_no_estimate() -> None:
    told = estimate([Stratum("a", 100)])
    assert told.accuracy is None
    assert told.n_unseen == 100


def test_the_estimate_weighs_strata_by_their_size_not_by_their_checks() -> None:
    told = estimate([Stratum("easy", 900, 10, 10), Stratum("risky", 100, 30, 15)])
    assert told.accuracy == pytest.approx(0.95)


def test_checking_everything_leaves_no_doubt() -> None:
    told = estimate([Stratum("a", 10, 10, 9), Stratum("b", 5, 5, 5)])
    assert told.half_width == pytest.approx(0.0)


def test_a_few_checks_that_all_agree_are_not_certainty() -> None:
    told = estimate([Stratum("a", 1000, 5, 5), Stratum("b", 1000, 5, 5)])
    assert told.accuracy == 1.0
    assert (told.half_width or 0) > 0.1


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw = random.Random(7)
    strata = {"easy": [True] * 1900 + [False] * 100, "risky": [True] * 300 + [False] * 200}
    truth = 2200 / 2500
    n_held = 0
    for _ in range(400):
        checked = [(name, members, draw.sample(members, 30)) for name, members in strata.items()]
        told = estimate([Stratum(name, len(members), 30, sum(sample)) for name, members, sample in checked])
        n_held += abs((told.accuracy or 0) - truth) <= (told.half_width or 0)
    assert n_held / 400 > 0.92
