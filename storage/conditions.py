"""What several verbs ask of a job in the middle of their transactions, and how a job ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from storage.events import add_event
from storage.status import ACTIVE, OPEN_ITEMS, ChunkStatus, ItemStatus, JobStatus
from storage.tables import chunks, items, jobs

SYSTEM = "anaquel"  # the actor of what nobody asked for

# Condition: an item of a job from one position to another (b_job, b_first, b_last)
_positions = items.c.position.between(bindparam("b_first"), bindparam("b_last"))
of_span = and_(items.c.job_id == bindparam("b_job"), _positions)
_mark = update(items).where(of_span, items.c.status == bindparam("b_old")).values(status=bindparam("v_new"))


def claimable() -> Any:
    """Condition: a worker may take chunks of this job."""
    asked = or_(jobs.c.cancel_requested_at.is_not(None), jobs.c.pause_requested_at.is_not(None))
    return and_(jobs.c.status.in_(ACTIVE), jobs.c.ready_at.is_not(None), jobs.c.deleted_at.is_(None), ~asked)


def has_open_chunk(job_id: Any) -> Any:
    """Condition: something of the job is still to be done."""
    return select(chunks.c.n).where(chunks.c.job_id == job_id, chunks.c.status == ChunkStatus.OPEN).exists()


def mark_items(connection: Connection, job_id: str, first: int, last: int, old: ItemStatus, new: ItemStatus) -> None:
    """Move the items of a span that are in one state to another."""
    span = {"b_job": job_id, "b_first": first, "b_last": last, "b_old": old, "v_new": new}
    connection.execute(_mark, span)


def is_leased(connection: Connection, job_id: str, now_s: float) -> bool:
    """Tell whether a worker is at work on the job."""
    leased = and_(chunks.c.job_id == job_id, chunks.c.status == ChunkStatus.OPEN, chunks.c.lease_until_s >= now_s)
    return connection.execute(select(chunks.c.n).where(leased).limit(1)).first() is not None


def complete(connection: Connection, job_id: str) -> bool:
    """End a job of which nothing is open; its row must be locked. Tells whether this ended it."""
    done = and_(jobs.c.id == job_id, jobs.c.status.in_(ACTIVE), ~has_open_chunk(job_id))
    values = {"status": JobStatus.COMPLETED, "completed_at": datetime.now(UTC), "waits_for": None,
              "waits_until_at": None, "pause_requested_at": None}  # fmt: skip
    if not connection.execute(update(jobs).where(done).values(values)).rowcount:
        return False
    add_event(connection, job_id, "completed", "every product has its final outcome", SYSTEM)
    return True


def settle_cancel(connection: Connection, job_id: str, now_s: float) -> None:
    """Cancel what is open of a job that is to be cancelled, once no worker holds a lease."""
    job = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).first()
    if job is None or job.status not in ACTIVE or is_leased(connection, job_id, now_s):
        return
    open_items = and_(items.c.job_id == job_id, items.c.status.in_(OPEN_ITEMS))
    n = connection.execute(update(items).where(open_items).values(status=ItemStatus.CANCELLED)).rowcount
    still_open = and_(chunks.c.job_id == job_id, chunks.c.status == ChunkStatus.OPEN)
    connection.execute(update(chunks).where(still_open).values(status=ChunkStatus.CANCELLED))
    values = {"status": JobStatus.CANCELLED, "completed_at": datetime.now(UTC), "n_cancelled": jobs.c.n_cancelled + n,
              "waits_for": None, "waits_until_at": None}  # fmt: skip
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(values))
    add_event(connection, job_id, "cancelled", f"{n} products were not classified", SYSTEM)
