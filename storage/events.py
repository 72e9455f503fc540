"""A job's history: one line for each transition and request, with time, cause and actor."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from storage.activity import ACTS, PROGRAM, add_activity
from storage.tables import job_events


def add_event(connection: Connection, job_id: str, kind: str, cause: str, actor: str) -> None:
    """Add a line to the history in the transaction that makes it true."""
    connection.execute(
        insert(job_events), {"job_id": job_id, "at": datetime.now(UTC), "kind": kind, "cause": cause, "actor": actor}
    )
    if actor != PROGRAM and kind in ACTS:
        add_activity(connection, actor, kind, cause, job_id)
