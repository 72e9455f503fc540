"""A job into a bundle: everything that its answers came from and everything that came, but no secret."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import distributions
from typing import Any
from urllib.parse import urlsplit

from classifier.bootstrap import Services
from classifier.bundle.archive import FORMAT, MANIFEST, PIECE_BYTES, VERSION
from classifier.errors import ClassifierError
from classifier.pricing import find_price
from classifier.prompt import build as build_prompt
from classifier.spec import OPENAI, Spec, software_version
from classifier.taxonomy import to_record
from storage import FINAL, Job, Store
from storage.archive import to_json

# whose they are, where they are told of and on which machine they ran is nobody else's business
PRIVATE = ("owner", "callback_url", "deleted_at", "waits_for", "waits_until_at")
SUMS = ("tallies", "spend", "pace")


class NotEnded(ClassifierError):
    """Only jobs that have ended can be bundled."""


def stream_bundle(services: Services, job: Job) -> Iterator[bytes]:
    """Yield the bundle of an ended job in pieces; it is made on disk first. Raises NotEnded at the first piece."""
    if job.status not in FINAL:
        raise NotEnded(f"The job is {job.status}: wait for its end, or cancel it, then make its bundle.")
    with tempfile.TemporaryFile(prefix="anaquel-bundle-") as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
            _fill(made, services, job)
        target.seek(0)
        while piece := target.read(PIECE_BYTES):
            yield piece


def _fill(made: zipfile.ZipFile, services: Services, job: Job) -> None:
    store, taxonomy = services.store, services.builder.taxonomy(job.taxonomy_id)
    record = next(iter(store.archived("job", job.id)))
    base_url = _bare(Spec.from_record(job.spec or {}).base_url)
    spec = (record["spec"] or {}) | {"base_url": base_url, "edition_id": None}  # an id means nothing elsewhere
    job_record = {name: value for name, value in record.items() if name not in PRIVATE} | {"spec": spec}
    products = hashlib.sha256()
    attempts = (row | {"worker": ""} for row in _rows(store, "attempts", job.id))
    files = {
        "job.json": _add(made, "job.json", [job_record]),
        "taxonomy.json": _add(made, "taxonomy.json", [to_record(taxonomy)]),
        "prompt.json": _add(made, "prompt.json", [_prompt(services, job)]),
        "prices.json": _add(made, "prices.json", [_prices(job)]),
        "sums.json": _add(made, "sums.json", [{name: _without_job(store.archived(name, job.id)) for name in SUMS}]),
        "items.jsonl": _add(made, "items.jsonl", _items(store, job.id, products)),
        "attempts.jsonl": _add(made, "attempts.jsonl", attempts),
        "events.jsonl": _add(made, "events.jsonl", _rows(store, "events", job.id)),
    }
    source = (job.import_report or {}).get("source") or {}
    manifest = {
        "format": FORMAT, "version": VERSION, "job_id": job.id, "made_at": datetime.now(UTC).isoformat(),
        "software": software_version(), "packages": packages(), "files": files,
        "input": {"file_sha256": source.get("sha256"), "products_sha256": products.hexdigest()},
    }  # fmt: skip
    _add(made, MANIFEST, [manifest])


def _add(made: zipfile.ZipFile, name: str, rows: Iterable[Any]) -> dict[str, Any]:
    """Write a file, one JSON value a line; returns its line for the manifest."""
    digest, n_bytes, n_rows = hashlib.sha256(), 0, 0
    with made.open(name, "w", force_zip64=True) as target:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            digest.update(line)
            target.write(line)
            n_bytes, n_rows = n_bytes + len(line), n_rows + 1
    return {"sha256": digest.hexdigest(), "n_bytes": n_bytes, "n_rows": n_rows}


def _items(store: Store, job_id: str, products: Any) -> Iterator[dict[str, Any]]:
    for page in store.stream_items(job_id):
        for row in page:
            told = to_json(row._asdict())
            del told["job_id"]
            products.update(json.dumps([row.position, row.product_id, row.text]).encode())
            yield told


def _rows(store: Store, name: str, job_id: str) -> Iterator[dict[str, Any]]:
    for row in store.archived(name, job_id):
        row.pop("job_id")
        row.pop("id", None)
        yield row


def _without_job(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "job_id"} for row in rows]


def _prompt(services: Services, job: Job) -> dict[str, Any]:
    """Give the prompt that was sent, if this program still writes the same one."""
    spec = Spec.from_record(job.spec or {})
    told: dict[str, Any] = {"fingerprint": spec.prompt_id, "system": None, "schema": None}
    if spec.engine == OPENAI:
        prompt = build_prompt(services.builder.taxonomy(job.taxonomy_id), spec.language, spec.parts)
        if prompt.fingerprint == spec.prompt_id:
            told |= {"system": prompt.system, "schema": prompt.schema}
    return told


def _prices(job: Job) -> dict[str, Any]:
    spec = Spec.from_record(job.spec or {})
    known = find_price(job.model, job.created_at.date(), spec.base_url) if job.model else None
    return {"model": job.model, "entered": dict(spec.prices) if spec.prices else None,
            "known": known.to_record() if known else None}  # fmt: skip


def _bare(base_url: str | None) -> str | None:
    """Take a user's name and password, query and fragment out of an address."""
    if base_url is None:
        return None
    parts = urlsplit(base_url)
    return parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1], query="", fragment="").geturl()


def packages() -> dict[str, str]:
    """Return the versions of all installed packages by name."""
    found = {str(d.metadata["Name"]).lower(): d.version for d in distributions() if d.metadata["Name"]}
    return dict(sorted(found.items()))
