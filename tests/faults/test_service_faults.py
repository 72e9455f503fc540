"""The service fails in every way it can; the products do not."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from classifier import jobs
from tests.faults.bench import Bench, assert_sound, audit

pytestmark = pytest.mark.faults

THIRTY_PER_CENT = {
    "429": 0.04, "500": 0.03, "503": 0.03, "reset": 0.04, "drip": 0.01, "html": 0.02, "empty_body": 0.02,
    "cut_body": 0.02, "nojson": 0.03, "truncated": 0.02, "off_list": 0.02, "off_list_one": 0.02,
}  # fmt: skip


def test_with_thirty_per_cent_of_attempts_failing_999_of_1000_products_finish(bench: Bench) -> None:
    bench.set_mode(latency_s=0.05, rates=THIRTY_PER_CENT, retry_after=1)
    job_id = bench.submit(3_000, batch_size=20, deadline_s=2.0)
    bench.start()
    bench.until_ended(job_id, patience_s=200.0)
    found = audit(bench, job_id)
    assert bench.job(job_id).status == "completed"
    assert found.by_status["classified"] >= 2_997, found.by_status
    assert found.by_status["classified"] + found.by_status.get("failed", 0) == 3_000
    assert found.n_wrong == 0
    for item in bench.store.items(job_id, n=3_000):
        assert item.status == "classified" or (item.error_kind and item.error)
    # a drip that we hang up on is charged upstream and told to nobody
    assert {line.n for line in found.unrecorded} <= {line.n for line in bench.ledger()}
    assert bench.job(job_id).n_failed_attempts > 0


@pytest.mark.parametrize(("fault", "remedy"), [("auth", "OPENAI_API_KEY"), ("quota", "Add credit")])
def test_a_refused_key_or_an_empty_account_stops_the_job_at_once_and_resume_goes_on(
    bench: Bench, fault: str, remedy: str
) -> None:
    bench.set_mode(latency_s=0.02, always=fault)
    job_id = bench.submit(1_000)
    bench.start()
    bench.until_ended(job_id)
    job = bench.job(job_id)
    assert job.status == "failed"
    assert remedy in (job.error_message or "")
    assert len(bench.ledger("asked")) <= bench.concurrency
    assert (job.n_failed, job.cost_usd) == (0, 0)
    bench.set_mode(latency_s=0.02)
    jobs.resume(bench.services, job_id, "ana")
    bench.until_ended(job_id)
    assert_sound(bench, job_id, 1_000, max_unrecorded=0)


def test_an_outage_fails_no_product_and_the_job_says_what_it_waits_for_and_until_when(bench: Bench) -> None:
    outage_s = 6.0
    bench.set_mode(latency_s=0.05)
    job_id = bench.submit(1_000)
    bench.start()
    bench.until_done(job_id, 100)
    bench.set_mode(always="503")
    ends_s = time.monotonic() + outage_s
    bench.until(lambda: bench.job(job_id).waits_for is not None, "the job says what it waits for", outage_s)
    bench.until(lambda: bench.job(job_id).waits_until_at is not None, "and until when", 20.0)
    told = bench.job(job_id)
    assert "error of its own" in (told.waits_for or "")
    assert told.status == "processing"
    time.sleep(max(0.0, ends_s - time.monotonic()))
    bench.set_mode(latency_s=0.02)
    bench.until_ended(job_id, patience_s=120.0)
    assert_sound(bench, job_id, 1_000, max_unrecorded=0)
    assert bench.job(job_id).waits_for is None


def test_a_budget_is_never_passed_by_more_than_the_calls_in_flight_and_a_bigger_one_goes_on(bench: Bench) -> None:
    bench.set_mode(latency_s=0.02)
    budget_usd = Decimal("0.002")
    job_id = bench.submit(600, budget_usd=budget_usd)
    bench.start()
    bench.until(lambda: bench.job(job_id).pause_requested_at is not None, "the job pauses")
    bench.until(lambda: bench.store.owners() == [], "calls in flight end")
    job = bench.job(job_id)
    assert "budget of 0.002 USD" in (job.waits_for or "")
    assert 0 < job.n_classified < 600
    assert budget_usd * Decimal("0.5") < job.cost_usd <= budget_usd * Decimal("1.1")
    jobs.resume(bench.services, job_id, "ana", Decimal(5))
    bench.until_ended(job_id)
    assert_sound(bench, job_id, 600, max_unrecorded=0)


def test_a_pause_and_a_quick_resume_lose_nothing_and_pay_nothing_twice(bench: Bench) -> None:
    bench.set_mode(latency_s=0.6)
    job_id = bench.submit(400)
    bench.start()
    for n in (20, 80, 140):
        bench.until_done(job_id, n)
        jobs.pause(bench.services, job_id, "ana")
        time.sleep(0.5)
        jobs.resume(bench.services, job_id, "ana")
    bench.set_mode(latency_s=0.02)
    bench.until_ended(job_id)
    assert assert_sound(bench, job_id, 400, max_unrecorded=0).n_repeated == 0
