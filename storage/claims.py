"""Leases: which worker may pay for which chunk, for how long, and who takes over when it vanishes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from storage.database import Database
from storage.events import add_event
from storage.rows import Claim, OpenItem
from storage.status import ACTIVE, OPEN_ITEMS, ChunkStatus, ItemStatus, JobStatus
from storage.tables import chunks, items, jobs

SYSTEM = "anaquel"


class Claims(Database):
    """Verbs of a worker before it calls an engine."""

    def claim_chunk(self, worker: str, lease_s: float) -> Claim | None:
        """Lease the next open chunk: urgent jobs first, then the job with the fewest chunks at work, then the oldest.

        Returns None when nothing is to be done. A chunk whose lease has ended is taken over.
        """
        with self._write() as connection:
            now_s = self.now_s(connection)
            job = _next_job(connection, now_s)
            if job is None:
                return None
            chunk = connection.execute(
                select(chunks).where(chunks.c.job_id == job.id, _free(now_s)).order_by(chunks.c.n).limit(1)
                .with_for_update(skip_locked=True)
            ).first()  # fmt: skip
            if chunk is None:
                return None
            taken_over = chunk.owner is not None
            connection.execute(
                update(chunks).where(chunks.c.job_id == job.id, chunks.c.n == chunk.n)
                .values(owner=worker, lease_until_s=now_s + lease_s, token=chunk.token + 1)
            )  # fmt: skip
            _mark_items(connection, job.id, chunk.first, chunk.last, ItemStatus.QUEUED, ItemStatus.PROCESSING)
            if job.status == JobStatus.QUEUED:
                _start(connection, job.id, worker)
            return Claim(job.id, chunk.n, chunk.first, chunk.last, chunk.token + 1, chunk.seq, taken_over)

    def release_vanished(self, owners: list[str]) -> list[str]:
        """Give back at once the chunks of workers known to be gone; returns the jobs that were interrupted."""
        with self._write() as connection:
            mine = and_(chunks.c.owner.in_(owners), chunks.c.status == ChunkStatus.OPEN)
            rows = connection.execute(select(chunks).where(mine)).all()
            for row in rows:
                _mark_items(connection, row.job_id, row.first, row.last, ItemStatus.PROCESSING, ItemStatus.QUEUED)
            connection.execute(update(chunks).where(mine).values(lease_until_s=0.0))
            touched = sorted({row.job_id for row in rows})
            for job_id in touched:
                _tell_resumed(connection, job_id)
            return touched

    def owners(self) -> list[str]:
        """Workers that hold, or held when they vanished, an open chunk."""
        with self._read() as connection:
            held = select(chunks.c.owner).distinct().where(chunks.c.owner.is_not(None))
            return list(connection.execute(held.where(chunks.c.status == ChunkStatus.OPEN)).scalars())

    def note_takeover(self, job_id: str) -> None:
        """Write into the history that a worker vanished and another goes on."""
        with self._write() as connection:
            _tell_resumed(connection, job_id)

    def open_items(self, claim: Claim) -> list[OpenItem]:
        """Items of the chunk that still need an answer of their own, in order."""
        with self._read() as connection:
            span = and_(items.c.job_id == claim.job_id, items.c.position.between(claim.first, claim.last))
            rows = connection.execute(
                select(items.c.position, items.c.text, items.c.text_key, items.c.n_attempts, items.c.expected,
                       items.c.n_same)
                .where(span, items.c.status.in_(OPEN_ITEMS), items.c.same_as.is_(None)).order_by(items.c.position)
            ).all()  # fmt: skip
            shared = _shared_expected(connection, claim.job_id, [row.position for row in rows if row.n_same])
        return [
            OpenItem(row.position, row.text, row.text_key, row.n_attempts,
                     (row.expected, *shared.get(row.position, ())))
            for row in rows
        ]  # fmt: skip


def _free(now_s: float) -> Any:
    unleased = or_(chunks.c.lease_until_s.is_(None), chunks.c.lease_until_s < now_s)
    return and_(chunks.c.status == ChunkStatus.OPEN, unleased)


def _next_job(connection: Connection, now_s: float) -> Row[Any, Any] | None:
    busy = (
        select(func.count()).where(chunks.c.job_id == jobs.c.id, chunks.c.status == ChunkStatus.OPEN,
                                   chunks.c.lease_until_s >= now_s)
        .scalar_subquery()
    )  # fmt: skip
    free = select(chunks.c.n).where(chunks.c.job_id == jobs.c.id, _free(now_s)).exists()
    return connection.execute(
        select(jobs.c.id, jobs.c.status).where(claimable(), free)
        .order_by(jobs.c.priority.desc(), busy, jobs.c.created_at, jobs.c.id).limit(1)
    ).first()  # fmt: skip


def claimable() -> Any:
    """Condition: a worker may take chunks of this job."""
    asked = or_(jobs.c.cancel_requested_at.is_not(None), jobs.c.pause_requested_at.is_not(None))
    return and_(jobs.c.status.in_(ACTIVE), jobs.c.ready_at.is_not(None), jobs.c.deleted_at.is_(None), ~asked)


def _start(connection: Connection, job_id: str, worker: str) -> None:
    now = datetime.now(UTC)
    connection.execute(
        update(jobs).where(jobs.c.id == job_id)
        .values(status=JobStatus.PROCESSING, started_at=func.coalesce(jobs.c.started_at, now),
                waits_for=None, waits_until_at=None, error_message=None)
    )  # fmt: skip
    add_event(connection, job_id, "processing", "a worker took the first products", worker)


def _mark_items(connection: Connection, job_id: str, first: int, last: int, old: ItemStatus, new: ItemStatus) -> None:
    span = and_(items.c.job_id == job_id, items.c.position.between(first, last), items.c.status == old)
    connection.execute(update(items).where(span).values(status=new))


def _tell_resumed(connection: Connection, job_id: str) -> None:
    job = connection.execute(select(jobs).where(jobs.c.id == job_id)).one()
    n_done = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    share = f"{100 * n_done / job.n_items:.0f} %" if job.n_items else "the start"
    add_event(connection, job_id, "resumed", f"resumed after an interruption at {share}", SYSTEM)


def _shared_expected(connection: Connection, job_id: str, leaders: list[int]) -> dict[int, list[str | None]]:
    found: dict[int, list[str | None]] = {}
    if leaders:
        same = select(items.c.same_as, items.c.expected).where(items.c.job_id == job_id, items.c.same_as.in_(leaders))
        for leader, expected in connection.execute(same):
            found.setdefault(leader, []).append(expected)
    return found
