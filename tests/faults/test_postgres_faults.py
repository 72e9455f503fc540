"""The same on PostgreSQL: workers are killed, and the server itself is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.settings import THREAD, WORKERS
from tests.faults.bench import Bench, assert_sound, bench_at
from tests.faults.worker import Kill
from tests.postgres_server import PostgresServer, postgres_server

pytestmark = pytest.mark.faults


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture
def bench(server: PostgresServer, tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, server.url) as made:
        yield made


@pytest.fixture(params=[THREAD, WORKERS])
def either(request: pytest.FixtureRequest, server: PostgresServer, tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, server.url, executor=request.param) as made:
        yield made
        made.services.executor.stop()


def test_killed_workers_beside_a_living_one_lose_nothing(bench: Bench) -> None:
    kills = [Kill("at commit", 5), Kill("after flush", 3), Kill("after claim_chunk"), Kill("after commit", 4)]
    bench.set_mode(latency_s=0.1)
    job_id = bench.submit(4_000)
    bench.start()
    for kill in kills:
        bench.start(kill).join(20)
    bench.set_mode(latency_s=0.01)
    bench.until_ended(job_id)
    found = assert_sound(bench, job_id, 4_000, max_unrecorded=bench.concurrency * len(kills))
    assert found.n_wrong == 0


def test_a_database_server_that_dies_and_comes_back_loses_no_paid_answer(either: Bench, server: PostgresServer) -> None:
    bench = either
    bench.set_mode(latency_s=0.1)
    job_id = bench.submit(900)
    bench.start()
    bench.start()
    bench.until_done(job_id, 50)
    server.stop()
    time.sleep(3.0)
    n_asked = len(bench.ledger("asked"))
    time.sleep(6.0)  # longer than a lease
    assert len(bench.ledger("asked")) == n_asked  # no call while its answer could not be kept
    server.start()
    bench.until_ended(job_id)
    assert assert_sound(bench, job_id, 900, max_unrecorded=0).n_repeated == 0
    assert bench.events(job_id, "stood still")
