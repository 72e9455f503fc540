"""The recorder against a real store: nothing is thrown away, nothing hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.recorder import Recorder
from storage import Store
from tests.storage.recordkeeping import assert_counters_equal_recount, attempt, claim, new_job, result


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'anaquel.db'}")
    yield opened
    opened.close()


def record_with(store: Store, act: Callable[[Recorder], Awaitable[None]]) -> list[tuple[str, str]]:
    complaints: list[tuple[str, str]] = []

    async def main() -> None:
        recorder = Recorder(store, "w1", lambda _: None, lambda job_id, why: complaints.append((job_id, why)))
        running = asyncio.create_task(recorder.run())
        await act(recorder)
        recorder.stop()
        await asyncio.wait_for(running, 20)

    asyncio.run(main())
    return complaints


def test_what_was_recorded_is_on_disk_when_the_chunk_is_let_go(store: Store) -> None:
    job_id = new_job(store, 5)

    async def act(recorder: Recorder) -> None:
        hold = recorder.hold(claim(store), "spec")
        for item in store.open_items(hold.claim):
            recorder.record(hold, [result(item)], attempt([item.position]))
        await recorder.let_go(hold, finished=True)
        assert store.job(job_id).status == "completed"

    assert record_with(store, act) == []
    assert_counters_equal_recount(store, job_id)
    assert len(store.find_answers("spec", [f"leche {n}" for n in range(5)])) == 5


def test_an_answer_that_comes_after_the_chunk_was_let_go_is_recorded_without_taking_the_lease_again(
    store: Store,
) -> None:
    job_id = new_job(store, 5)

    async def act(recorder: Recorder) -> None:
        hold = recorder.hold(claim(store))
        first, *_ = store.open_items(hold.claim)
        await recorder.let_go(hold, finished=False)
        recorder.record(hold, [result(first)], attempt([0]))

    record_with(store, act)
    assert store.job(job_id).n_classified == 1
    assert store.owners() == []
    assert [item.position for item in store.open_items(claim(store, "w2"))] == [1, 2, 3, 4]


def test_rows_that_cannot_be_written_stop_their_job_and_no_other(store: Store) -> None:
    sound, broken = new_job(store, 5), new_job(store, 5)

    async def act(recorder: Recorder) -> None:
        holds = [recorder.hold(claim(store)) for _ in range(2)]
        for hold in holds:
            rows = [result(item) for item in store.open_items(hold.claim)]
            if hold.claim.job_id == broken:
                rows[0] = replace(rows[0], input_tokens=2**80)  # no database keeps such a number
            recorder.record(hold, rows, attempt([0, 1, 2, 3, 4]))
        ends = [recorder.let_go(hold, finished=True) for hold in holds]
        await asyncio.wait_for(asyncio.gather(*ends), 20)
        assert [hold.lost for hold in holds] == [hold.claim.job_id == broken for hold in holds]

    complaints = record_with(store, act)
    assert [job_id for job_id, _ in complaints] == [broken]
    assert store.job(sound).status == "completed"
    assert store.job(broken).n_classified == 0


def test_a_lost_chunk_is_told_to_its_run(store: Store) -> None:
    new_job(store, 5)

    async def act(recorder: Recorder) -> None:
        hold = recorder.hold(claim(store, lease_s=0.0))
        claim(store, "w2")
        recorder.record(hold, [], attempt([0]))
        while not hold.lost:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        recorder.forget(hold)

    record_with(store, act)
