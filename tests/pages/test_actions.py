"""Buttons that act on a job: each does its one thing, with the real services behind it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from classifier import jobs, taxonomies
from classifier.bootstrap import Services
from pages.components.labels import state_of
from storage import Job
from tests.llm_server import LLMServer
from tests.pages.conftest import Open, finished, words
from tests.unit.test_overview import branches, rows_of, run

PRICES = {"source": "test", "on": "2026-11-01", "input_usd": "0.0001", "cached_input_usd": "0.0001",
          "output_usd": "0.0001"}  # fmt: skip


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LLMServer]:
    with LLMServer(latency_s=0.05) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


def paid_job(running: Services, folder: Path, n: int = 60, **asked: object) -> str:
    path = folder / "p.json"
    path.write_text(json.dumps([f"leche {i}" for i in range(n)]))
    submission = jobs.Submission(
        "paid", taxonomies.ensure_built_in(running), engine="openai", model="gpt-4o-mini", **asked  # type: ignore[arg-type]
    )  # fmt: skip
    return jobs.submit_file(running, submission, path)


def reaches(running: Services, job_id: str, state: str) -> Job:
    for _ in range(600):
        job = running.store.job(job_id)
        if state_of(job) == state:
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job is {state_of(job)}, not {state}")


def test_a_job_that_spent_its_budget_asks_for_a_new_one_and_goes_on(
    service: LLMServer, running: Services, open_page: Open, tmp_path: Path
) -> None:
    job = reaches(running, paid_job(running, tmp_path, budget_usd=Decimal("0.000001")), "paused")
    at = open_page("progress", job=job.id)
    assert "does not allow another call" in words(at)
    at.number_input(key="progress_budget").set_value(5.0).run()
    at.button(key="progress_resume").click().run()
    assert not at.exception
    assert running.store.job(job.id).budget_usd == Decimal(5)
    assert finished(running, job.id).status == "completed"


def test_a_paused_job_goes_on_and_is_asked_for_no_budget(
    service: LLMServer, running: Services, open_page: Open, tmp_path: Path
) -> None:
    service.latency_s = 2.0
    job_id = paid_job(running, tmp_path, 200)
    at = open_page("progress", job=job_id)
    at.button(key="progress_pause").click().run()
    assert state_of(running.store.job(job_id)) == "paused"
    assert not at.number_input
    service.latency_s = 0.0
    at.button(key="progress_resume").click().run()
    assert finished(running, job_id).status == "completed"


def test_cancel_keeps_what_is_done(service: LLMServer, running: Services, open_page: Open, tmp_path: Path) -> None:
    service.latency_s = 1.0
    job_id = paid_job(running, tmp_path, 3000)
    at = open_page("progress", job=job_id)
    at.button(key="progress_cancel").click().run()
    assert finished(running, job_id).status == "cancelled"


def test_retry_makes_a_job_of_the_failed_products_and_shows_it(running: Services, open_page: Open) -> None:
    taxonomy_id, hygiene, food = branches(running)
    job = run(running, rows_of(hygiene, food, labelled=True), taxonomy_id, "b" * 26)
    at = open_page("errors", job=job.id)
    next(b for b in at.button if b.label == "Retry 17 failed products").click().run()
    assert not at.exception
    child = running.store.jobs(n=1)[0]
    assert (child.parent_id, child.n_items) == (job.id, 17)
    assert at.session_state["job_id"] == child.id
