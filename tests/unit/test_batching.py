"""How products are dealt out to calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifier.batching import Batching


def deal(batching: Batching, full: int, n: int, n_places: int) -> list[int]:
    sizes = []
    while n:
        sizes.append(batching.last(full, n, n, n_places) if batching.is_tail else batching.even(full, n))
        n -= sizes[-1]
    return sizes


def test_a_remainder_is_shared_with_its_neighbours() -> None:
    sizes = deal(Batching(), 25, 510, 8)
    assert (len(sizes), min(sizes), max(sizes)) == (21, 24, 25)
    assert deal(Batching(), 25, 30, 8) == [15, 15]


def test_the_last_products_of_a_long_job_are_dealt_out_to_all_places() -> None:
    batching = Batching()
    whole = deal(batching, 25, 25 * 960, 32)
    batching.is_tail = True
    last = deal(batching, 25, 200, 32)
    assert set(whole) == {25}
    assert len(last) > 20
    assert max(last) <= 8


def test_a_short_job_is_not_torn_apart_because_every_call_pays_for_the_prefix() -> None:
    batching = Batching()
    batching.is_tail = True
    assert deal(batching, 25, 200, 64) == [25] * 8


@given(st.integers(1, 60), st.integers(1, 3_000), st.integers(1, 600), st.booleans())
def test_every_product_is_dealt_once_and_calls_stay_few(full: int, n: int, n_places: int, is_tail: bool) -> None:
    batching = Batching()
    batching.is_tail = is_tail
    sizes = deal(batching, full, n, n_places)
    assert sum(sizes) == n
    assert max(sizes) <= full
    assert len(sizes) <= -(-n // full) * 1.1 + 1
