"""Small pieces for tests of the Store: jobs, results, attempts, and a recount that trusts no counter."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from storage import AttemptRow, Claim, Flushed, NewItem, NewJob, OpenItem, Part, Result, Store
from storage.tables import attempts, chunks, items, jobs, tallies

LEASE_S = 30.0
CENT = Decimal("0.01")


def add_taxonomy(store: Store) -> None:
    store.add_taxonomy({"id": "t1", "name": "T", "uri": "https://example.org/t", "n_concepts": 2, "n_assignable": 2,
                        "languages": ["es"], "record": {}, "report": {}})  # fmt: skip


def new_job(store: Store, n: int = 10, *, chunk_size: int = 5, rows: Sequence[NewItem] | None = None,
            **columns: Any) -> str:  # fmt: skip
    """A queued job of n products (every third one labelled "A"), ready to be claimed."""
    add_taxonomy(store)
    job_id = secrets.token_hex(8)
    store.create_job(NewJob(job_id, "a job", "t1", "local", {}, chunk_size=chunk_size, **columns), "ana")
    told = rows if rows is not None else [
        NewItem(i, f"leche {i}", f"leche {i}", f"p{i}", "A" if i % 3 == 0 else None) for i in range(n)
    ]  # fmt: skip
    store.append_items(job_id, told)
    store.open_job(job_id, None, "ana")
    return job_id


def claim(store: Store, worker: str = "w1", lease_s: float = LEASE_S, **wanted: Any) -> Claim:
    found = store.claim_chunk(worker, lease_s, **wanted)
    assert found is not None
    return found


def result(item: OpenItem, notation: str = "A", **changes: Any) -> Result:
    values: dict[str, Any] = {
        "position": item.position, "status": "classified", "verdict": "concept", "notation": notation,
        "confidence": 0.9, "why": "because", "runners_up": [["B", 0.1]], "error_kind": None, "error": None,
        "n_attempts": 1, "reused": False, "input_tokens": 10, "output_tokens": 2, "cost_usd": CENT,
        "finished_at": datetime.now(UTC), "expected_of": item.expected_of, "text_key": item.text_key,
    }  # fmt: skip
    return Result(**values | changes)


def failed(item: OpenItem, kind: str = "off_list") -> Result:
    return result(item, status="failed", verdict=None, notation=None, confidence=None, why=None, runners_up=None,
                  error_kind=kind, error="not in the list")  # fmt: skip


def attempt(positions: Sequence[int], cost_usd: Decimal | None = None, n_sound: int | None = None) -> AttemptRow:
    n = len(positions)
    return AttemptRow(secrets.token_hex(8), list(positions), n if n_sound is None else n_sound, "m", "ok",
                      datetime.now(UTC), 0.5, 200, input_tokens=10 * n, output_tokens=2 * n,
                      cost_usd=CENT * n if cost_usd is None else cost_usd)  # fmt: skip


def answered(store: Store, held: Claim, *, finished: bool = True, release: bool = False, n: int | None = None,
             notation: str = "A") -> Part:  # fmt: skip
    """What a worker would record after asking for the first n open items of a chunk (all unless told)."""
    asked = store.open_items(held)[:n]
    rows = [result(item, notation) for item in asked]
    paid = [attempt([item.position for item in asked])] if asked else []
    return Part(held, held.seq, rows, paid, finished=finished, release=release)


def record(store: Store, *parts: Part, worker: str = "w1", held: Sequence[Claim] = ()) -> Flushed:
    return store.flush(worker, LEASE_S, parts, held)


def finish(store: Store, worker: str = "w1") -> int:
    """Answer everything that can be claimed; returns how many chunks that were."""
    n = 0
    while (held := store.claim_chunk(worker, LEASE_S)) is not None:
        record(store, answered(store, held), worker=worker)
        n += 1
    return n


def assert_counters_equal_recount(store: Store, job_id: str) -> None:
    """Compare the job's counters, chunks and tally with what the items and attempts say."""
    with store._read() as connection:
        job = connection.execute(select(jobs).where(jobs.c.id == job_id)).one()
        rows = connection.execute(select(items).where(items.c.job_id == job_id)).all()
        calls = connection.execute(select(attempts).where(attempts.c.job_id == job_id)).all()
        tally = connection.execute(select(tallies).where(tallies.c.job_id == job_id)).all()
        spans = connection.execute(select(chunks).where(chunks.c.job_id == job_id).order_by(chunks.c.n)).all()
    by_status = Counter(row.status for row in rows)
    by_verdict = Counter(row.verdict for row in rows if row.status == "classified")
    told = {row.notation or row.verdict for row in rows} and Counter(
        row.expected == (row.notation if row.verdict == "concept" else row.verdict)
        for row in rows if row.status == "classified" and row.expected is not None
    )  # fmt: skip
    assert (job.n_items, job.n_failed, job.n_cancelled) == (len(rows), by_status["failed"], by_status["cancelled"])
    assert (job.n_classified, job.n_not_a_product, job.n_unsure) == (
        by_verdict["concept"], by_verdict["not_a_product"], by_verdict["unsure"])  # fmt: skip
    assert job.n_correct == told[True]
    assert job.n_labelled == sum(row.expected is not None for row in rows)
    assert job.n_attempts == len(calls)
    assert job.cost_usd == sum((c.cost_usd or Decimal(0) for c in calls), Decimal(0))
    assert job.input_tokens == sum(c.input_tokens for c in calls)
    assert job.n_unpriced_attempts == sum(c.cost_usd is None for c in calls)
    outcomes = Counter(
        (row.expected or "", f"failed:{row.error_kind}" if row.status == "failed" else row.verdict, row.notation or "")
        for row in rows if row.status in ("classified", "failed")
    )  # fmt: skip
    assert {(t.expected, t.outcome, t.predicted): t.n for t in tally} == dict(outcomes)
    assert sum((t.cost_usd for t in tally), Decimal(0)) == sum((row.cost_usd for row in rows), Decimal(0))
    assert [p for s in spans for p in range(s.first, s.last + 1)] == sorted(row.position for row in rows)
