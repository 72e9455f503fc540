"""The deadline that follows what calls take."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from classifier.engines import openai_deadline
from classifier.engines.openai_deadline import FEW, FLOOR_S, TIMES, Deadline, Deadlines, Patience


def taught(*latencies_s: float) -> Deadline:
    deadline = Deadline()

    async def learn() -> None:
        for latency_s in latencies_s:
            deadline.learn(latency_s)

    asyncio.run(learn())
    return deadline


def test_few_calls_tell_nothing() -> None:
    assert taught(*[1.0] * (FEW - 1)).known_s is None
    assert taught(*[1.0] * FEW).known_s == TIMES


def test_quick_services_are_given_a_pause_of_the_network() -> None:
    assert taught(*[0.01] * 100).known_s == FLOOR_S


def test_a_few_drips_that_were_cut_do_not_move_it() -> None:
    assert taught(*([1.0] * 19 + [math.inf]) * 10).known_s == TIMES


def test_a_service_that_has_become_slow_is_waited_for() -> None:
    deadline = taught(*[1.0] * 100, *[math.inf] * 40)
    assert (deadline.known_s or 0) > 2 * TIMES


def test_a_cut_among_the_first_calls_tells_nothing() -> None:
    assert taught(*[1.0] * 5, math.inf, math.inf, *[1.0] * 5).known_s == TIMES


def test_calls_of_different_sizes_have_deadlines_of_their_own() -> None:
    deadlines = Deadlines()
    assert deadlines.of(1) is not deadlines.of(25)
    assert deadlines.of(20) is deadlines.of(25)


def test_a_size_that_was_rarely_asked_goes_by_its_neighbours() -> None:
    deadlines = Deadlines()
    assert deadlines.known_s(25) is None
    deadlines._of[4] = taught(*[1.0] * FEW)
    assert deadlines.known_s(3) == TIMES
    assert deadlines.known_s(25) == 2 * TIMES


def test_a_call_that_left_before_anything_was_known_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_deadline, "FLOOR_S", 0.05)
    deadline = Deadline()

    async def drip() -> None:
        async with Patience(60.0) as patience:
            deadline.wait(patience)
            await asyncio.sleep(60.0)

    async def main() -> None:
        call = asyncio.create_task(drip())
        await asyncio.sleep(0)
        for _ in range(FEW):
            deadline.learn(0.01)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call, 5.0)

    asyncio.run(main())


def test_a_process_that_stood_still_reads_what_arrived_meanwhile() -> None:
    async def main() -> str:
        arrived = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.1, arrived.set_result, "the answer")
        async with Patience(0.2):
            await asyncio.sleep(0)
            time.sleep(0.9)  # noqa: ASYNC251  (the whole process stands still)
            for _ in range(5):
                await asyncio.sleep(0.01)  # an answer is read in several steps
            return str(await arrived)

    assert asyncio.run(main()) == "the answer"


def test_a_call_without_an_answer_ends_at_its_time() -> None:
    async def main() -> None:
        async with Patience(0.05):
            await asyncio.sleep(60.0)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
