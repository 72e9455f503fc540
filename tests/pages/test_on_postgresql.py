"""The whole program on PostgreSQL: a worker process does the work, and every page, command and file is there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from typer.testing import CliRunner

from classifier import taxonomies
from classifier.analysis import auditing
from classifier.analysis.surveyor import survey_job
from classifier.bootstrap import Services, services
from classifier.bundle import load_bundle, stream_bundle
from classifier.executors.procrastinate import NOBODY, ProcrastinateExecutor
from classifier.settings import Settings
from cli.main import app
from storage import Job
from tests.pages.conftest import ROOT, SAMPLE, Open, finished, submit
from tests.postgres_server import PostgresServer, postgres_server
from tests.served import clean_env

PAGES = ("overview", "progress", "accuracy", "errors", "review", "costs", "export", "jobs", "taxonomy", "settings")
FORMS = ("json", "jsonl", "csv", "xlsx", "parquet")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture
def running(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("DATABASE_URL", server.new_database())
    services.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()
    here = services()
    taxonomies.ensure_built_in(here)
    here.start()
    yield here
    here.stop()
    services.cache_clear()


@pytest.fixture
def worker(running: Services, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = clean_env(tmp_path / "worker", DATABASE_URL=os.environ["DATABASE_URL"])
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "worker"], cwd=ROOT, env=env)
    yield process
    process.terminate()
    assert process.wait(60) == 0


def _finished_sample(running: Services) -> Job:
    return finished(running, submit(running, SAMPLE))


def test_without_a_worker_a_job_waits_and_the_dashboard_says_so(running: Services, open_page: Open) -> None:
    job_id = submit(running, SAMPLE)
    assert isinstance(running.executor, ProcrastinateExecutor)
    assert (running.store.job(job_id).status, running.executor.trouble) == ("queued", NOBODY)
    assert not open_page("progress", job=job_id).exception


def test_a_worker_does_what_the_dashboard_submits_and_all_that_shows_it_works(
    running: Services, worker: subprocess.Popen[bytes], open_page: Open, tmp_path: Path
) -> None:
    job = _finished_sample(running)
    assert (job.status, job.n_classified + job.n_unsure + job.n_not_a_product, job.n_failed) == ("completed", 200, 0)
    survey_job(running.store, running.builder, job)
    auditing.draw(running, job, 10, "ana")
    for page in PAGES:
        assert not open_page(page, job=job.id).exception, page
    for form in FORMS:
        target = tmp_path / f"result.{form}"
        told = CliRunner().invoke(app, ["export", job.id, "-o", str(target)])
        assert (told.exit_code, target.exists()) == (0, True), told.output
    for command in (["jobs"], ["status", "last"], ["report", "last"], ["taxonomy", "show"]):
        told = CliRunner().invoke(app, command)
        assert told.exit_code == 0, told.output
    copy_id = load_bundle(running, io.BytesIO(b"".join(stream_bundle(running, job))), "ana")
    assert running.store.job(copy_id).n_classified == job.n_classified


def test_the_settings_choose_where_jobs_run() -> None:
    assert Settings.from_env({}).executor == "thread"
    assert Settings.from_env({"DATABASE_URL": "postgresql://h/d"}).executor == "workers"
    assert Settings.from_env({"DATABASE_URL": "postgresql://h/d", "ANAQUEL_EXECUTOR": "thread"}).executor == "thread"
    with pytest.raises(ValueError, match="ANAQUEL_EXECUTOR"):
        Settings.from_env({"ANAQUEL_EXECUTOR": "celery"})


def test_a_command_runs_its_own_job_without_any_worker(running: Services, tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    told = CliRunner().invoke(app, ["classify", str(SAMPLE), "--engine", "local", "-o", str(target), "-q"])
    assert (told.exit_code, target.exists()) == (0, True), told.output
