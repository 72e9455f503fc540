"""kill -9 between every two steps of a provider batch: nothing lost, nothing submitted or billed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.settings import WORKERS
from tests.batch_server import BatchServer, Course
from tests.faults.bench import bench_at
from tests.faults.worker import Kill
from tests.postgres_server import postgres_server

pytestmark = pytest.mark.faults

LIVES = [
    Kill("after intend_batch"),  # nothing is uploaded
    Kill("before tell_batch"),  # uploaded, and the record does not know
    Kill("after tell_batch"),  # uploaded, not started
    Kill("before tell_batch"),  # started, and the record does not know
    Kill("after tell_batch"),  # found again
    Kill("before flush"),  # answers fetched, not recorded
    Kill("after flush"),
]  # fmt: skip


def test_a_worker_killed_between_any_two_steps_finds_its_batch_again(tmp_path: Path) -> None:
    with BatchServer(courses=[Course(took_s=0.1)]) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(30, batch_size=10, options={"provider_batch": True})
        for kill in LIVES:
            worker = bench.start(kill)
            worker.join(30)
            assert not worker.is_alive(), f"{kill} never came"
        bench.start()
        bench.until_ended(job_id)
        job = bench.job(job_id)
        assert (job.status, job.n_classified) == ("completed", 30), bench.store.events(job_id)
        assert len(server.batches) == len(bench.store.batches_of_job(job_id)) == 1
        assert (job.input_tokens, job.output_tokens) == (server.ledger.input_tokens, server.ledger.output_tokens)
        assert server.n_live == 0


def test_on_postgresql_another_worker_takes_over_the_batch_of_one_that_was_killed(tmp_path: Path) -> None:
    with (
        BatchServer(courses=[Course(took_s=6.0)]) as server,
        postgres_server() as postgres,
        bench_at(tmp_path, postgres.url, base_url=server.base_url, executor=WORKERS) as bench,
    ):
        first = bench.start()
        job_id = bench.submit(60, batch_size=10, options={"provider_batch": True})
        bench.until(lambda: any(batch.answered for batch in server.batches.values()), "some of it is answered", 120.0)
        first.kill()
        first.join(10)
        bench.start()
        bench.until_ended(job_id, patience_s=120.0)
        job = bench.job(job_id)
        assert (job.status, job.n_classified) == ("completed", 60), bench.store.events(job_id)
        assert bench.events(job_id, "resumed")
        assert len(server.batches) == len(bench.store.batches_of_job(job_id)) == 1
        assert (job.input_tokens, job.output_tokens) == (server.ledger.input_tokens, server.ledger.output_tokens)
        assert server.n_live == 0
        bench.services.executor.stop()
