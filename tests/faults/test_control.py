"""Cancelling, urgency and fairness while real calls are in flight."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from classifier import jobs
from tests.faults.bench import Bench, assert_sound, audit

pytestmark = pytest.mark.faults


def test_a_cancel_is_carried_out_within_two_seconds_and_slow_paid_answers_are_kept(bench: Bench) -> None:
    bench.set_mode(latency_s=5.0)
    job_id = bench.submit(500)
    bench.start()
    bench.until(lambda: len(bench.ledger("asked")) == bench.concurrency, "calls are in flight")
    asked_s = time.monotonic()
    jobs.cancel(bench.services, job_id, "ana")
    bench.until(lambda: bench.job(job_id).status == "cancelled", "the job is cancelled", 10.0)
    took_s = time.monotonic() - asked_s
    assert took_s < 4.0  # 2 s is what is promised; the rest is for a busy machine, and calls take 5 s
    bench.until(lambda: bench.n_done(job_id) == bench.concurrency * 5, "the late answers are in", 15.0)
    found = audit(bench, job_id)
    assert found.by_status == {"classified": 40, "cancelled": 460}
    assert found.unrecorded == []
    job = bench.job(job_id)
    assert (job.status, job.n_cancelled) == ("cancelled", 460)
    assert job.cost_usd > 0
    assert len(bench.ledger("asked")) == bench.concurrency


def test_an_urgent_job_does_not_wait_for_a_large_one(bench: Bench) -> None:
    bench.set_mode(latency_s=0.25)
    large = bench.submit(20_000, name="large")
    bench.start()
    bench.until_done(large, 100)
    n_before = len(bench.ledger("asked"))
    urgent = bench.submit(200, name="urgent", priority=5)
    bench.until_ended(urgent)
    names = ["urgent" if line.texts[0].startswith("urgent") else "large" for line in bench.ledger("asked")[n_before:]]
    first = names.index("urgent")
    last = len(names) - names[::-1].index("urgent")
    n_urgent = names.count("urgent")
    assert n_urgent == 40
    assert first <= 6 * bench.concurrency  # calls that large makes until urgent is seen
    assert last - first <= n_urgent + 4 * bench.concurrency  # from then on nearly every call is urgent's
    jobs.cancel(bench.services, large, "ana")
    bench.until_ended(large)


def test_two_jobs_of_one_priority_share_the_calls_though_one_came_first(bench: Bench) -> None:
    bench.set_mode(latency_s=0.1)
    first = bench.submit(5_000, name="first")
    bench.start()
    bench.until_done(first, 100)
    second = bench.submit(300, name="second")
    bench.until_ended(second)
    lines = [line.texts[0].partition(" ")[0] for line in bench.ledger("asked")]
    begun = lines.index("second")
    between = lines[begun : len(lines) - lines[::-1].index("second")]
    assert between.count("first") <= 2.0 * between.count("second")
    jobs.cancel(bench.services, first, "ana")
    bench.until_ended(first)


def test_two_hundred_jobs_at_once_all_finish_and_urgent_ones_first(bench: Bench) -> None:
    bench.set_mode(latency_s=0.01)
    priorities = [1 + n % 5 for n in range(200)]
    job_ids = [bench.submit(50, name=f"j{n}", batch_size=25, priority=p) for n, p in enumerate(priorities)]
    bench.start()
    bench.until_ended(*job_ids, patience_s=180.0)
    found = audit(bench, *job_ids)
    assert (found.by_status, found.n_wrong, found.n_repeated, len(found.unrecorded)) == (
        {"classified": 10_000}, 0, 0, 0)  # fmt: skip
    assert {bench.job(job_id).status for job_id in job_ids} == {"completed"}
    of_name = {f"j{n}": p for n, p in enumerate(priorities)}
    order = [of_name[line.texts[0].partition(" ")[0]] for line in bench.ledger("asked")]
    mean_place = {p: sum(i for i, q in enumerate(order) if q == p) / order.count(p) for p in range(1, 6)}
    assert sorted(mean_place, key=lambda p: mean_place[p]) == [5, 4, 3, 2, 1]


def test_memory_returns_to_where_it_was_after_a_hundred_jobs(bench: Bench) -> None:
    bench.set_mode(latency_s=0.01)
    worker = bench.start()
    resident_mb = []
    for name in ("warm", "more"):
        job_ids = [bench.submit(50, name=f"{name}{n}", batch_size=25) for n in range(100)]
        bench.until_ended(*job_ids, patience_s=120.0)
        bench.until(lambda: bench.store.owners() == [], "all chunks are given back")
        n_pages = int(Path(f"/proc/{worker.pid}/statm").read_text(encoding="ascii").split()[1])
        resident_mb.append(n_pages * resource.getpagesize() / 2**20)
    assert resident_mb[1] - resident_mb[0] <= 4.0, resident_mb  # 1 MB was measured; allocators are no clockwork


def test_failed_products_are_retried_by_a_child_job(bench: Bench) -> None:
    bench.set_mode(latency_s=0.005, always="off_list")
    job_id = bench.submit(20)
    bench.start()
    bench.until_ended(job_id)
    assert (bench.job(job_id).status, bench.job(job_id).n_failed) == ("completed", 20)
    assert {item.error_kind for item in bench.store.items(job_id)} == {"off_list"}
    bench.set_mode(latency_s=0.005)
    child = jobs.retry_failed(bench.services, job_id, "ana")
    bench.until_ended(child)
    assert bench.job(child).parent_id == job_id
    assert_sound(bench, child, 20, max_unrecorded=100)
