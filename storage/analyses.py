"""Surveys of jobs, kept so that pages read one row instead of a million."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select

from storage.database import Database
from storage.tables_analysis import analyses


class Analyses(Database):
    """One kept survey for each job, as JSON."""

    def keep_analysis(self, job_id: str, n_seen: int, record: dict[str, Any]) -> None:
        """Replace the job's survey."""
        row = {"job_id": job_id, "n_seen": n_seen, "record": record, "made_at": datetime.now(UTC)}
        with self._write() as connection:
            connection.execute(delete(analyses).where(analyses.c.job_id == job_id))
            connection.execute(insert(analyses), row)

    def analysis(self, job_id: str) -> dict[str, Any] | None:
        """Return the job's kept survey, None when there is none."""
        with self._read() as connection:
            row = connection.execute(select(analyses.c.record).where(analyses.c.job_id == job_id)).first()
        return row.record if row else None
