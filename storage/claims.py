"""Leases: which worker may pay for which chunk, for how long, and who takes over when it vanishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, update

from storage.allowances import take_back
from storage.conditions import SYSTEM, claimable, has_open_chunk, is_leased, mark_items, of_span
from storage.database import Database
from storage.events import add_event
from storage.rows import Claim, OpenItem
from storage.status import ACTIVE, OPEN_ITEMS, ChunkStatus, ItemStatus, JobStatus
from storage.tables import chunks, items, jobs

STOPPED = "The program was stopped. The job goes on by itself when it is started again."

# built once, as in storage.recording: a claim's statements took longer to build than to run
_lost_s: Any = bindparam("b_lost_s")
_of_job = chunks.c.job_id == bindparam("b_job")
_free = and_(chunks.c.status == ChunkStatus.OPEN,
             or_(chunks.c.lease_until_s.is_(None), chunks.c.lease_until_s < _lost_s))  # fmt: skip
_lock_job = select(jobs).where(jobs.c.id == bindparam("b_job")).with_for_update()
_first_free = select(chunks).where(_of_job, _free).order_by(chunks.c.n).limit(1)
_lease = (
    update(chunks).where(_of_job, chunks.c.n == bindparam("b_n"))
    .values(owner=bindparam("v_owner"), lease_until_s=bindparam("v_lease_until_s"), token=bindparam("v_token"))
)  # fmt: skip
_open_of_span = (
    select(items.c.position, items.c.text, items.c.text_key, items.c.n_attempts, items.c.expected, items.c.n_same)
    .where(of_span, items.c.status.in_(bindparam("b_statuses", expanding=True)), items.c.same_as.is_(None))
    .order_by(items.c.position)
)  # fmt: skip


class Claims(Database):
    """Verbs of a worker before it calls an engine."""

    def claim_chunk(
        self, worker: str, lease_s: float, min_priority: int = 1, only_job: str | None = None,
        but_jobs: Sequence[str] = (),
    ) -> Claim | None:  # fmt: skip
        """Lease the next open chunk: urgent jobs first, then the job with the fewest chunks at work, then the oldest.

        Only of jobs from min_priority up, or of one job, and of none of but_jobs; None when nothing is to be done.
        When the lease of a vanished worker has ended, all that it held of the job is free, and the history says so.
        """
        with self._write() as connection:
            now_s, lost_s = self.lease_clock(connection)
            wanted = {"b_lost_s": lost_s, "b_priority": min_priority, "b_job": only_job, "b_but": list(but_jobs)}
            job_id = connection.execute(_next_job(only_job is not None), wanted).scalar()
            if job_id is None:
                return None
            job = _lock(connection, job_id)
            chunk = connection.execute(_first_free, {"b_job": job_id, "b_lost_s": lost_s}).first()
            if chunk is None or job is None:
                return None  # another worker was faster
            if chunk.owner is not None:
                _free_vanished(connection, job, and_(chunks.c.owner == chunk.owner, _free), {"b_lost_s": lost_s})
            connection.execute(_lease, {"b_job": job_id, "b_n": chunk.n, "v_owner": worker,
                                        "v_lease_until_s": now_s + lease_s, "v_token": chunk.token + 1})  # fmt: skip
            mark_items(connection, job_id, chunk.first, chunk.last, ItemStatus.QUEUED, ItemStatus.PROCESSING)
            _go_on(connection, job, worker)
            return Claim(job_id, chunk.n, chunk.first, chunk.last, chunk.token + 1, chunk.seq)

    def n_open_chunks(self, job_id: str | None = None, at_most: int = 1) -> int:
        """Count the open chunks, leased ones too, of jobs that may be worked on (or of one of them), up to at_most."""
        one = chunks.c.job_id == job_id if job_id is not None else chunks.c.job_id == jobs.c.id
        some = (
            select(chunks.c.n).select_from(chunks.join(jobs, jobs.c.id == chunks.c.job_id))
            .where(one, claimable(), chunks.c.status == ChunkStatus.OPEN).limit(at_most).subquery()
        )  # fmt: skip
        with self._read() as connection:
            return connection.execute(select(func.count()).select_from(some)).scalar_one()

    def jobs_at_work(self) -> list[str]:
        """Return the jobs that have something for workers to do."""
        with self._read() as connection:
            return list(connection.execute(select(jobs.c.id).where(claimable(), has_open_chunk(jobs.c.id))).scalars())

    def release_vanished(self, owners: Sequence[str]) -> list[str]:
        """Give back at once the chunks of workers known to be gone; returns the jobs that were interrupted."""
        with self._write() as connection:
            theirs = and_(chunks.c.owner.in_(owners), chunks.c.status == ChunkStatus.OPEN)
            touched = list(connection.execute(select(chunks.c.job_id).distinct().where(theirs)).scalars())
            for job_id in sorted(touched):
                if (job := _lock(connection, job_id)) is not None:
                    _free_vanished(connection, job, theirs, {})
            return sorted(touched)

    def note_stop(self, job_id: str) -> None:
        """Write that the program was stopped before the job ended, unless somebody else works on it."""
        with self._write() as connection:
            job = _lock(connection, job_id)
            if job is None or job.status != JobStatus.PROCESSING or job.pause_requested_at or job.cancel_requested_at:
                return
            if not is_leased(connection, job_id, self.now_s(connection)):
                connection.execute(update(jobs).where(jobs.c.id == job_id).values(waits_for=STOPPED))
                add_event(connection, job_id, "interrupted", f"the program was stopped at {_share(job)}", SYSTEM)

    def owners(self) -> list[str]:
        """Workers that hold, or held when they vanished, an open chunk."""
        with self._read() as connection:
            held = select(chunks.c.owner).distinct().where(chunks.c.owner.is_not(None))
            return list(connection.execute(held.where(chunks.c.status == ChunkStatus.OPEN)).scalars())

    def open_items(self, claim: Claim, statuses: Sequence[ItemStatus] = OPEN_ITEMS) -> list[OpenItem]:
        """Items of the chunk that still need an answer of their own (or are in other states), in order."""
        with self._read() as connection:
            span = {"b_job": claim.job_id, "b_first": claim.first, "b_last": claim.last, "b_statuses": list(statuses)}
            rows = connection.execute(_open_of_span, span).all()
            shared = _shared_expected(connection, claim.job_id, [position for position, *_, n_same in rows if n_same])
        return [
            OpenItem(position, text, text_key, n_attempts, (expected, *shared.get(position, ())))
            for position, text, text_key, n_attempts, expected, _ in rows
        ]


@cache
def _next_job(only_one: bool) -> Any:
    """Find the job whose turn it is; the count of its chunks at work makes the shares of equals fair."""
    busy = (
        select(func.count()).where(chunks.c.job_id == jobs.c.id, chunks.c.owner.is_not(None),
                                   chunks.c.lease_until_s >= _lost_s)
        .scalar_subquery()
    )  # fmt: skip
    free = select(chunks.c.n).where(chunks.c.job_id == jobs.c.id, _free).exists()
    wanted = and_(jobs.c.priority >= bindparam("b_priority"), jobs.c.id.not_in(bindparam("b_but", expanding=True)))
    return (
        select(jobs.c.id)
        .where(claimable(), free, and_(wanted, jobs.c.id == bindparam("b_job")) if only_one else wanted)
        .order_by(jobs.c.priority.desc(), busy, jobs.c.created_at, jobs.c.id).limit(1)
    )  # fmt: skip


def _lock(connection: Connection, job_id: str) -> Row[Any, Any] | None:
    """Lock the job's row before its chunks and items, as every writer does: no two wait for each other."""
    return connection.execute(_lock_job, {"b_job": job_id}).first()


def _go_on(connection: Connection, job: Row[Any, Any], worker: str) -> None:
    """Note the first claim of a queued job, and the first one after the program was stopped."""
    stopped = job.waits_for == STOPPED
    if job.status == JobStatus.PROCESSING and not stopped:
        return
    now = datetime.now(UTC)
    connection.execute(
        update(jobs).where(jobs.c.id == job.id)
        .values(status=JobStatus.PROCESSING, started_at=func.coalesce(jobs.c.started_at, now),
                waits_for=None, waits_until_at=None, error_message=None)
    )  # fmt: skip
    if stopped:
        add_event(connection, job.id, "resumed", f"resumed after a stop at {_share(job)}", SYSTEM)
    else:
        add_event(connection, job.id, "processing", "a worker took the first products", worker)


def _free_vanished(connection: Connection, job: Row[Any, Any], held: Any, told: Mapping[str, float]) -> None:
    """Free what a vanished worker held of a job, its money too, once, and say so. told: parameters of held."""
    freed_chunks = connection.execute(select(chunks).where(chunks.c.job_id == job.id, held), told).all()
    for row in freed_chunks:
        mark_items(connection, job.id, row.first, row.last, ItemStatus.PROCESSING, ItemStatus.QUEUED)
    take_back(connection, job.id, {row.owner for row in freed_chunks})
    freed = {"owner": None, "lease_until_s": None}
    connection.execute(update(chunks).where(chunks.c.job_id == job.id, held).values(freed), told)
    if job.status in ACTIVE and not job.pause_requested_at and not job.cancel_requested_at:
        add_event(connection, job.id, "resumed", f"resumed after an interruption at {_share(job)}", SYSTEM)


def _share(job: Row[Any, Any]) -> str:
    n_done = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    return f"{100 * n_done // job.n_items} %" if n_done else "the start"


def _shared_expected(connection: Connection, job_id: str, leaders: list[int]) -> dict[int, list[str | None]]:
    found: dict[int, list[str | None]] = {}
    if leaders:
        same = select(items.c.same_as, items.c.expected).where(items.c.job_id == job_id, items.c.same_as.in_(leaders))
        for leader, expected in connection.execute(same):
            found.setdefault(leader, []).append(expected)
    return found
