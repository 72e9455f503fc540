"""What a vanished worker's journal brings to the record, on both databases: each answer once, each call on the bill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.executors.takeover import Takeover
from classifier.executors.workers import is_gone, worker_name
from classifier.journal import Entry, Journal
from storage import Claim, Part, Store
from tests.storage.recordkeeping import answered, assert_counters_equal_recount, claim, new_job, record


def journalled(folder: Path, worker: str, *parts: Part) -> None:
    """Leave the journal of a worker that was killed before it could flush these parts (or clear the journal)."""
    journal = Journal(folder, worker)
    for part in parts:
        for attempt in part.attempts:
            results = [row for row in part.results if row.position in attempt.positions]
            assert journal.append(Entry(part.claim, part.seq, part.spec_key, results, attempt))
    assert journal._fd is not None
    os.close(journal._fd)


def open_positions(store: Store, held: Claim) -> list[int]:
    return [item.position for item in store.open_items(held)]


def test_answers_that_were_journalled_and_not_flushed_are_recorded_before_the_chunk_is_given_back(
    store: Store, tmp_path: Path
) -> None:
    job_id = new_job(store, 10, chunk_size=10)
    held = claim(store)
    part = answered(store, held, n=4)
    part.spec_key = "spec"
    journalled(tmp_path, "w1", part)
    Takeover(store, tmp_path).run()
    assert store.owners() == []
    job = store.job(job_id)
    assert (job.n_classified, job.n_attempts) == (4, 1)
    assert open_positions(store, claim(store, "w2")) == [4, 5, 6, 7, 8, 9]
    assert len(store.find_answers("spec", [f"leche {n}" for n in range(10)])) == 4
    assert_counters_equal_recount(store, job_id)
    assert list(tmp_path.glob("*.jsonl")) == []


def test_a_worker_killed_between_its_commit_and_the_clearing_of_its_journal_is_recorded_once(
    store: Store, tmp_path: Path
) -> None:
    job_id = new_job(store, 10, chunk_size=10)
    held = claim(store)
    first = answered(store, held, n=4)
    journalled(tmp_path, "w1", first)
    record(store, first)
    before = store.job(job_id)
    Takeover(store, tmp_path).run()
    after = store.job(job_id)
    assert (after.n_classified, after.n_attempts, after.cost_usd) == (4, 1, before.cost_usd)
    assert_counters_equal_recount(store, job_id)


def test_the_tail_after_the_last_commit_follows_in_its_turn(store: Store, tmp_path: Path) -> None:
    job_id = new_job(store, 10, chunk_size=10)
    held = claim(store)
    first = answered(store, held, n=4)
    record(store, first)
    second = replace(answered(store, held, n=3), seq=held.seq + 1)
    journalled(tmp_path, "w1", first, second)
    Takeover(store, tmp_path).run()
    assert (store.job(job_id).n_classified, store.job(job_id).n_attempts) == (7, 2)
    assert_counters_equal_recount(store, job_id)


def test_two_flushes_that_a_worker_did_not_live_to_make_are_made_in_their_order(store: Store, tmp_path: Path) -> None:
    job_id = new_job(store, 10, chunk_size=10)
    held = claim(store)
    whole = answered(store, held)
    first, second = (replace(whole, seq=held.seq + n, attempts=[replace(whole.attempts[0], id=f"w1-{n}",
                             positions=list(range(5 * n, 5 * n + 5)))]) for n in range(2))  # fmt: skip
    journalled(tmp_path, "w1", second, first)
    Takeover(store, tmp_path).run()
    assert (store.job(job_id).n_classified, store.job(job_id).n_attempts) == (10, 2)


@pytest.mark.parametrize("dies_after", ["the flush", "nothing"])
def test_a_takeover_that_is_killed_and_done_again_changes_nothing(
    open_store: Callable[[], Store], tmp_path: Path, dies_after: str
) -> None:
    store = open_store()
    job_id = new_job(store, 10, chunk_size=10)
    part = answered(store, claim(store), n=4)
    journalled(tmp_path, "w1", part)
    kept = {path: path.read_bytes() for path in tmp_path.glob("*.jsonl")}
    for n in range(3):
        taking = open_store()
        if n < 2 and dies_after == "the flush":
            taking.release_vanished = lambda _: []  # type: ignore[method-assign]  # it did not live to do so
        Takeover(taking, tmp_path).run()
        for path, content in kept.items() if n < 2 else ():
            path.write_bytes(content)
    assert (store.job(job_id).n_classified, store.job(job_id).n_attempts) == (4, 1)
    assert store.owners() == []
    assert_counters_equal_recount(store, job_id)


def test_answers_whose_chunk_became_another_s_stay_on_the_bill_once_and_change_no_result(
    store: Store, tmp_path: Path
) -> None:
    job_id = new_job(store, 10, chunk_size=10)
    late = answered(store, claim(store, lease_s=-1.0), n=4, notation="B")
    theirs = claim(store, "w2")
    record(store, answered(store, theirs, n=4, finished=False), worker="w2")
    for _ in range(2):
        journalled(tmp_path, "w1", late)
        Takeover(store, tmp_path).run()
    job = store.job(job_id)
    assert (job.n_classified, job.n_attempts) == (4, 2)
    assert {item.notation for item in store.items(job_id)} == {"A", None}
    assert store.owners() == ["w2"]
    assert_counters_equal_recount(store, job_id)


def test_a_journal_of_a_job_that_was_deleted_is_put_away(store: Store, tmp_path: Path) -> None:
    held = claim(store) if new_job(store, 10, chunk_size=10) else None
    assert held is not None
    journalled(tmp_path, "w1", replace(answered(store, held, n=4), claim=replace(held, job_id="gone")))
    Takeover(store, tmp_path).run()
    assert list(tmp_path.glob("*.jsonl")) == []


def test_rows_that_no_database_keeps_hold_up_no_other_s(store: Store, tmp_path: Path) -> None:
    sound, broken = new_job(store, 5), new_job(store, 5)
    parts = []
    for _ in range(2):
        part = answered(store, claim(store), n=4)
        if part.claim.job_id == broken:
            part.results[0] = replace(part.results[0], input_tokens=2**62)
            part.attempts[0] = replace(part.attempts[0], latency_s=float("nan"))
            part.results.append(replace(part.results[0], position=4, cost_usd=None))  # type: ignore[arg-type]
        parts.append(part)
    journalled(tmp_path, "w1", *parts)
    Takeover(store, tmp_path).run()
    assert store.job(sound).n_classified == 4
    assert list(tmp_path.glob("*.jsonl")) == []
    assert store.owners() == []


def test_a_journal_that_another_process_records_keeps_the_chunks_from_being_given_back(
    store: Store, tmp_path: Path
) -> None:
    new_job(store, 10, chunk_size=10)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    worker = worker_name().replace(f":{os.getpid()}:", f":{ended.pid}:")
    assert is_gone(worker)
    held = claim(store, worker)
    journal = Journal(tmp_path, worker)
    part = answered(store, held, n=4)
    assert journal.append(Entry(held, held.seq, None, part.results, part.attempts[0]))
    Takeover(store, tmp_path).run()
    assert store.owners() == [worker]
    assert journal._fd is not None
    os.close(journal._fd)
    Takeover(store, tmp_path).run()
    assert store.owners() == []
