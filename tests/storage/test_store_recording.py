"""Recording: idempotent, fenced, and every counter equal to a recount."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from storage import NewItem, Store
from tests.storage.recordkeeping import (
    CENT,
    LEASE_S,
    answered,
    assert_counters_equal_recount,
    attempt,
    claim,
    failed,
    finish,
    new_job,
    record,
    result,
)


def test_a_job_ends_with_its_last_chunk_and_all_counters_equal_a_recount(store: Store) -> None:
    job_id = new_job(store, 23)
    assert finish(store) == 5
    job = store.job(job_id)
    assert (job.status, job.n_classified, job.n_correct, job.cost_usd) == ("completed", 23, 8, CENT * 23)
    assert job.completed_at is not None
    assert [event.kind for event in store.events(job_id)] == ["created", "queued", "processing", "completed"]
    assert_counters_equal_recount(store, job_id)


def test_a_flush_repeated_after_its_commit_got_lost_changes_nothing(store: Store) -> None:
    job_id = new_job(store, 10)
    held = claim(store)
    part = answered(store, held, finished=False)
    record(store, part)
    before = store.job(job_id).model_dump()
    assert record(store, part).lost == frozenset()
    assert store.job(job_id).model_dump() == before
    assert_counters_equal_recount(store, job_id)


def test_a_repeated_last_flush_is_not_called_lost(store: Store) -> None:
    new_job(store, 5)
    part = answered(store, claim(store))
    record(store, part)
    assert record(store, part).lost == frozenset()


def test_a_flush_out_of_turn_is_refused_but_its_calls_are_billed(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    part = replace(answered(store, held), seq=held.seq + 1)
    assert record(store, part).lost == {held}
    job = store.job(job_id)
    assert (job.n_classified, job.n_attempts, job.cost_usd) == (0, 1, CENT * 5)
    assert_counters_equal_recount(store, job_id)


def test_parts_of_several_jobs_are_recorded_in_one_flush(store: Store) -> None:
    first, second = new_job(store, 5), new_job(store, 5)
    claims = [claim(store), claim(store)]
    told = record(store, *(answered(store, held) for held in claims))
    assert set(told.requests) == {first, second}
    for job_id in (first, second):
        assert store.job(job_id).status == "completed"
        assert_counters_equal_recount(store, job_id)


def test_every_outcome_is_counted_in_its_own_place(store: Store) -> None:
    rows = [NewItem(0, "a", "a", expected="A"), NewItem(1, "b", "b", expected="not_a_product"),
            NewItem(2, "c", "c", expected="A"), NewItem(3, "d", "d", expected="A"), NewItem(4, "e", "e")]  # fmt: skip
    job_id = new_job(store, rows=rows)
    held = claim(store)
    asked = store.open_items(held)
    nothing = {"notation": None, "runners_up": None}
    part = answered(store, held)
    part.results = [
        result(asked[0]), result(asked[1], verdict="not_a_product", **nothing),
        result(asked[2], verdict="unsure", **nothing), failed(asked[3]), result(asked[4], "B"),
    ]  # fmt: skip
    record(store, part)
    job = store.job(job_id)
    assert (job.n_classified, job.n_not_a_product, job.n_unsure, job.n_failed, job.n_correct) == (2, 1, 1, 1, 2)
    assert job.status == "completed"  # failed products do not fail the job
    assert_counters_equal_recount(store, job_id)


def test_a_call_of_unknown_price_is_counted_and_not_taken_for_free(store: Store) -> None:
    job_id = new_job(store, 2)
    held = claim(store)
    part = answered(store, held)
    part.attempts = [replace(attempt([0, 1]), cost_usd=None), attempt([0], Decimal("0.000000000001"), n_sound=0)]
    record(store, part)
    job = store.job(job_id)
    assert (job.n_unpriced_attempts, job.n_failed_attempts) == (1, 1)
    assert job.cost_usd == Decimal("0.000000000001")
    spend = store.spend(job_id)
    assert (spend[0].n_attempts, spend[0].n_unpriced) == (2, 1)


def test_a_result_for_a_job_that_was_removed_is_dropped(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    part = answered(store, held)
    store.drop_job(job_id)
    assert record(store, part, held=[held]).lost == {held}


def test_a_chunk_is_not_called_finished_while_an_item_of_it_is_open(store: Store) -> None:
    job_id = new_job(store, 5)
    record(store, answered(store, claim(store), n=4, finished=True))
    assert store.job(job_id).status == "processing"
    assert [item.position for item in store.open_items(claim(store, "w2"))] == [4]


def test_answers_are_kept_for_the_same_spec_and_reused_ones_are_not_kept_again(store: Store) -> None:
    new_job(store, 3)
    held = claim(store)
    asked = store.open_items(held)
    part = answered(store, held)
    part.spec_key = "s1"
    part.results = [result(asked[0]), result(asked[1], reused=True, cost_usd=Decimal(0)), failed(asked[2])]
    record(store, part)
    known = store.find_answers("s1", [item.text_key for item in asked])
    assert list(known) == ["leche 0"]
    assert (known["leche 0"].notation, known["leche 0"].runners_up) == ("A", [["B", 0.1]])
    assert store.find_answers("s2", ["leche 0"]) == {}


def test_requests_are_read_in_the_flush_that_records(store: Store) -> None:
    job_id = new_job(store, 10, budget_usd=Decimal(2))
    held = claim(store)
    store.request_pause(job_id, "ana")
    told = record(store, answered(store, held), held=[held]).requests[job_id]
    assert (told.pause, told.cancel, told.budget_usd) == (True, False, Decimal(2))
    assert store.requests([job_id])[job_id].cost_usd == CENT * 5


@pytest.mark.parametrize("hostile", ["\x00", "<b>", "'; DROP TABLE item; --", "\u202e", "😀" * 100])
def test_hostile_text_in_an_answer_is_recorded_as_text(store: Store, hostile: str) -> None:
    job_id = new_job(store, 1)
    held = claim(store)
    part = answered(store, held)
    part.results = [replace(part.results[0], why=hostile)]
    part.attempts = [replace(part.attempts[0], raw=hostile, error=hostile)]
    record(store, part)
    assert store.items(job_id)[0].why == hostile.replace("\x00", "\ufffd")


def test_a_share_of_cost_is_kept_to_the_pico_dollar(store: Store) -> None:
    job_id = new_job(store, 3, chunk_size=3)
    held = claim(store)
    part = answered(store, held)
    thirds = [Decimal("0.000000333334"), Decimal("0.000000333333"), Decimal("0.000000333333")]
    part.results = [replace(row, cost_usd=share) for row, share in zip(part.results, thirds, strict=True)]
    part.attempts = [attempt([0, 1, 2], Decimal("0.000001"))]
    record(store, part)
    assert sum(item.cost_usd for item in store.items(job_id)) == store.job(job_id).cost_usd == Decimal("0.000001")


def test_a_heartbeat_without_rows_extends_the_lease(store: Store) -> None:
    new_job(store, 5)
    held = claim(store, lease_s=0.0)
    store.flush("w1", LEASE_S, [], [held])
    assert store.claim_chunk("w2", LEASE_S) is None
