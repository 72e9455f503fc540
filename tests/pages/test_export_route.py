"""The export route gives every file of a job, and one sentence when there is none."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from classifier.bootstrap import Services
from classifier.bundle import load_bundle
from pages.components.export_route import export_result
from storage import Job

client = TestClient(Starlette(routes=[Route("/export/{job_id}.{form}", export_result)]))


@pytest.mark.parametrize(("form", "start", "media"), [
    ("json", b'{"job_id"', "application/json"),
    ("jsonl", b'{"index"', "application/x-ndjson"),
    ("csv", b"\xef\xbb\xbfindex", "text/csv"),
    ("xlsx", b"PK", "application/vnd.openxmlformats"),
    ("parquet", b"PAR1", "application/vnd.apache.parquet"),
    ("html", b"<!doctype html>", "text/html"),
    ("md", b"# ", "text/markdown"),
    ("zip", b"PK", "application/zip"),
    ("own", b"[", "application/json"),
])  # fmt: skip
def test_every_format_comes_as_a_named_attachment(sample_job: Job, form: str, start: bytes, media: str) -> None:
    answer = client.get(f"/export/{sample_job.id}.{form}?lang=es")
    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert answer.headers["content-type"].startswith(media)
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="anaquel-{sample_job.id}')
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_subset_and_a_second_job_are_said_in_the_file_s_name(sample_job: Job) -> None:
    wrong = client.get(f"/export/{sample_job.id}.json?only=wrong")
    assert "-wrong.json" in wrong.headers["content-disposition"]
    n_wrong = json.loads(wrong.content)["total"]
    assert n_wrong == sample_job.n_labelled - sample_job.n_failed - sample_job.n_correct
    both = client.get(f"/export/{sample_job.id}.csv?with={sample_job.id}")
    assert both.content.count(b"\r\n") == sample_job.n_items + 1


def test_the_bundle_of_the_route_can_be_imported(running: Services, sample_job: Job) -> None:
    raw = client.get(f"/export/{sample_job.id}.zip").content
    assert zipfile.is_zipfile(io.BytesIO(raw))
    assert load_bundle(running, io.BytesIO(raw), "ana") != sample_job.id


@pytest.mark.parametrize(("path", "status"), [
    ("/export/aaaaaaaaaaaaaaaaaaaaaaaaaa.csv", 404), ("/export/UPPER.json", 404), ("/export/{id}.exe", 404),
    ("/export/{id}.csv?with=aaaaaaaaaaaaaaaaaaaaaaaaaa", 404),
])  # fmt: skip
def test_what_is_not_there_is_told_in_detail(sample_job: Job, path: str, status: int) -> None:
    answer = client.get(path.replace("{id}", sample_job.id))
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)
