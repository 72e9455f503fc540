"""Callbacks: which job ends are still to be told to whom, and the log of every try."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, select, update

from storage.database import Database
from storage.status import FINAL
from storage.tables import jobs
from storage.tables_access import callback_attempts, callbacks

WAITING, DELIVERED, REFUSED, GIVEN_UP = "waiting", "delivered", "refused", "given up"


@dataclass(frozen=True, slots=True)
class DueCallback:
    """A message to be sent now. n_attempts: tries before this one."""

    id: str
    job_id: str
    ended_at: datetime
    n_attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the delivery log."""

    message_id: str
    status: str
    at: datetime | None
    http_status: int | None
    latency_s: float | None
    error: str | None
    next_at: datetime | None


class Callbacks(Database):
    """Verbs of the courier that delivers callbacks."""

    def note_ended_jobs(self) -> int:
        """Write a message for every ended job that asked for a callback and has none for this end yet."""
        this_end = and_(callbacks.c.job_id == jobs.c.id, callbacks.c.ended_at == jobs.c.completed_at)
        told = select(callbacks.c.id).where(this_end)
        ended = and_(jobs.c.callback_url.is_not(None), jobs.c.status.in_(FINAL), jobs.c.completed_at.is_not(None))
        query = select(jobs.c.id, jobs.c.completed_at).where(ended, ~told.exists())
        with self._read() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self._write() as connection:
            rows = [_message(job_id, ended_at) for job_id, ended_at in connection.execute(query)]
            if rows:
                connection.execute(insert(callbacks), rows)
        return len(rows)

    def take_due_callbacks(self, n: int, lease_s: float) -> list[DueCallback]:
        """Take up to n messages that are due; another courier may take them again after the lease."""
        now = datetime.now(UTC)
        due = and_(callbacks.c.status == WAITING, callbacks.c.next_at <= now)
        query = select(callbacks).where(due).order_by(callbacks.c.next_at).limit(n)
        with self._read() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return []
        with self._write() as connection:
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            ids = [row.id for row in rows]
            leased = {"next_at": now + timedelta(seconds=lease_s)}
            connection.execute(update(callbacks).where(callbacks.c.id.in_(ids)).values(leased))
        return [DueCallback(row.id, row.job_id, row.ended_at, row.n_attempts) for row in rows]

    def note_attempt(self, callback_id: str, *, status: str, http_status: int | None, latency_s: float,
                     error: str | None, next_at: datetime | None) -> None:  # fmt: skip
        """Write a try into the log, with what comes next."""
        now = datetime.now(UTC)
        with self._write() as connection:
            connection.execute(insert(callback_attempts), {
                "callback_id": callback_id, "at": now, "http_status": http_status, "latency_s": latency_s,
                "error": error,
            })  # fmt: skip
            connection.execute(
                update(callbacks).where(callbacks.c.id == callback_id)
                .values(status=status, n_attempts=callbacks.c.n_attempts + 1, next_at=next_at)
            )  # fmt: skip

    def deliveries(self, job_id: str) -> Sequence[Delivery]:
        """Return the job's delivery log, oldest first; a message without a try has one line without a time."""
        query = (
            select(callbacks.c.id, callbacks.c.status, callbacks.c.next_at, callback_attempts.c.at,
                   callback_attempts.c.http_status, callback_attempts.c.latency_s, callback_attempts.c.error)
            .outerjoin(callback_attempts, callback_attempts.c.callback_id == callbacks.c.id)
            .where(callbacks.c.job_id == job_id).order_by(callbacks.c.ended_at, callback_attempts.c.id)
        )  # fmt: skip
        with self._read() as connection:
            return [Delivery(row.id, row.status, row.at, row.http_status, row.latency_s, row.error, row.next_at)
                    for row in connection.execute(query)]  # fmt: skip

    def forget_callbacks(self) -> None:
        """Remove the messages and log lines of jobs that are gone."""
        with self._write() as connection:
            connection.execute(delete(callbacks).where(callbacks.c.job_id.not_in(select(jobs.c.id))))
            connection.execute(
                delete(callback_attempts).where(callback_attempts.c.callback_id.not_in(select(callbacks.c.id)))
            )


def _message(job_id: str, ended_at: datetime) -> dict[str, Any]:
    digest = hashlib.blake2b(f"{job_id} {ended_at.isoformat()}".encode(), digest_size=15).hexdigest()
    return {"id": f"msg_{digest}", "job_id": job_id, "ended_at": ended_at, "status": WAITING, "n_attempts": 0,
            "next_at": datetime.now(UTC)}  # fmt: skip
