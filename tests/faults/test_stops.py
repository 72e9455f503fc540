"""SIGTERM, a frozen worker, and several workers on one database."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.faults.bench import Bench, assert_sound, audit

pytestmark = pytest.mark.faults


def test_sigterm_repeats_no_call_and_the_bill_is_equal_to_the_token(bench: Bench) -> None:
    bench.set_mode(latency_s=0.3)
    job_id = bench.submit(400)
    for n in (60, 160):
        worker = bench.start()
        bench.until_done(job_id, n)
        worker.terminate()
        worker.join(20)
        assert worker.exitcode == 0
        assert bench.job(job_id).status == "processing"
        assert "started again" in (bench.job(job_id).waits_for or "")
        assert bench.store.owners() == []
    bench.set_mode(latency_s=0.01)
    bench.start()
    bench.until_ended(job_id)
    found = assert_sound(bench, job_id, 400, max_unrecorded=0)
    assert (found.n_repeated, found.record_tokens) == (0, found.ledger_tokens)
    assert len(bench.events(job_id, "interrupted")) == 2
    assert [cause.rpartition(" at ")[0] for cause in bench.events(job_id, "resumed")] == ["resumed after a stop"] * 2


def test_a_stop_does_not_wait_longer_than_its_grace_and_says_which_calls_it_gave_up(bench: Bench) -> None:
    bench.set_mode(latency_s=15.0)
    job_id = bench.submit(200)
    worker = bench.start(grace_s=0.5)
    bench.until(lambda: len(bench.ledger("asked")) >= 8, "calls are in flight")
    worker.terminate()
    worker.join(10)
    assert worker.exitcode == 0
    assert bench.store.owners() == []
    given_up = [attempt for chunk in range(4) for attempt in bench.store.attempts_of(job_id, chunk)]
    assert len(given_up) == 8
    assert {(a.kind, a.cost_usd) for a in given_up} == {("connection", None)}
    assert bench.job(job_id).n_unpriced_attempts == 8


def test_a_frozen_worker_s_work_is_taken_over_and_its_late_answers_overwrite_nothing(bench: Bench) -> None:
    bench.set_mode(latency_s=0.3)
    job_id = bench.submit(1_200)
    zombie = bench.start()
    bench.until_done(job_id, 40)
    os.kill(zombie.pid or 0, signal.SIGSTOP)
    bench.start()  # the zombie's process is there: only the end of its leases frees its chunks
    bench.until(lambda: bool(bench.events(job_id, "resumed")), "somebody takes over", 40.0)
    os.kill(zombie.pid or 0, signal.SIGCONT)
    bench.until_ended(job_id)
    time.sleep(1.0)
    assert zombie.is_alive()
    found = audit(bench, job_id)
    assert found.by_status == {"classified": 1_200}
    assert found.n_wrong == 0
    assert found.record_tokens == found.ledger_tokens  # late calls are on the bill too
    assert found.n_repeated <= 2 * bench.concurrency * 5


@pytest.mark.parametrize(("n_processes", "n_executors"), [(1, 2), (2, 1)])
def test_two_workers_on_one_database_pay_for_each_product_once(
    bench: Bench, n_processes: int, n_executors: int
) -> None:
    bench.set_mode(latency_s=0.05)
    job_ids = [bench.submit(700, name=name) for name in ("a", "b")]
    for _ in range(n_processes):
        bench.start(n_executors=n_executors)
    bench.until_ended(*job_ids)
    for job_id in job_ids:
        found = assert_sound(bench, job_id, 700, max_unrecorded=0)
        assert found.n_repeated == 0
        workers = {a.worker for n in range(2) for a in bench.store.attempts_of(job_id, n)}
        assert len(workers) >= 1
        assert bench.events(job_id, "resumed") == []
