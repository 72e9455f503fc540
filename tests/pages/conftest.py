"""Pages under test: the real services in a home of their own, the real embedded engine, the real scripts."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from classifier import jobs, taxonomies
from classifier.bootstrap import Services, build, services
from classifier.settings import Settings
from storage import ACTIVE, Job

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "samples" / "supermarket_200.json"
Open = Callable[..., AppTest]


@dataclass(frozen=True)
class Homes:
    """Homes made once and copied for each test: both know the taxonomy, one has the sample's finished job."""

    empty: Path
    sampled: Path
    job_id: str


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    empty, sampled = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("sampled")
    made = build(Settings.from_env({"ANAQUEL_HOME": str(empty)}))
    taxonomies.ensure_built_in(made)
    made.store.close()
    shutil.copytree(empty, sampled, dirs_exist_ok=True)
    made = build(Settings.from_env({"ANAQUEL_HOME": str(sampled)}))
    made.start()
    job = finished(made, submit(made, SAMPLE))
    made.stop()
    return Homes(empty, sampled, job.id)


@pytest.fixture
def running(homes: Homes, request: pytest.FixtureRequest) -> Iterator[Services]:
    """This process's services, started in the test's own home (see tests/conftest.py)."""
    home = homes.sampled if "sample_job" in request.fixturenames else homes.empty
    shutil.copytree(home, os.environ["ANAQUEL_HOME"], dirs_exist_ok=True)
    services.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()
    here = services()
    here.start()
    yield here
    here.stop()
    services.cache_clear()


def submit(running: Services, path: Path, name: str = "sample", **asked: object) -> str:
    taxonomy_id = taxonomies.ensure_built_in(running)
    return jobs.submit_file(running, jobs.Submission(name, taxonomy_id, engine="local", **asked), path)  # type: ignore[arg-type]


def finished(running: Services, job_id: str) -> Job:
    for _ in range(600):
        job = running.store.job(job_id)
        if job.status not in ACTIVE:
            return job
        time.sleep(0.1)
    raise AssertionError(f"job {job_id} is still {job.status}")


@pytest.fixture
def sample_job(running: Services, homes: Homes) -> Job:
    """The sample's finished job."""
    return running.store.job(homes.job_id)


@pytest.fixture
def open_page() -> Open:
    """Open a page as a browser does: through the entry script, with an address and a language."""

    def open_it(page: str = "", language: str = "en-GB", **query: str) -> AppTest:
        at = AppTest.from_file(ROOT / "pages" / "_entry.py", default_timeout=60)
        at.context = {"locale": language}
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        return at.switch_page(f"{page}.py").run() if page else at

    return open_it


def words(at: AppTest) -> str:
    """Everything a reader sees as text, in one string."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "text",
        "info",
        "warning",
        "error",
        "success",
        "code",
    )
    found = [str(element.value) for kind in kinds for element in getattr(at, kind)]
    found += [f"{m.label} {m.value}" for m in at.metric] + [b.label for b in at.button]
    return "\n".join(found)
