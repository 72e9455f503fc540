"""Several connections at once, as several processes would."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from storage import Claim, Store
from tests.storage.recordkeeping import (
    LEASE_S,
    answered,
    assert_counters_equal_recount,
    claim,
    new_job,
    record,
)


def test_eight_threads_that_claim_never_share_a_chunk(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(8)]
    jobs = [new_job(stores[0], 60, chunk_size=3) for _ in range(3)]

    def work(n: int) -> list[Claim]:
        claims = []
        while (held := stores[n].claim_chunk(f"w{n}", LEASE_S)) is not None:
            claims.append(held)
        return claims

    with ThreadPoolExecutor(8) as pool:
        claims = [c for found in pool.map(work, range(8)) for c in found]
    assert Counter((c.job_id, c.n) for c in claims) == {(job_id, n): 1 for job_id in jobs for n in range(20)}
    assert {c.token for c in claims} == {1}


def test_eight_workers_finish_several_jobs_with_every_counter_right(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(8)]
    jobs = [new_job(stores[0], 40, chunk_size=4) for _ in range(4)]

    def work(n: int) -> None:
        while (held := stores[n].claim_chunk(f"w{n}", LEASE_S)) is not None:
            record(stores[n], answered(stores[n], held, n=2, finished=False), worker=f"w{n}", held=[held])
            rest = answered(stores[n], held)
            rest.seq = held.seq + 1
            record(stores[n], rest, worker=f"w{n}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    for job_id in jobs:
        assert stores[0].job(job_id).status == "completed"
        assert_counters_equal_recount(stores[0], job_id)
        started = [event for event in stores[0].events(job_id) if event.kind in ("processing", "completed")]
        assert [event.kind for event in started] == ["processing", "completed"]


def test_two_last_chunks_recorded_at_once_still_end_the_job(open_store: Callable[[], Store]) -> None:
    """On PostgreSQL each transaction would overlook the other's last chunk if the job were not locked first."""
    stores = [open_store(), open_store()]
    for _ in range(15):
        job_id = new_job(stores[0], 4, chunk_size=2)
        parts = [answered(stores[0], claim(stores[0], f"w{n}")) for n in range(2)]
        gate = threading.Barrier(2)

        def last(n: int, parts: list = parts, gate: threading.Barrier = gate) -> None:
            gate.wait()
            record(stores[n], parts[n], worker=f"w{n}")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(last, range(2)))
        assert stores[0].job(job_id).status == "completed"
        assert_counters_equal_recount(stores[0], job_id)


def test_two_vanished_workers_chunks_go_to_one_successor_each(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(4)]
    job_id = new_job(stores[0], 20, chunk_size=5)
    held = [claim(stores[0], "gone") for _ in range(4)]
    stores[0].flush("gone", -1.0, [], held)
    gate = threading.Barrier(4)

    def take(n: int) -> Claim:
        gate.wait()
        return claim(stores[n], f"w{n}")

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(4)))
    assert sorted(c.n for c in taken) == [0, 1, 2, 3]
    assert [e.kind for e in stores[0].events(job_id)].count("resumed") == 1


def test_readers_are_not_blocked_by_a_writer(open_store: Callable[[], Store]) -> None:
    writing, reading = open_store(), open_store()
    job_id = new_job(writing, 5)
    with writing._write() as connection:
        from sqlalchemy import update

        from storage.tables import jobs

        connection.execute(update(jobs).values(name="unfinished"))
        assert reading.job(job_id).name == "a job"
        assert len(reading.items(job_id)) == 5
    assert reading.job(job_id).name == "unfinished"


def test_cancel_and_last_flush_at_once_leave_a_job_that_ended_in_one_way(open_store: Callable[[], Store]) -> None:
    stores = [open_store(), open_store(), open_store()]
    for _ in range(10):
        job_id = new_job(stores[0], 4, chunk_size=2)
        held = claim(stores[0])
        part = answered(stores[0], held)
        gate = threading.Barrier(3)

        def act(n: int, job_id: str = job_id, part: object = part, gate: threading.Barrier = gate) -> None:
            gate.wait()
            if n == 0:
                record(stores[0], part)  # type: ignore[arg-type]
            elif n == 1:
                stores[1].request_cancel(job_id, "ana")
            else:
                stores[2].settle()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(act, range(3)))
        stores[0].settle()
        job = stores[0].job(job_id)
        assert (job.status, job.n_classified, job.n_cancelled) == ("cancelled", 2, 2)
        assert_counters_equal_recount(stores[0], job_id)
        assert [e.kind for e in stores[0].events(job_id)].count("cancelled") == 1
