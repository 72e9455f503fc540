"""Leases: who may pay for which chunk, and who takes over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage import NewItem, Store
from tests.storage.recordkeeping import (
    LEASE_S,
    answered,
    assert_counters_equal_recount,
    claim,
    finish,
    new_job,
    record,
    result,
)


def causes(store: Store, job_id: str, kind: str) -> list[str]:
    return [event.cause for event in store.events(job_id) if event.kind == kind]


def test_nothing_is_claimed_when_nothing_is_to_be_done(store: Store) -> None:
    assert store.claim_chunk("w1", LEASE_S) is None


def test_chunks_are_claimed_in_order_and_cover_every_item_once(store: Store) -> None:
    job_id = new_job(store, 12, chunk_size=5)
    claims = [claim(store), claim(store), claim(store)]
    assert [(c.job_id, c.first, c.last) for c in claims] == [(job_id, 0, 4), (job_id, 5, 9), (job_id, 10, 11)]
    assert store.claim_chunk("w1", LEASE_S) is None
    assert store.job(job_id).status == "processing"
    assert {item.status for item in store.items(job_id)} == {"processing"}


def test_an_urgent_job_goes_first(store: Store) -> None:
    new_job(store, 5, priority=1)
    urgent = new_job(store, 5, priority=5)
    assert claim(store).job_id == urgent


def test_a_new_priority_counts_at_once(store: Store) -> None:
    new_job(store, 10)
    second = new_job(store, 10)
    store.set_priority(second, 4, "ana")
    assert claim(store).job_id == second


def test_jobs_of_one_priority_share_workers_fairly(store: Store) -> None:
    big, small = new_job(store, 100), new_job(store, 10)
    assert [claim(store).job_id for _ in range(4)] == [big, small, big, small]


def test_a_claim_can_be_limited_to_urgent_jobs(store: Store) -> None:
    new_job(store, 5, priority=2)
    assert store.claim_chunk("w1", LEASE_S, min_priority=3) is None
    urgent = new_job(store, 5, priority=3)
    assert claim(store, min_priority=3).job_id == urgent


def test_a_job_that_is_still_being_uploaded_is_not_claimed(store: Store) -> None:
    job_id = new_job(store, 5)
    finish(store)
    assert store.job(job_id).status == "completed"
    assert store.claim_chunk("w1", LEASE_S) is None


def test_a_live_lease_is_respected_and_an_ended_one_is_taken_over(store: Store) -> None:
    job_id = new_job(store, 5)
    first = claim(store, "w1", lease_s=0.0)
    second = claim(store, "w2")
    assert (second.n, second.token) == (first.n, first.token + 1)
    assert store.claim_chunk("w3", LEASE_S) is None
    assert causes(store, job_id, "resumed") == ["resumed after an interruption at the start"]


def test_a_takeover_goes_on_where_the_vanished_worker_was(store: Store) -> None:
    job_id = new_job(store, 10, chunk_size=10)
    first = claim(store, "w1")
    record(store, answered(store, first, n=6, finished=False))
    assert store.release_vanished(["w1"]) == [job_id]
    second = claim(store, "w2")
    assert [item.position for item in store.open_items(second)] == [6, 7, 8, 9]
    assert causes(store, job_id, "resumed") == ["resumed after an interruption at 60 %"]


def test_a_vanished_worker_is_told_of_once_however_many_chunks_it_held(store: Store) -> None:
    job_id = new_job(store, 25)
    held = [claim(store, "w1") for _ in range(3)]
    store.flush("w1", 0.0, [], held)
    for _ in range(5):
        claim(store, "w2")
    assert len(causes(store, job_id, "resumed")) == 1
    assert {item.status for item in store.items(job_id)} == {"processing"}


def test_only_the_vanished_worker_s_chunks_are_given_back(store: Store) -> None:
    new_job(store, 10)
    claim(store, "w1"), claim(store, "w2")
    assert store.owners() == ["w1", "w2"] or store.owners() == ["w2", "w1"]
    store.release_vanished(["w1"])
    assert store.owners() == ["w2"]
    assert claim(store, "w3").n == 0
    assert store.claim_chunk("w3", LEASE_S) is None


def test_a_late_worker_cannot_overwrite_and_is_told_that_it_lost_the_chunk(store: Store) -> None:
    job_id = new_job(store, 5)
    late, late_answers = (held := claim(store, "w1", lease_s=0.0)), answered(store, held, notation="LATE")
    record(store, answered(store, claim(store, "w2"), notation="A"), worker="w2")
    told = record(store, late_answers, worker="w1", held=[late])
    assert told.lost == {late}
    assert {item.notation for item in store.items(job_id)} == {"A"}
    assert (store.job(job_id).n_attempts, store.job(job_id).status) == (2, "completed")  # both calls are on the bill
    assert_counters_equal_recount(store, job_id)


def test_a_worker_that_comes_back_before_anyone_took_over_keeps_its_chunk(store: Store) -> None:
    new_job(store, 5)
    held = claim(store, "w1", lease_s=0.0)
    assert record(store, held=[held]).lost == frozenset()
    assert store.claim_chunk("w2", LEASE_S) is None


def test_a_heartbeat_extends_only_chunks_that_are_really_held(store: Store) -> None:
    new_job(store, 15)
    held, forgotten = claim(store), claim(store)
    store.flush("w1", 0.0, [], [held, forgotten])
    assert record(store, held=[held]).lost == frozenset()
    assert claim(store, "w2").n == forgotten.n
    assert claim(store, "w2").n == 2
    assert store.claim_chunk("w2", LEASE_S) is None


def test_a_released_chunk_is_free_at_once_and_nobody_was_interrupted(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    record(store, answered(store, held, n=2, finished=False, release=True))
    assert [item.status for item in store.items(job_id)] == ["classified"] * 2 + ["queued"] * 3
    assert [item.position for item in store.open_items(claim(store, "w2"))] == [2, 3, 4]
    assert causes(store, job_id, "resumed") == []


def test_a_stop_of_the_program_is_in_the_history_and_so_is_the_going_on(store: Store) -> None:
    job_id = new_job(store, 10)
    record(store, answered(store, claim(store)))
    store.note_stop(job_id)
    assert "started again" in (store.job(job_id).waits_for or "")
    claim(store, "w2")
    assert store.job(job_id).waits_for is None
    assert causes(store, job_id, "interrupted") == ["the program was stopped at 50 %"]
    assert causes(store, job_id, "resumed") == ["resumed after a stop at 50 %"]


def test_a_stop_says_nothing_while_another_worker_goes_on(store: Store) -> None:
    job_id = new_job(store, 10)
    claim(store, "w2")
    store.note_stop(job_id)
    assert causes(store, job_id, "interrupted") == []


def test_identical_texts_are_asked_once_and_share_the_answer_across_chunks(store: Store) -> None:
    rows = [NewItem(0, "leche", "leche", expected="A"), NewItem(1, "pan", "pan"),
            NewItem(2, "Leche", "leche", expected="B", same_as=0), NewItem(3, "LECHE", "leche", same_as=0)]  # fmt: skip
    job_id = new_job(store, rows=rows, chunk_size=2)
    first, second = claim(store), claim(store)
    asked = store.open_items(first)
    assert [item.expected_of for item in asked] == [("A", "B", None), (None,)]
    assert store.open_items(second) == []
    record(store, answered(store, second), answered(store, first))
    assert [item.notation for item in store.items(job_id)] == ["A"] * 4
    job = store.job(job_id)
    assert (job.status, job.n_classified, job.n_correct, job.n_duplicates) == ("completed", 4, 1, 2)
    assert [item.cost_usd for item in store.items(job_id)][2:] == [0, 0]
    assert_counters_equal_recount(store, job_id)


def test_items_that_are_final_are_not_asked_again(store: Store) -> None:
    new_job(store, 5)
    held = claim(store)
    record(store, answered(store, held, n=3, finished=False))
    assert [item.position for item in store.open_items(held)] == [3, 4]


@pytest.mark.parametrize("n_open", [1, 3])
def test_two_stores_on_one_database_see_the_same(open_store: Callable[[], Store], n_open: int) -> None:
    here, there = open_store(), open_store()
    job_id = new_job(here, 5)
    held = claim(here)
    asked = here.open_items(held)[n_open:]
    part = answered(here, held, n=0, finished=False)
    part.results = [result(item) for item in asked]
    record(here, part)
    assert there.job(job_id).n_classified == 5 - n_open
    assert len(there.open_items(held)) == n_open
