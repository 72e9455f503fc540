"""kill -9 between an answer's line in the journal and its flush: it is on the bill, and nobody asks again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.bench import Bench, assert_sound, bench_at
from tests.faults.worker import Kill
from tests.postgres_server import PostgresServer, postgres_server

pytestmark = pytest.mark.faults
N_ANSWERS = 16  # two rounds: twice as many as may be paid for in vain


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    url = None if request.param == "SQLite" else request.getfixturevalue("server").new_database()
    with bench_at(tmp_path, url) as made:
        made.set_mode(latency_s=0.02)
        yield made


def die(bench: Bench, kill: Kill) -> None:
    worker = bench.start(kill)
    worker.join(30)
    assert not worker.is_alive(), f"{kill} never came"


def test_answers_that_wait_for_their_flush_survive_the_kill(bench: Bench) -> None:
    job_id = bench.submit(600)
    die(bench, Kill("after append", N_ANSWERS))
    assert bench.job(job_id).n_attempts < N_ANSWERS
    bench.start()
    bench.until_ended(job_id)
    assert_sound(bench, job_id, 600, max_unrecorded=bench.concurrency)


def test_a_takeover_that_is_killed_at_every_step_brings_each_answer_once(bench: Bench) -> None:
    job_id = bench.submit(600)
    die(bench, Kill("after append", N_ANSWERS))
    n_asked = len(bench.ledger("asked"))
    for kill in (Kill("before flush"), Kill("at commit"), Kill("after flush"), Kill("before release_vanished")):
        die(bench, kill)
    assert bench.job(job_id).n_attempts == N_ANSWERS
    assert len(bench.ledger("asked")) == n_asked  # the takeover comes before the first claim
    bench.start()
    bench.until_ended(job_id)
    assert_sound(bench, job_id, 600, max_unrecorded=bench.concurrency)


def test_where_no_journal_can_be_kept_a_place_waits_for_its_commit_and_the_bound_holds(bench: Bench) -> None:
    (bench.folder / "journal").write_text("a file where the folder should be", encoding="utf-8")
    job_id = bench.submit(600)
    kills = [Kill("before flush", 3), Kill("at commit", 6), Kill("after append", N_ANSWERS)]
    for kill in kills:
        die(bench, kill)
    bench.start()
    bench.until_ended(job_id)
    assert_sound(bench, job_id, 600, max_unrecorded=bench.concurrency * len(kills))
