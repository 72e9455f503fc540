"""What programs can ask of jobs beyond the old system."""

from __future__ import annotations

import sqlite3
import time

from tests.served import Served

LONG = [{"text": f"detergente en polvo {i}"} for i in range(60_000)]
SHORT = [{"text": "pan"}]


def test_a_job_can_be_paused_and_goes_on_when_it_is_resumed(server: Served) -> None:
    job_id = server.submit(LONG[:6_000])
    assert server.post(f"/classify/pause/{job_id}").status_code == 200
    status = server.get(f"/classify/status/{job_id}").json()
    assert status["paused"]
    assert status["estimated_completion_time"] is None
    assert server.post(f"/classify/resume/{job_id}").status_code == 200
    assert server.wait(job_id)["status"] == "completed"


def test_a_cancelled_job_ends_and_cannot_be_cancelled_again(server: Served) -> None:
    job_id = server.submit(LONG)
    assert server.post(f"/classify/cancel/{job_id}").json()["job_id"] == job_id
    assert server.wait(job_id)["status"] == "cancelled"
    for verb in ("cancel", "pause", "resume"):
        answer = server.post(f"/classify/{verb}/{job_id}")
        assert answer.status_code == 409
        assert "Estado actual: cancelled" in answer.json()["detail"]


def test_retry_needs_failed_products_and_an_ended_job(server: Served) -> None:
    job_id = server.submit(SHORT)
    server.wait(job_id)
    answer = server.post(f"/classify/retry/{job_id}")
    assert answer.status_code == 409
    assert "Ningún producto" in answer.json()["detail"]


def test_a_deleted_job_is_gone_everywhere(server: Served) -> None:
    job_id = server.submit(SHORT)
    server.wait(job_id)
    assert _delete(server, job_id) == 200
    for path in ("status", "result", "events"):
        assert server.get(f"/classify/{path}/{job_id}").status_code == 404
    assert _delete(server, job_id) == 404
    assert job_id not in [job["job_id"] for job in server.get("/jobs?limit=200").json()["jobs"]]


def test_a_running_job_is_not_deleted(server: Served) -> None:
    job_id = server.submit(LONG)
    assert _delete(server, job_id) == 409
    server.post(f"/classify/cancel/{job_id}")
    server.wait(job_id)


def _delete(server: Served, job_id: str) -> int:
    import requests

    return requests.delete(f"{server.base}/jobs/{job_id}", timeout=60).status_code


def test_jobs_are_listed_newest_first_page_by_page(server: Served) -> None:
    made = [server.submit(SHORT) for _ in range(5)]
    for job_id in made:
        server.wait(job_id)
    seen: list[str] = []
    cursor = ""
    for _ in range(200):
        page = server.get("/jobs", params={"limit": 2, "status": "completed"} | ({"cursor": cursor} if cursor else {}))
        assert {job["status"] for job in page.json()["jobs"]} <= {"completed"}
        seen += [job["job_id"] for job in page.json()["jobs"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert [job_id for job_id in seen if job_id in made] == made[::-1]
    assert server.get("/jobs?cursor=x").status_code == 422
    assert server.get("/jobs?status=lost").status_code == 422


def test_an_urgent_job_overtakes_a_long_one(server: Served) -> None:
    slow = server.submit(LONG, priority=1)
    urgent = server.submit(SHORT, priority=5)
    server.wait(urgent)
    assert server.get(f"/classify/status/{slow}").json()["status"] in ("queued", "processing")
    server.post(f"/classify/cancel/{slow}")
    server.wait(slow)


def test_health_is_cheap_and_metrics_name_the_jobs(server: Served) -> None:
    server.wait(server.submit(SHORT))
    assert server.get("/healthz").json() == {"status": "ok", "detail": None}
    assert server.get("/readyz").status_code == 200
    told = server.get("/metrics").text
    for name in ('anaquel_jobs{state="completed"}', 'anaquel_products{outcome="classified"}', "anaquel_tokens_total",
                 "anaquel_cost_usd", "anaquel_request_seconds_bucket"):  # fmt: skip
        assert name in told


def test_the_embedded_engines_settings_are_taken_and_checked(server: Served) -> None:
    body = {"products": [{"text": "leche"}, {"text": "cosa del chirimbolo"}], "engine": "local"}
    strict = server.post("/classify/async", json=body | {"threshold": 1, "learn": False}).json()["job_id"]
    server.wait(strict)
    assert server.get(f"/classify/result/{strict}").json()["successful"] == 0
    loose = server.post("/classify/async", json=body | {"threshold": 0, "learn_expected": None}).json()["job_id"]
    server.wait(loose)
    assert server.get(f"/classify/result/{loose}").json()["successful"] >= 1
    for wrong in ({"threshold": 1.1}, {"threshold": "0.5"}, {"learn": 1}, {"learn_expected": "no"}):
        answer = server.post("/classify/async", json=body | wrong)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", next(iter(wrong))]


def test_while_another_program_locks_the_database_status_and_readiness_say_so_and_the_job_goes_on(
    server: Served,
) -> None:
    job_id = server.submit([{"text": f"leche {n}"} for n in range(4_000)])
    other = sqlite3.connect(server.home / "anaquel.db", isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    try:
        told = next(reason for _ in range(240) if (reason := _reason(server, job_id)))
        ready = server.get("/readyz")
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert "locked by another program" in told
    assert (ready.status_code, ready.json()["detail"]) == (503, told)
    assert server.wait(job_id)["waits_for"] is None
    assert next(True for _ in range(60) if server.get("/readyz").ok)


def _reason(server: Served, job_id: str) -> str | None:
    time.sleep(0.25)
    reason: str | None = server.get(f"/classify/status/{job_id}").json()["waits_for"]
    return reason
