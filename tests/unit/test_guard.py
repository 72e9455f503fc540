"""The size of a guard: exact, smallest, and true to what sampling really finds."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from classifier.repair.guard import guard_size, power

SHARES = st.sampled_from((0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0))


@given(st.integers(1, 5_000), SHARES, st.data())
def test_the_power_is_the_hypergeometric_one(n_right: int, share: float, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, n_right))
    broken = math.ceil(share * n_right - 1e-9)
    assert power(n, n_right, share) == pytest.approx(hypergeom.sf(0, n_right, broken, n) if n else 0.0, abs=1e-7)


@given(st.integers(0, 5_000), SHARES, st.sampled_from((0.5, 0.8, 0.95, 0.99)))
def test_the_guard_is_the_smallest_that_has_the_power(n_right: int, share: float, wanted: float) -> None:
    n = guard_size(n_right, share, wanted)
    assert 0 <= n <= n_right
    if n_right:
        assert power(n, n_right, share) >= wanted
        assert n == 0 or power(n - 1, n_right, share) < wanted


def test_a_guard_sees_what_it_promises() -> None:
    n, chance = guard_size(400, 0.02, 0.9), random.Random(5)
    hits = sum(any(i < 8 for i in chance.sample(range(400), n)) for _ in range(4_000))
    assert 0.88 < hits / 4_000 < 0.93


def test_there_is_no_guard_of_nothing_and_nonsense_is_refused() -> None:
    assert guard_size(0) == 0
    assert power(10, 0, 0.02) == 0.0
    for share, wanted in ((0.0, 0.9), (0.1, 1.0), (1.1, 0.5)):
        with pytest.raises(ValueError, match="between"):
            guard_size(10, share, wanted)
