"""Idempotency keys: the same request asked twice is one job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select

from storage.database import Database
from storage.tables import jobs
from storage.tables_access import idempotency_keys

KEPT = timedelta(hours=48)
ABANDONED = timedelta(minutes=30)  # a submission that has not ended by then broke off


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Who used a key first. is_mine: this very reservation; is_ready: its job is complete and open."""

    job_id: str
    body_sha256: str
    is_mine: bool
    is_ready: bool


class Idempotency(Database):
    """Verbs of idempotency keys; a key belongs to a scope (an owner)."""

    def reserve_key(self, scope: str, key: str, body_sha256: str, job_id: str) -> KeyUse:
        """Take a key for a job that is about to be written, or tell who has it already."""
        mine = _is(scope, key)
        now = datetime.now(UTC)
        with self._write() as connection:
            kept = connection.execute(
                select(idempotency_keys, jobs.c.ready_at).where(mine)
                .outerjoin(jobs, jobs.c.id == idempotency_keys.c.job_id)
            ).first()  # fmt: skip
            if kept is not None:
                if kept.ready_at is not None or kept.created_at > now - ABANDONED:
                    return KeyUse(kept.job_id, kept.body_sha256, False, kept.ready_at is not None)
                connection.execute(delete(idempotency_keys).where(mine))
            row = {"scope": scope, "key": key, "body_sha256": body_sha256, "job_id": job_id, "created_at": now}
            connection.execute(insert(idempotency_keys), row)
        return KeyUse(job_id, body_sha256, True, False)

    def release_key(self, scope: str, key: str) -> None:
        """Give a key back whose submission was refused."""
        with self._write() as connection:
            connection.execute(delete(idempotency_keys).where(_is(scope, key)))

    def job_of_key(self, scope: str, key: str) -> str | None:
        """Return the job that a key was used for."""
        with self._read() as connection:
            return connection.execute(select(idempotency_keys.c.job_id).where(_is(scope, key))).scalar_one_or_none()

    def forget_keys(self, kept: timedelta = KEPT) -> int:
        """Remove keys older than two days."""
        with self._write() as connection:
            old = idempotency_keys.c.created_at < datetime.now(UTC) - kept
            return connection.execute(delete(idempotency_keys).where(old)).rowcount


def _is(scope: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.scope == scope, idempotency_keys.c.key == key)
