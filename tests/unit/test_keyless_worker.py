"""A server without a key beside a process that has one: the paid job is left to those who can do it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from classifier.bootstrap import build
from classifier.settings import Secret
from tests.faults.bench import bench_at
from tests.llm_server import LLMServer


def test_a_worker_without_a_key_leaves_a_paid_job_to_one_that_has_it(tmp_path: Path) -> None:
    with LLMServer() as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        keyless = build(replace(bench.settings, openai_api_key=Secret("")))
        keyless.executor.start()
        try:
            job_id = bench.submit(20)
            bench.until(lambda: "Waits for a key" in (bench.job(job_id).waits_for or ""), "it says what it waits for")
            assert bench.job(job_id).pause_requested_at is None
            bench.services.executor.start()
            bench.until_ended(job_id)
            bench.services.executor.stop(5.0)
            job = bench.job(job_id)
            assert (job.status, job.n_classified, job.waits_for) == ("completed", 20, None)
            assert not bench.events(job_id, "paused")
        finally:
            keyless.executor.stop(5.0)
            keyless.store.close()
