"""A job leaves as one file and is the same job elsewhere; what was tampered with is refused with a sentence."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_maker import finished_job, new_services

from classifier.analysis.summary import summarise
from classifier.bootstrap import Services
from classifier.bundle import BadBundle, load_bundle, stream_bundle
from classifier.delivery import pieces_of
from classifier.products import Product
from storage import Job

CANARY = "sk-canary-3f9a"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Services]:
    made = new_services(
        tmp_path / "here", OPENAI_API_KEY=CANARY, OPENAI_BASE_URL=f"https://user:{CANARY}@llm.example/v1"
    )
    yield made
    made.store.close()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path / "there")
    yield made
    made.store.close()


@pytest.fixture
def job(here: Services) -> Job:
    rows = [Product(0, "leche", "007", "0101", {"brand": "Ñandú", "n": 3}), Product(1, "Leche"), Product(2, "fails"),
            Product(3, "nothing", None, "0201"), Product(4, "unsure")]  # fmt: skip
    return finished_job(here, rows, owner="ana", callback_url=f"https://x.example/?token={CANARY}")


def bundled(services: Services, job: Job) -> bytes:
    return b"".join(stream_bundle(services, job))


def seen(services: Services, job_id: str) -> tuple[Any, ...]:
    """What the pages, REST and reports show of a job."""
    store, job = services.store, services.store.job(job_id)
    result = json.loads(b"".join(pieces_of(services, job, "json")))
    summary = summarise(services, job)
    rows = store.archived("attempts", job_id)
    attempts = [{k: v for k, v in row.items() if k not in ("id", "worker")} for row in rows]
    return result, summary, attempts, store.pace(job_id), store.spend(job_id), store.tallies(job_id)


def test_another_installation_shows_the_same_job(here: Services, there: Services, job: Job) -> None:
    job_id = load_bundle(there, io.BytesIO(bundled(here, job)), "eva")
    assert job_id == job.id
    assert seen(there, job_id) == seen(here, job.id)
    assert there.store.claim_chunk("w", 30.0) is None


def test_an_id_that_is_taken_gives_a_new_one(here: Services, job: Job) -> None:
    raw = bundled(here, job)
    again = load_bundle(here, io.BytesIO(raw), "eva")
    third = load_bundle(here, io.BytesIO(raw), "eva")
    assert len({job.id, again, third}) == 3
    assert seen(here, again)[0]["results"] == seen(here, job.id)[0]["results"]


def test_the_manifest_tells_input_prompt_prices_and_versions(here: Services, job: Job) -> None:
    with zipfile.ZipFile(io.BytesIO(bundled(here, job))) as found:
        manifest = json.loads(found.read("manifest.json"))
        assert {name: hashlib.sha256(found.read(name)).hexdigest() for name in manifest["files"]} == {
            name: told["sha256"] for name, told in manifest["files"].items()}  # fmt: skip
    assert manifest["packages"]["sqlalchemy"]
    assert len(manifest["input"]["products_sha256"]) == 64
    assert manifest["files"]["items.jsonl"]["n_rows"] == 5


def test_no_secret_is_in_a_bundle(here: Services, job: Job) -> None:
    spec = (job.spec or {}) | {"base_url": f"https://user:{CANARY}@llm.example/v1?key={CANARY}"}
    here.store.set_archived_job(job.id, {"spec": spec})
    with zipfile.ZipFile(io.BytesIO(bundled(here, here.store.job(job.id)))) as found:
        everything = b"".join(found.read(name) for name in found.namelist())
    assert CANARY.encode() not in everything
    assert b"https://llm.example/v1" in everything
    assert b'"ana"' not in found_job(everything)


def found_job(everything: bytes) -> bytes:
    return everything[: everything.index(b"\n")]  # job.json is the first file


def test_an_imported_job_never_keeps_a_foreign_address(here: Services, there: Services, job: Job) -> None:
    here.store.set_archived_job(job.id, {"spec": (job.spec or {}) | {"base_url": "https://evil.example/v1"}})
    job_id = load_bundle(there, io.BytesIO(bundled(here, here.store.job(job.id))), "eva")
    assert (there.store.job(job_id).spec or {})["base_url"] is None


Files = dict[str, bytes]


def changed(raw: bytes, change: Callable[[Files], None], *, rehash: bool = False) -> bytes:
    """The bundle after somebody was at it; rehash: clever enough to mend the manifest."""
    with zipfile.ZipFile(io.BytesIO(raw)) as found:
        files = {name: found.read(name) for name in found.namelist()}
    change(files)
    if rehash:
        manifest = json.loads(files["manifest.json"])
        for name in manifest["files"]:
            manifest["files"][name]["sha256"] = hashlib.sha256(files[name]).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return target.getvalue()


def swap(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new)

    return change


def refused(there: Services, raw: bytes) -> str:
    with pytest.raises(BadBundle) as told:
        load_bundle(there, io.BytesIO(raw), "eva")
    assert there.store.jobs() == []
    assert str(told.value).endswith(".")
    return str(told.value)


def test_a_changed_answer_is_refused_by_its_hash(here: Services, there: Services, job: Job) -> None:
    raw = changed(bundled(here, job), swap("items.jsonl", b'"0101"', b'"0102"'))
    assert "items.jsonl is not the file" in refused(there, raw)


@pytest.mark.parametrize(("name", "old", "new"), [
    ("items.jsonl", b'"status": "failed"', b'"status": "classified", "verdict": "concept"'),
    ("items.jsonl", b'"position": 1', b'"position": 7'),
    ("items.jsonl", b'"confidence": 0.9', b'"confidence": "x"'),
    ("attempts.jsonl", b'"cost_usd": "0.01"', b'"cost_usd": "9"'),
    ("attempts.jsonl", b'"cost_usd": "0.01"', b'"cost_usd": "NaN"'),
    ("attempts.jsonl", b'"latency_s": 0.5', b'"latency_s": 1e999'),
    ("taxonomy.json", b"Leche", b"Vino"),
    ("job.json", b'"status": "completed"', b'"status": "queued"'),
    ("job.json", b'"n_classified": 2', b'"n_classified": 3'),
    ("job.json", b"{", b"["),
    ("events.jsonl", b'"kind": "created"', b'"kind": null'),
    ("sums.json", b"{", b'{"a": NaN, '),
])  # fmt: skip
def test_a_clever_change_is_refused_as_well(here: Services, there: Services, job: Job, name: str, old: bytes,
                                            new: bytes) -> None:  # fmt: skip
    refused(there, changed(bundled(here, job), swap(name, old, new), rehash=True))


def test_names_that_lead_outside_are_refused(here: Services, there: Services, job: Job) -> None:
    raw = changed(bundled(here, job), lambda files: files.update({"../../evil.py": b"x"}))
    assert "not those of a bundle" in refused(there, raw)


def test_a_bomb_is_refused_before_it_is_unpacked(here: Services, there: Services, job: Job) -> None:
    raw = changed(bundled(here, job), lambda files: files.update({"items.jsonl": b" " * (64 << 20)}))
    assert "beyond the limit" in refused(there, raw)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"{}", b"a" * 1000])
def test_what_is_no_zip_is_refused(there: Services, raw: bytes) -> None:
    assert "no bundle" in refused(there, raw)


def test_a_bundle_of_a_newer_program_is_refused(here: Services, there: Services, job: Job) -> None:
    raw = changed(bundled(here, job), swap("manifest.json", b'"version": 1', b'"version": 2'))
    assert "newer program" in refused(there, raw)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), byte=st.integers(0, 255), length=st.floats(0, 1))
def test_a_damaged_file_is_refused_or_imports_whole(here: Services, there: Services, job: Job, at: float, byte: int,
                                                    length: float) -> None:  # fmt: skip
    raw = bytearray(bundled(here, job))
    raw[int(at * (len(raw) - 1))] = byte
    try:
        job_id = load_bundle(there, io.BytesIO(bytes(raw[: max(1, int(len(raw) * length))])), "eva")
    except BadBundle:
        assert there.store.jobs() == []
    else:
        assert seen(there, job_id)[0]["results"] == seen(here, job.id)[0]["results"]
        there.store.drop_job(job_id)


def test_a_running_job_is_not_bundled(here: Services, job: Job) -> None:
    with pytest.raises(Exception, match="wait for its end"):
        bundled(here, replace_status(job))


def replace_status(job: Job) -> Job:
    return Job(**{**job.model_dump(), "status": "processing"})
