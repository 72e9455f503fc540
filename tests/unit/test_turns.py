"""Whose call is next: urgency first, then fair shares, never more at risk than the limit."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from classifier.budget import Budget
from classifier.contexts import JobContext
from classifier.limiter import Limiter


class Desk:
    """An engine of which only the limiter is used."""

    name, model, batch_size = "desk", None, 1

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter


def context(limiter: Limiter, job_id: str, priority: int = 1) -> JobContext:
    made = JobContext(job_id, Desk(limiter), lambda _: Decimal(0), lambda _: Decimal(0))  # type: ignore[arg-type]
    made.priority = priority
    return made


async def queue(contexts: list[JobContext], n_each: int) -> list[str]:
    """Let every context ask for n_each permits, one after the other; returns the order in which they were given."""
    order: list[str] = []

    async def pull(wanting: JobContext) -> None:
        for _ in range(n_each):
            permit = await wanting.permit(1)
            assert permit is not None
            order.append(wanting.job_id)
            await asyncio.sleep(0.001)
            wanting.give_back(permit, None)

    await asyncio.gather(*(pull(c) for c in contexts))
    return order


def test_an_urgent_job_gets_every_permit_until_it_wants_none() -> None:
    async def main() -> list[str]:
        limiter = Limiter(1)
        return await queue([context(limiter, "low", 1), context(limiter, "urgent", 5)], 5)

    order = asyncio.run(main())
    assert sorted(order) == ["low"] * 5 + ["urgent"] * 5
    assert order.index("urgent") <= 1
    assert order[-4:] == ["low"] * 4


def test_jobs_of_one_priority_take_turns() -> None:
    async def main() -> list[str]:
        limiter = Limiter(2)
        return await queue([context(limiter, name) for name in ("a", "b")], 10)

    order = asyncio.run(main())
    assert all(order[:n].count("a") - order[:n].count("b") in (-2, -1, 0, 1, 2) for n in range(len(order)))


def test_calls_in_flight_and_unwritten_answers_together_never_pass_the_limit() -> None:
    async def main() -> None:
        limiter = Limiter(3)
        job = context(limiter, "a")
        permits = [await job.permit(1) for _ in range(3)]
        assert permits[0] is not None
        job.turns.answered(1)
        job.give_back(permits[0], None)
        waiting = asyncio.create_task(job.permit(1))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        job.turns.written(1)
        assert await asyncio.wait_for(waiting, 1) is not None

    asyncio.run(main())


def test_a_job_that_stops_leaves_the_queue_and_takes_no_permit_with_it() -> None:
    async def main() -> None:
        limiter = Limiter(1)
        held, waiting = context(limiter, "held"), context(limiter, "waiting")
        permit = await held.permit(1)
        assert permit is not None
        task = asyncio.create_task(waiting.permit(1))
        await asyncio.sleep(0.01)
        waiting.stop()
        assert await asyncio.wait_for(task, 1) is None
        held.give_back(permit, None)
        assert limiter.n_in_flight == 0
        assert await asyncio.wait_for(held.permit(1), 1) is not None

    asyncio.run(main())


def test_a_budget_waits_for_calls_that_may_turn_out_cheaper_and_then_says_no() -> None:
    async def main() -> None:
        budget = Budget(Decimal)
        budget.heed(Decimal(10), Decimal(0))
        assert await budget.reserve(8) == 8
        second = asyncio.create_task(budget.reserve(8))
        await asyncio.sleep(0.01)
        assert not second.done()
        budget.spend(Decimal(1))
        budget.free(Decimal(8))
        assert await asyncio.wait_for(second, 1) == 8
        budget.spend(Decimal(5))
        budget.free(Decimal(8))
        assert await budget.reserve(8) is None
        assert budget.is_exhausted

    asyncio.run(main())


def test_a_job_that_stops_between_two_calls_of_another_does_not_leave_it_waiting() -> None:
    async def main() -> None:
        limiter = Limiter(4)
        ending, going = context(limiter, "ending"), context(limiter, "going")
        assert await going.permit(1) is not None
        ending.stop()
        async with asyncio.timeout(1):  # at once, in this turn of the loop: as a run does that has more to ask
            assert await going.permit(1) is not None

    asyncio.run(main())


def test_a_run_that_is_called_off_while_it_waits_does_not_leave_the_others_waiting() -> None:
    async def main() -> None:
        limiter = Limiter(1)
        job = context(limiter, "a")
        held = await job.permit(1)
        assert held is not None
        called_off, waiting = asyncio.create_task(job.permit(1)), asyncio.create_task(job.permit(1))
        await asyncio.sleep(0.01)
        job.give_back(held, None)  # the permit is the first one's, who is called off before it is handed out
        called_off.cancel()
        assert await asyncio.wait_for(waiting, 1) is not None
        assert limiter.n_in_flight == 1

    asyncio.run(main())
