"""Removing jobs for good, in short transactions: a large job must not hold the writer up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from storage.database import Database
from storage.tables import attempts, chunks, items, job_events, jobs, tallies
from storage.tables_batches import provider_batches
from storage.tables_labels import item_texts
from storage.tables_limits import allowances

ROWS_A_BATCH = 5_000
ABANDONED = timedelta(hours=6)  # an upload that has not ended by then was interrupted


class Removal(Database):
    """Verbs that remove jobs with everything of theirs."""

    def drop_job(self, job_id: str) -> None:
        """Remove a job and everything of it, at once and for good. Going on after an interruption is safe."""
        large = ((items, items.c.position), (item_texts, item_texts.c.text_key), (attempts, attempts.c.id))
        while any(self._drop_some(table, key, job_id) for table, key in large):
            pass
        with self._write() as connection:
            for table in (items, attempts, tallies, provider_batches, chunks, job_events, allowances):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            connection.execute(delete(jobs).where(jobs.c.id == job_id))

    def purge(self, retention: timedelta | None = None) -> int:
        """Remove uploads that never ended, deleted jobs past their undo period, and jobs older than retention."""
        now = datetime.now(UTC)
        doomed = (jobs.c.ready_at.is_(None) & (jobs.c.created_at < now - ABANDONED)) | (jobs.c.deleted_at < now)
        if retention is not None:
            doomed |= jobs.c.completed_at < now - retention
        with self._read() as connection:
            ids = list(connection.execute(select(jobs.c.id).where(doomed)).scalars())
        for job_id in ids:
            self.drop_job(job_id)
        return len(ids)

    def _drop_some(self, table: Any, key: Any, job_id: str) -> bool:
        """Remove one batch of a job's rows; False when there were none."""
        some = select(key).where(table.c.job_id == job_id).limit(ROWS_A_BATCH)
        with self._write() as connection:
            return connection.execute(delete(table).where(table.c.job_id == job_id, key.in_(some))).rowcount > 0
