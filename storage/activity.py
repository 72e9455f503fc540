"""The log of who started, changed, exported or deleted what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from storage.database import Database
from storage.tables_activity import Activity, activities

PROGRAM = "anaquel"  # what the program does by itself stands in the job's history, not in this log
ACTS = frozenset({"created", "cancel requested", "paused", "resumed", "priority", "deleted", "restored"})


class ActivityLog(Database):
    """Verbs of the log; nothing removes a line."""

    def note_activity(self, actor: str, action: str, what: str, job_id: str | None = None) -> None:
        """Add a line. Raises Unavailable."""
        with self._write() as connection:
            add_activity(connection, actor, action, what, job_id)

    def activity(self, n: int = 100, *, before: int | None = None, job_id: str | None = None) -> Sequence[Activity]:
        """Return the newest lines, of one job if given; before: only those with a smaller id (the next page)."""
        wanted = select(activities).order_by(activities.c.id.desc()).limit(n)
        if before is not None:
            wanted = wanted.where(activities.c.id < before)
        if job_id is not None:
            wanted = wanted.where(activities.c.job_id == job_id)
        with self._read() as connection:
            return [Activity(**row._mapping) for row in connection.execute(wanted)]


def add_activity(connection: Connection, actor: str, action: str, what: str, job_id: str | None) -> None:
    """Add a line in the transaction that makes it true."""
    row = {"at": datetime.now(UTC), "actor": actor, "action": action, "what": what, "job_id": job_id}
    connection.execute(insert(activities), row)
