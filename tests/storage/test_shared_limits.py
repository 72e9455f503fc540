"""One rate and one budget for all workers, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from classifier.rate import SharedRate
from storage import Store
from tests.storage.recordkeeping import answered, claim, new_job, record


def test_permits_come_at_the_limit_s_pace_whoever_takes_them(store: Store) -> None:
    waits_s = [store.take_permits("k", 10, per_minute=600) for _ in range(4)]
    assert waits_s == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.5)


def test_a_limit_that_is_held_back_gives_nothing_before(store: Store) -> None:
    store.hold_back("k", 30.0)
    assert store.take_permits("k", 1, per_minute=6_000) == pytest.approx(30.0, abs=1.0)
    assert store.take_permits("other", 1, per_minute=6_000) == 0.0


def test_two_processes_together_make_no_more_calls_than_the_limit(open_store: Callable[[], Store]) -> None:
    import asyncio

    per_minute, calls_s = 3_000.0, []

    def call_for_a_second(store: Store) -> None:
        async def enter() -> None:
            rate = SharedRate(store, "service", per_minute, None)
            ends_s = time.monotonic() + 1.0
            while time.monotonic() < ends_s:
                await rate.enter(1)
                calls_s.append(time.monotonic())

        asyncio.run(enter())

    callers = [threading.Thread(target=call_for_a_second, args=(open_store(),)) for _ in range(2)]
    started_s = time.monotonic()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    n_in_time = sum(at_s - started_s <= 1.0 for at_s in calls_s)
    assert 5 <= n_in_time <= 50 + 2 * 10  # each may hold ten permits that it took at once


def test_workers_draw_from_one_budget_until_it_is_shared_out(store: Store) -> None:
    job_id = new_job(store, budget_usd=Decimal("1.00"))
    first = store.draw_allowance(job_id, "w1", Decimal("0.10"), Decimal("0.70"))
    second = store.draw_allowance(job_id, "w2", Decimal("0.10"), Decimal("0.70"))
    third = store.draw_allowance(job_id, "w3", Decimal("0.000001"), Decimal("0.10"))
    assert (first.usd, second.usd, third.usd) == (Decimal("0.70"), Decimal("0.30"), Decimal(0))
    assert (first.others_hold, second.others_hold, third.others_hold) == (False, True, True)
    store.return_allowance(job_id, "w1", Decimal("0.70"))
    assert store.draw_allowance(job_id, "w3", Decimal("0.70"), Decimal("0.90")).usd == Decimal("0.70")


def test_what_a_worker_has_used_and_not_recorded_yet_is_kept_when_it_gives_back_the_rest(store: Store) -> None:
    job_id = new_job(store, budget_usd=Decimal("1.00"))
    assert store.draw_allowance(job_id, "w1", Decimal("0.10"), Decimal("1.00")).usd == Decimal("1.00")
    store.return_allowance(job_id, "w1", Decimal("0.60"))
    assert store.draw_allowance(job_id, "w2", Decimal("0.10"), Decimal("1.00")).usd == Decimal("0.60")


def test_a_job_without_a_budget_gives_what_is_wanted(store: Store) -> None:
    assert store.draw_allowance(new_job(store), "w1", Decimal(1), Decimal(5)).usd == Decimal(5)


def test_what_is_recorded_is_taken_off_the_allowance_in_the_same_moment(store: Store) -> None:
    job_id = new_job(store, budget_usd=Decimal("1.00"))
    held = claim(store)
    assert store.draw_allowance(job_id, "w1", Decimal("0.10"), Decimal("1.00")).usd == Decimal("1.00")
    part = answered(store, held)
    cost_usd = sum(a.cost_usd or Decimal(0) for a in part.attempts)
    record(store, part)
    assert cost_usd > 0
    assert store.draw_allowance(job_id, "w2", Decimal("0.01"), Decimal("1.00")).usd == Decimal(0)
    store.return_allowance(job_id, "w1", Decimal("1.00") - cost_usd)
    assert store.draw_allowance(job_id, "w2", Decimal("0.01"), Decimal("1.00")).usd == Decimal("1.00") - cost_usd
