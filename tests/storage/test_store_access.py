"""Tokens, idempotency keys and callbacks, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from storage import NewItem, NewJob, Store

Open = Callable[[], Store]


def ended_job(store: Store, job_id: str, callback_url: str | None = "https://example.com/") -> None:
    store.add_taxonomy({"id": "t", "name": "t", "uri": "u", "n_concepts": 1, "n_assignable": 1, "languages": [],
                        "record": {}, "report": {}})  # fmt: skip
    store.create_job(NewJob(job_id, "n", "t", "local", {}, callback_url=callback_url), "ana")
    store.append_items(job_id, [NewItem(0, "pan", "pan")])
    store.open_job(job_id, None, "ana")
    store.request_cancel(job_id, "ana")
    assert store.job(job_id).status == "cancelled"


def test_a_revoked_token_is_no_owner_but_still_asks_for_tokens(open_store: Open) -> None:
    store = open_store()
    assert not store.token_book().is_needed
    store.add_token("1", "n", "ana", "hash")
    assert store.token_book().owners == {"hash": "ana"}
    assert store.revoke_token("1")
    assert not store.revoke_token("1")
    assert store.token_book().owners == {}
    assert store.token_book().is_needed
    assert store.forget_revoked_tokens() == 1
    assert not store.token_book().is_needed


def test_a_key_belongs_to_who_took_it_first_until_it_is_given_back(open_store: Open) -> None:
    first, second = open_store(), open_store()
    assert first.reserve_key("ana", "k", "body", "j1").is_mine
    use = second.reserve_key("ana", "k", "other", "j2")
    assert (use.is_mine, use.is_ready, use.job_id, use.body_sha256) == (False, False, "j1", "body")
    assert second.reserve_key("ben", "k", "other", "j3").is_mine
    first.release_key("ana", "k")
    assert second.reserve_key("ana", "k", "other", "j2").is_mine
    assert second.job_of_key("ana", "k") == "j2"
    assert first.forget_keys(timedelta(0)) == 2


def test_every_end_of_a_job_is_told_once(open_store: Open) -> None:
    store, other = open_store(), open_store()
    ended_job(store, "j1")
    ended_job(store, "j2", callback_url=None)
    assert store.note_ended_jobs() == 1
    assert other.note_ended_jobs() == 0
    [due] = store.take_due_callbacks(10, 60.0)
    assert due.job_id == "j1"
    assert other.take_due_callbacks(10, 60.0) == []


def test_the_log_shows_every_try_and_a_delivered_message_is_not_due(open_store: Open) -> None:
    store = open_store()
    ended_job(store, "j1")
    store.note_ended_jobs()
    [due] = store.take_due_callbacks(10, 0.0)
    now = datetime.now(UTC)
    store.note_attempt(due.id, status="waiting", http_status=500, latency_s=0.1, error="HTTP 500", next_at=now)
    [again] = store.take_due_callbacks(10, 0.0)
    assert again.n_attempts == 1
    store.note_attempt(due.id, status="delivered", http_status=204, latency_s=0.1, error=None, next_at=None)
    assert [line.http_status for line in store.deliveries("j1")] == [500, 204]
    assert store.take_due_callbacks(10, 0.0) == []
    store.drop_job("j1")
    store.forget_callbacks()
    assert store.deliveries("j1") == []


def test_totals_sum_the_jobs_by_state(open_store: Open) -> None:
    store = open_store()
    assert store.totals().jobs == {}
    ended_job(store, "j1")
    assert store.totals().jobs == {"cancelled": 1}
    assert store.totals().products["cancelled"] == 1
    assert store.attempt_totals() == []
