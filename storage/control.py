"""What people ask of a job: cancel, pause, resume, priority, delete; and how the asked-for is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, select, update

from storage.conditions import complete, has_open_chunk, is_leased, settle_cancel
from storage.database import Database
from storage.errors import IllegalMove, JobNotFound
from storage.events import add_event
from storage.status import ACTIVE, FINAL, JobStatus
from storage.tables import jobs

UNDO = timedelta(minutes=10)


class Control(Database):
    """Verbs of the faces; each is written into the job's history with its actor."""

    def request_cancel(self, job_id: str, actor: str) -> None:
        """Ask to cancel; a job that no worker holds is cancelled at once. Raises JobNotFound, IllegalMove."""
        with self._write() as connection:
            _expect(connection, job_id, ACTIVE, "only a queued or processing job can be cancelled")
            _set(connection, job_id, cancel_requested_at=datetime.now(UTC))
            add_event(connection, job_id, "cancel requested", "asked to cancel", actor)
            settle_cancel(connection, job_id, self.now_s(connection))

    def request_pause(self, job_id: str, actor: str, cause: str = "asked to pause") -> None:
        """Ask to pause: calls in flight end, nothing new starts. Raises JobNotFound, IllegalMove."""
        with self._write() as connection:
            _expect(connection, job_id, ACTIVE, "only a queued or processing job can be paused")
            _set(connection, job_id, pause_requested_at=datetime.now(UTC), waits_for=cause)
            add_event(connection, job_id, "paused", cause, actor)

    def resume(self, job_id: str, actor: str, budget_usd: Decimal | None = None) -> None:
        """Let a paused or failed job go on, with a new budget if one is given. Raises JobNotFound, IllegalMove."""
        with self._write() as connection:
            job = _expect(connection, job_id, (*ACTIVE, JobStatus.FAILED), "a finished job cannot be resumed")
            if job.cancel_requested_at is not None:
                raise IllegalMove(f"Job {job_id} is being cancelled: it cannot be resumed.")
            changes: dict[str, Any] = {"pause_requested_at": None, "waits_for": None, "waits_until_at": None}
            if budget_usd is not None:
                changes["budget_usd"] = budget_usd
            if job.status == JobStatus.FAILED:
                changes |= {"status": JobStatus.QUEUED, "error_message": None, "completed_at": None}
            _set(connection, job_id, **changes)
            add_event(connection, job_id, "resumed", "asked to go on", actor)

    def set_priority(self, job_id: str, priority: int, actor: str) -> None:
        """Change the priority (1..5, 5 first). Raises JobNotFound, IllegalMove, ValueError."""
        if not 1 <= priority <= 5:
            raise ValueError("priority is a whole number from 1 to 5")
        with self._write() as connection:
            _expect(connection, job_id, ACTIVE, "the job has ended")
            _set(connection, job_id, priority=priority)
            add_event(connection, job_id, "priority", f"priority set to {priority}", actor)

    def delete(self, job_id: str, actor: str) -> None:
        """Hide an ended job and remove it after the undo period. Raises JobNotFound, IllegalMove."""
        with self._write() as connection:
            _expect(connection, job_id, FINAL, "cancel the job before deleting it")
            _set(connection, job_id, deleted_at=datetime.now(UTC) + UNDO)
            add_event(connection, job_id, "deleted", "removed for good in ten minutes", actor)

    def undelete(self, job_id: str, actor: str) -> None:
        """Undo a delete within its period. Raises JobNotFound, IllegalMove."""
        with self._write() as connection:
            job = _expect(connection, job_id, tuple(JobStatus), "")
            if job.deleted_at is not None and job.deleted_at < datetime.now(UTC):
                raise IllegalMove(f"Job {job_id} was deleted too long ago.")
            _set(connection, job_id, deleted_at=None)
            add_event(connection, job_id, "restored", "the delete was undone", actor)

    def fail_job(self, job_id: str, reason: str, actor: str) -> None:
        """Stop a job that cannot go on (key, quota, spec); what is done stays, and it may be resumed."""
        with self._write() as connection:
            stopped = and_(jobs.c.id == job_id, jobs.c.status.in_(ACTIVE), jobs.c.cancel_requested_at.is_(None))
            values = {"status": JobStatus.FAILED, "error_message": reason, "completed_at": datetime.now(UTC),
                      "waits_for": None, "waits_until_at": None}  # fmt: skip
            if connection.execute(update(jobs).where(stopped).values(values)).rowcount:
                add_event(connection, job_id, "failed", reason, actor)

    def tell_waiting(self, job_id: str, waits_for: str | None, until_at: datetime | None = None) -> None:
        """Say what a working job stands still for, and until when if that is known; None: it goes on."""
        with self._write() as connection:
            told = {"waits_for": waits_for, "waits_until_at": until_at}
            connection.execute(update(jobs).where(_works(job_id)).values(told))

    def tell_stranded(self, job_id: str, waits_for: str) -> None:
        """Say what a job waits for that this worker cannot do, unless another one is at it."""
        with self._write() as connection:
            _expect(connection, job_id, tuple(JobStatus), "")
            if not is_leased(connection, job_id, self.now_s(connection)):
                connection.execute(update(jobs).where(_works(job_id)).values(waits_for=waits_for, waits_until_at=None))

    def note(self, job_ids: Sequence[str], kind: str, cause: str, actor: str) -> None:
        """Add a line to the history of jobs."""
        with self._write() as connection:
            for job_id in connection.execute(select(jobs.c.id).where(jobs.c.id.in_(job_ids))).scalars().all():
                add_event(connection, job_id, kind, cause, actor)

    def settle(self) -> None:
        """Carry out cancels whose workers have let go or are gone, and end jobs that have nothing left to do."""
        asked = and_(jobs.c.status.in_(ACTIVE), jobs.c.cancel_requested_at.is_not(None))
        unended = and_(jobs.c.status.in_(ACTIVE), jobs.c.ready_at.is_not(None), ~has_open_chunk(jobs.c.id))
        with self._read() as connection:
            cancelling = connection.execute(select(jobs.c.id).where(asked)).scalars().all()
            ending = connection.execute(select(jobs.c.id).where(unended)).scalars().all()
        for job_id in sorted({*cancelling, *ending}):
            with self._write() as connection:
                if not complete(connection, job_id) and job_id in cancelling:
                    settle_cancel(connection, job_id, self.now_s(connection))


def _works(job_id: str) -> Any:
    return and_(jobs.c.id == job_id, jobs.c.status == JobStatus.PROCESSING, jobs.c.pause_requested_at.is_(None))


def _expect(connection: Connection, job_id: str, states: tuple[JobStatus, ...], refusal: str) -> Any:
    job = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).first()
    if job is None:
        raise JobNotFound(f"There is no job {job_id}.")
    if job.status not in states:
        raise IllegalMove(f"Job {job_id} is {job.status}: {refusal}.")
    return job


def _set(connection: Connection, job_id: str, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))
