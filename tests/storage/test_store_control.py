"""What people ask of a job, and how it is carried out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from storage import IllegalMove, JobNotFound, Store
from storage.tables import jobs
from tests.storage.recordkeeping import (
    LEASE_S,
    answered,
    assert_counters_equal_recount,
    claim,
    finish,
    new_job,
    record,
)


def kinds(store: Store, job_id: str) -> list[str]:
    return [event.kind for event in store.events(job_id)]


def test_a_queued_job_is_cancelled_at_once(store: Store) -> None:
    job_id = new_job(store, 10)
    store.request_cancel(job_id, "ana")
    job = store.job(job_id)
    assert (job.status, job.n_cancelled) == ("cancelled", 10)
    assert store.claim_chunk("w1", LEASE_S) is None
    assert [(e.kind, e.actor) for e in store.events(job_id)][-2:] == [("cancel requested", "ana"),
                                                                     ("cancelled", "anaquel")]  # fmt: skip
    assert_counters_equal_recount(store, job_id)


def test_a_cancel_waits_for_the_worker_to_let_go_and_keeps_what_is_paid(store: Store) -> None:
    job_id = new_job(store, 10)
    held = claim(store)
    store.request_cancel(job_id, "ana")
    assert store.job(job_id).status == "processing"
    record(store, answered(store, held, n=2, finished=False, release=True))
    store.settle()
    job = store.job(job_id)
    assert (job.status, job.n_classified, job.n_cancelled) == ("cancelled", 2, 8)
    assert_counters_equal_recount(store, job_id)


def test_an_answer_that_was_paid_for_and_comes_after_the_cancel_is_kept(store: Store) -> None:
    job_id = new_job(store, 10)
    held = claim(store)
    late = answered(store, held, n=3, finished=False, release=True)
    late.seq += 1
    store.request_cancel(job_id, "ana")
    record(store, answered(store, held, n=0, finished=False, release=True))
    store.settle()
    assert store.job(job_id).n_cancelled == 10
    record(store, late)
    job = store.job(job_id)
    assert (job.status, job.n_classified, job.n_cancelled) == ("cancelled", 3, 7)
    assert_counters_equal_recount(store, job_id)


def test_a_cancel_whose_worker_vanished_is_carried_out_when_the_lease_ends(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    store.request_cancel(job_id, "ana")
    store.settle()
    assert store.job(job_id).status == "processing"
    store.flush("w1", -1.0, [], [held])
    store.settle()
    assert store.job(job_id).status == "cancelled"
    store.settle()
    assert kinds(store, job_id).count("cancelled") == 1


def test_a_job_whose_last_answer_came_with_the_cancel_is_completed(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    store.request_cancel(job_id, "ana")
    record(store, answered(store, held))
    store.settle()
    assert store.job(job_id).status == "completed"


def test_a_paused_job_is_not_claimed_until_it_is_resumed(store: Store) -> None:
    job_id = new_job(store, 10)
    held = claim(store)
    store.request_pause(job_id, "ana", "lunch")
    assert store.claim_chunk("w1", LEASE_S) is None
    assert store.job(job_id).waits_for == "lunch"
    record(store, answered(store, held))  # what was in flight is recorded
    assert store.job(job_id).n_classified == 5
    store.resume(job_id, "ana")
    assert store.job(job_id).waits_for is None
    assert finish(store) == 1
    assert store.job(job_id).status == "completed"
    assert kinds(store, job_id)[3:] == ["paused", "resumed", "completed"]


def test_a_worker_s_message_does_not_hide_why_a_job_is_paused(store: Store) -> None:
    job_id = new_job(store, 10)
    claim(store)
    store.request_pause(job_id, "ana", "lunch")
    store.tell_waiting(job_id, None)
    assert store.job(job_id).waits_for == "lunch"


def test_a_working_job_says_what_it_waits_for_and_until_when(store: Store) -> None:
    job_id = new_job(store, 10)
    claim(store)
    until_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    store.tell_waiting(job_id, "the service is away", until_at)
    job = store.job(job_id)
    assert (job.waits_for, job.waits_until_at) == ("the service is away", until_at)
    store.tell_waiting(job_id, None)
    assert store.job(job_id).waits_for is None


def test_a_failed_job_keeps_what_is_done_and_goes_on_after_resume(store: Store) -> None:
    job_id = new_job(store, 10)
    record(store, answered(store, claim(store)))
    store.fail_job(job_id, "The key was refused.", "anaquel")
    store.fail_job(job_id, "The key was refused.", "anaquel")
    job = store.job(job_id)
    assert (job.status, job.error_message, job.n_classified) == ("failed", "The key was refused.", 5)
    assert kinds(store, job_id).count("failed") == 1
    assert store.claim_chunk("w1", LEASE_S) is None
    store.resume(job_id, "ana", Decimal(3))
    job = store.job(job_id)
    assert (job.status, job.error_message, job.budget_usd) == ("queued", None, Decimal(3))
    finish(store)
    assert store.job(job_id).status == "completed"


def test_a_resumed_job_that_had_nothing_left_is_completed(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    store.fail_job(job_id, "no quota", "anaquel")
    record(store, answered(store, held))
    assert store.job(job_id).status == "failed"
    store.resume(job_id, "ana")
    store.settle()
    assert store.job(job_id).status == "completed"


def test_a_late_last_answer_of_a_resumed_job_completes_it(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    store.fail_job(job_id, "no quota", "anaquel")
    store.resume(job_id, "ana")
    record(store, answered(store, held))
    assert store.job(job_id).status == "completed"


@pytest.mark.parametrize("verb", ["request_cancel", "request_pause", "resume"])
def test_an_ended_job_cannot_be_moved(store: Store, verb: str) -> None:
    job_id = new_job(store, 5)
    finish(store)
    with pytest.raises(IllegalMove, match="completed"):
        getattr(store, verb)(job_id, "ana")
    with pytest.raises(IllegalMove):
        store.set_priority(job_id, 3, "ana")


def test_a_job_that_is_being_cancelled_cannot_be_resumed(store: Store) -> None:
    job_id = new_job(store, 5)
    claim(store)
    store.request_cancel(job_id, "ana")
    with pytest.raises(IllegalMove, match="cancelled"):
        store.resume(job_id, "ana")


@pytest.mark.parametrize("verb", ["request_cancel", "request_pause", "resume", "delete", "undelete", "job"])
def test_a_job_that_is_not_there_is_not_found(store: Store, verb: str) -> None:
    with pytest.raises(JobNotFound, match="no job zzz"):
        getattr(store, verb)(*(["zzz"] if verb == "job" else ["zzz", "ana"]))


@pytest.mark.parametrize("priority", [0, 6])
def test_priority_is_from_one_to_five(store: Store, priority: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        store.set_priority(new_job(store), priority, "ana")


def test_a_working_job_cannot_be_deleted(store: Store) -> None:
    job_id = new_job(store)
    with pytest.raises(IllegalMove, match="cancel"):
        store.delete(job_id, "ana")


def test_a_deleted_job_is_hidden_and_can_be_restored(store: Store) -> None:
    job_id = new_job(store, 5)
    finish(store)
    store.delete(job_id, "ana")
    assert store.jobs() == []
    assert [job.id for job in store.jobs(deleted=True)] == [job_id]
    assert store.purge() == 0
    store.undelete(job_id, "ana")
    assert [job.id for job in store.jobs()] == [job_id]


def test_a_deleted_job_is_removed_after_the_undo_period_and_not_restored_then(store: Store) -> None:
    job_id, other = new_job(store, 5), new_job(store, 5)
    finish(store)
    store.delete(job_id, "ana")
    with store._write() as connection:
        gone_at = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(deleted_at=gone_at))
    with pytest.raises(IllegalMove):
        store.undelete(job_id, "ana")
    assert store.purge() == 1
    with pytest.raises(JobNotFound):
        store.job(job_id)
    assert_counters_equal_recount(store, other)
    assert (store.items(job_id), store.events(job_id), store.tallies(job_id)) == ([], [], [])


def test_retention_removes_only_jobs_that_ended_before(store: Store) -> None:
    old, new, running = new_job(store, 5), new_job(store, 5), new_job(store, 5, priority=1)
    claims = {c.job_id: c for c in (claim(store), claim(store), claim(store))}
    record(store, answered(store, claims[old]), answered(store, claims[new]))
    with store._write() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=40)
        connection.execute(update(jobs).where(jobs.c.id.in_([old, running])).values(created_at=long_ago))
        connection.execute(update(jobs).where(jobs.c.id == old).values(completed_at=long_ago))
    assert store.purge(timedelta(days=30)) == 1
    assert {job.id for job in store.jobs()} == {new, running}


def test_an_upload_that_never_ended_is_removed(store: Store) -> None:
    job_id = new_job(store, 5)
    with store._write() as connection:
        values = {"ready_at": None, "created_at": datetime.now(UTC) - timedelta(hours=7)}
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(values))
    assert store.purge() == 1
