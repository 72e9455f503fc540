"""The log of who did what outlives the jobs that it tells of, on SQLite and on PostgreSQL."""

from __future__ import annotations

from storage import Store
from tests.storage.recordkeeping import finish, new_job


def test_what_people_do_is_logged_and_what_the_program_does_is_not(store: Store) -> None:
    job_id = new_job(store)
    store.set_priority(job_id, 4, "eva")
    store.request_pause(job_id, "anaquel", "the key is missing")
    store.resume(job_id, "eva")
    finish(store)
    store.note_activity("rest-owner", "exported", "a job as csv", job_id)
    store.delete(job_id, "ana")
    told = [(act.actor, act.action) for act in reversed(store.activity(job_id=job_id))]
    assert told == [("ana", "created"), ("eva", "priority"), ("eva", "resumed"), ("rest-owner", "exported"),
                    ("ana", "deleted")]  # fmt: skip


def test_a_removed_job_stays_in_the_log_and_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    job_id = new_job(store)
    store.drop_job(job_id)
    for n in range(5):
        store.note_activity("ana", "exported", f"number {n}")
    assert [act.action for act in store.activity(job_id=job_id)] == ["created"]
    first = store.activity(3)
    rest = store.activity(10, before=first[-1].id)
    assert [act.what for act in (*first, *rest)][:5] == [f"number {n}" for n in (4, 3, 2, 1, 0)]


def test_tokens_that_come_and_go_are_logged(store: Store) -> None:
    store.add_token("t1", "shop", "ana", "hash")
    store.revoke_token("t1")
    assert [(act.action, act.what) for act in store.activity()] == [
        ("token revoked", "token t1"), ("token created", "token t1")]  # fmt: skip
