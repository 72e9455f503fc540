"""The limiter: places, rates, rests; it learns from calls and never loses a permit."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from classifier.buckets import Bucket, learn
from classifier.limiter import Limiter
from classifier.outcomes import Call, FailureKind, Limits, Quota


def call(kind: str = "ok", retry_after_s: float | None = None, limits: Limits | None = None) -> Call:
    return Call("m", datetime.now(UTC), 0.0, kind, retry_after_s=retry_after_s, limits=limits)


def test_no_more_calls_than_places_and_all_of_them_at_once() -> None:
    async def go() -> tuple[int, int]:
        limiter, most, n_done = Limiter(8), 0, 0

        async def one() -> None:
            nonlocal most, n_done
            await limiter.acquire(10)
            most = max(most, limiter.n_in_flight)
            await asyncio.sleep(0.001)
            limiter.release(call())
            n_done += 1

        await asyncio.gather(*(one() for _ in range(100)))
        return most, n_done

    assert asyncio.run(go()) == (8, 100)


def test_permits_are_given_in_the_order_asked() -> None:
    async def go() -> list[int]:
        limiter, order = Limiter(1), []

        async def one(i: int) -> None:
            await limiter.acquire(1)
            order.append(i)
            limiter.release(None)

        await limiter.acquire(1)
        tasks = [asyncio.create_task(one(i)) for i in range(20)]
        await asyncio.sleep(0)
        limiter.release(None)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(go()) == list(range(20))


@pytest.mark.parametrize("granted", [False, True])
def test_cancelling_a_waiter_is_not_swallowed_and_loses_no_place(granted: bool) -> None:
    async def go() -> None:
        limiter = Limiter(1)
        await limiter.acquire(1)
        waiter = asyncio.create_task(limiter.acquire(1))
        await asyncio.sleep(0)
        if granted:
            limiter.release(None)  # the waiter's future is done, the task has not run yet
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        if not granted:
            limiter.release(None)
        await asyncio.wait_for(limiter.acquire(1), 1)
        assert limiter.n_in_flight == 1

    asyncio.run(go())


def test_a_long_retry_after_rests_everybody_and_says_until_when() -> None:
    async def go() -> None:
        limiter = Limiter(64)
        await limiter.acquire(1)
        limiter.release(call(FailureKind.RATE_LIMITED, retry_after_s=3_600.0))
        waiter = asyncio.create_task(limiter.acquire(1))
        await asyncio.sleep(0.01)
        assert not waiter.done()
        assert limiter.waits_until_at is not None
        assert 3_500 < (limiter.waits_until_at - datetime.now(UTC)).total_seconds() <= 3_600
        waiter.cancel()

    asyncio.run(go())


def test_one_rate_error_among_many_sound_calls_stops_nobody() -> None:
    async def go() -> None:
        limiter = Limiter(16)
        for i in range(40):
            await limiter.acquire(1)
            limiter.release(call(FailureKind.RATE_LIMITED if i % 20 == 7 else "ok", retry_after_s=1.0))
        assert limiter.waits_until_at is None
        assert limiter.window == 16

    asyncio.run(go())


@pytest.mark.parametrize("kind", [FailureKind.RATE_LIMITED, FailureKind.SERVER_ERROR, FailureKind.CONNECTION])
def test_when_everything_fails_all_rest_and_come_back_fewer(kind: FailureKind) -> None:
    async def go() -> None:
        limiter = Limiter(16)
        for _ in range(8):
            try:
                await asyncio.wait_for(limiter.acquire(1), 0.1)
            except TimeoutError:
                break
            limiter.release(call(kind))
        else:
            pytest.fail("eight failures in a row, and calls go on")
        assert limiter.window < 16

    asyncio.run(go())


def test_sound_calls_bring_all_places_back() -> None:
    async def go() -> None:
        limiter = Limiter(8)
        limiter.window = 2.0
        for _ in range(100):
            await limiter.acquire(1)
            limiter.release(call())
        assert limiter.window == 8

    asyncio.run(go())


def test_an_empty_bucket_in_the_headers_holds_the_next_call_until_it_has_filled() -> None:
    async def go() -> None:
        limiter = Limiter(8)
        await limiter.acquire(1)
        mark = limiter.mark(1)
        limits = Limits(mark.n_sent, mark.n_sent_tokens, mark.sent_at_s, requests=Quota(60, 0, 60.0))
        limiter.release(call(limits=limits))
        assert limiter.waits_until_at is not None

    asyncio.run(go())


def test_a_rate_known_from_settings_is_kept_from_the_first_call() -> None:
    async def go() -> int:
        limiter, n = Limiter(64, rpm=60), 0
        for _ in range(5):
            try:
                await asyncio.wait_for(limiter.acquire(1), 0.02)
            except TimeoutError:
                break
            n += 1
        return n

    assert asyncio.run(go()) == 1


def test_tokens_a_minute_hold_calls_back_too() -> None:
    async def go() -> None:
        limiter = Limiter(64, tpm=60_000)
        await limiter.acquire(1_000)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(limiter.acquire(1_000), 0.05)

    asyncio.run(go())


@pytest.mark.parametrize(
    ("quota", "rate", "capacity"),
    [
        (Quota(6_000, 99, 0.01), 100.0, 100.0),  # a bucket smaller than the minute's limit
        (Quota(10_000, 9_999, 0.006), 10_000 / 60, 10_000),
        (Quota(200, 199, 432.0), 200 / 86_400, 200),  # a limit for a day: one every 432 s
    ],
)
def test_rate_and_size_of_a_bucket_are_read_from_its_headers(quota: Quota, rate: float, capacity: float) -> None:
    now_s = time.monotonic()
    bucket = learn(None, quota, 0, now_s, now_s)
    assert bucket.rate == pytest.approx(rate)
    assert bucket.capacity == pytest.approx(capacity, rel=0.01)


def test_permits_taken_since_a_call_was_sent_are_not_there_any_more() -> None:
    bucket = learn(None, Quota(6_000, 99, 0.01), 64, 100.0, 100.2)
    assert bucket.level == pytest.approx(36.0)


def test_a_request_heavier_than_the_bucket_waits_for_a_full_one_and_not_for_ever() -> None:
    bucket = Bucket(600)
    now_s = time.monotonic()
    bucket.set(0.0, now_s)
    assert bucket.wait_s(1e9, now_s) == pytest.approx(bucket.capacity / bucket.rate)
