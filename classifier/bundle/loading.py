"""A bundle into a job: verified, recounted, then written; nothing stays behind when it is refused."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from classifier.bootstrap import Services
from classifier.bundle.archive import MAX_BYTES, BadBundle, BundleReader
from classifier.jobs import new_job_id
from classifier.normalisation import text_key
from classifier.originals import JOB_ID
from classifier.spec import ENGINES
from classifier.taxonomies import languages_of
from classifier.taxonomy import Taxonomy, from_record, to_record
from storage import FINAL, ItemStatus, JobNotFound, JobStatus, NewJob
from storage.archive import UnsoundRow, checked
from storage.status import OPEN_ITEMS, ChunkStatus

BATCH_ROWS = 5_000
OF_VERDICT = {"concept": "n_classified", "not_a_product": "n_not_a_product", "unsure": "n_unsure"}
COUNTED = ("n_items", "n_labelled", "n_correct", "n_failed", "n_cancelled", "n_attempts", "input_tokens",
           "output_tokens", *OF_VERDICT.values())  # fmt: skip
SUMS = ("tallies", "spend", "pace")
NEVER = ("id", "owner", "callback_url", "deleted_at", "cancel_requested_at", "pause_requested_at", "waits_for",
         "waits_until_at", "status", "ready_at", "is_indexed")  # fmt: skip


@dataclass
class _Recount:
    """What the rows come to, against what the job says."""

    counts: Counter[str] = field(default_factory=Counter)
    cost_usd: Decimal = Decimal(0)
    open_chunks: set[int] = field(default_factory=set)

    def item(self, row: dict[str, Any], chunk_size: int) -> None:
        """Count one item; raises BadBundle when it is not the next one."""
        n, status = self.counts, row["status"]
        if row["position"] != n["n_items"] or status not in set(ItemStatus):
            raise BadBundle("The bundle's products are not in their order.")
        if row.get("same_as") is not None and not 0 <= row["same_as"] < row["position"]:
            raise BadBundle("The bundle's products do not fit together.")
        n["n_items"] += 1
        n["n_labelled"] += row.get("expected") is not None
        if status == ItemStatus.CLASSIFIED:
            n[OF_VERDICT[str(row.get("verdict"))]] += 1
            told = row.get("notation") if row.get("verdict") == "concept" else row.get("verdict")
            n["n_correct"] += row.get("expected") is not None and row["expected"] == told
        n["n_failed"] += status == ItemStatus.FAILED
        n["n_cancelled"] += status == ItemStatus.CANCELLED
        if status in OPEN_ITEMS:
            self.open_chunks.add(row["position"] // chunk_size)

    def attempt(self, row: dict[str, Any]) -> None:
        """Count one call."""
        self.counts["n_attempts"] += 1
        self.counts["input_tokens"] += row.get("input_tokens", 0)
        self.counts["output_tokens"] += row.get("output_tokens", 0)
        self.cost_usd += row.get("cost_usd") or Decimal(0)

    def agrees(self, job: dict[str, Any]) -> bool:
        """Tell whether the job's counters are what the rows come to."""
        told = {name: self.counts[name] for name in COUNTED}
        return told == {name: job.get(name, 0) for name in COUNTED} and self.cost_usd == job.get("cost_usd")


def load_bundle(services: Services, stream: BinaryIO, actor: str, max_bytes: int = MAX_BYTES,
                owner: str | None = None) -> str:  # fmt: skip
    """Import a bundle and return the job's id: its own, or a new one where that is taken. Raises BadBundle."""
    reader = BundleReader(stream, max_bytes)
    try:
        job = checked("job", _object(reader.document("job.json"), "job.json"))
        taxonomy = _taxonomy(reader, job)
        return _write(services, reader, job, taxonomy, actor, owner)
    except UnsoundRow as error:
        raise BadBundle(f"The bundle does not fit together: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBundle("The bundle does not fit together: something in it is missing or of another kind.") from error


def _taxonomy(reader: BundleReader, job: dict[str, Any]) -> Taxonomy:
    taxonomy = from_record(_object(reader.document("taxonomy.json"), "taxonomy.json"))
    if taxonomy.fingerprint != job["taxonomy_id"]:
        raise BadBundle("The bundle's taxonomy is not the one of its job.")
    return taxonomy


def _write(services: Services, reader: BundleReader, job: dict[str, Any], taxonomy: Taxonomy, actor: str,
           owner: str | None) -> str:  # fmt: skip
    store = services.store
    if job["status"] not in set(FINAL) or job["engine"] not in ENGINES or not 1 <= job["chunk_size"] <= 1_000_000:
        raise BadBundle("The bundle's job is none that has ended here or elsewhere.")
    job_id = _free_id(services, str(job["id"]))
    store.add_taxonomy({
        "id": taxonomy.fingerprint, "name": taxonomy.name, "uri": taxonomy.uri, "n_concepts": len(taxonomy.concepts),
        "n_assignable": len(taxonomy.assignable), "languages": languages_of(taxonomy), "record": to_record(taxonomy),
        "report": {},
    })  # fmt: skip
    spec = _own_spec(services, _object(job.get("spec"), "job.json"))
    new = NewJob(job_id, job["name"], job["taxonomy_id"], job["engine"], spec, job.get("model"),
                 owner=owner, chunk_size=job["chunk_size"])  # fmt: skip
    store.create_job(new, actor)
    try:
        recount = _add_rows(services, reader, job_id, job)
        if not recount.agrees(job):
            raise BadBundle("The bundle's figures are not what its products and calls come to.")
        values = {name: value for name, value in job.items() if name not in NEVER} | {"spec": spec}
        store.set_archived_job(job_id, values | {"status": job["status"], "ready_at": datetime.now(UTC)})
    except BaseException:
        store.drop_job(job_id)
        raise
    return job_id


def _add_rows(services: Services, reader: BundleReader, job_id: str, job: dict[str, Any]) -> _Recount:
    store, size, recount = services.store, job["chunk_size"], _Recount()

    def items() -> Iterator[dict[str, Any]]:
        for line in reader.lines("items.jsonl"):
            row = checked("items", line | {"job_id": job_id, "text_key": text_key(str(line["text"]))})
            recount.item(row, size)
            yield row | ({"status": ItemStatus.QUEUED} if row["status"] in OPEN_ITEMS else {})

    def attempts() -> Iterator[dict[str, Any]]:
        for line in reader.lines("attempts.jsonl"):
            row = checked("attempts", line | {"job_id": job_id, "id": secrets.token_hex(16)})
            recount.attempt(row)
            yield row

    _batched(services, "items", items())
    _batched(services, "attempts", attempts())
    events = (checked("events", line | {"job_id": job_id}) for line in reader.lines("events.jsonl"))
    _batched(services, "events", events)
    sums = _object(reader.document("sums.json"), "sums.json")
    for name in SUMS:
        _batched(services, name, (checked(name, row | {"job_id": job_id}) for row in sums[name]))
    closed = ChunkStatus.CANCELLED if job["status"] == JobStatus.CANCELLED else ChunkStatus.DONE
    n_items = recount.counts["n_items"]
    store.add_archived("chunks", [
        {"job_id": job_id, "n": n, "first": first, "last": min(first + size, n_items) - 1,
         "status": ChunkStatus.OPEN if n in recount.open_chunks else closed}
        for n, first in enumerate(range(0, n_items, size))
    ])  # fmt: skip
    return recount


def _batched(services: Services, name: str, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, BATCH_ROWS)):
        services.store.add_archived(name, batch)


def _free_id(services: Services, told: str) -> str:
    if not JOB_ID.fullmatch(told):
        return new_job_id()
    try:
        services.store.job(told)
    except JobNotFound:
        return told
    return new_job_id()


def _own_spec(services: Services, spec: dict[str, Any]) -> dict[str, Any]:
    """Forget an address that is not this installation's: a resumed job would send our key there."""
    return spec | ({} if spec.get("base_url") == services.builder.base_url() else {"base_url": None})


def _object(told: Any, name: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise BadBundle(f"{name} is no object.")
    return told
