"""Where the texts of a job stand: written once, in the order of texts, when a label asks for it or before."""

from __future__ import annotations

from itertools import islice
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Database
from storage.tables import items, jobs
from storage.tables_labels import item_texts

ROWS_A_BATCH = 20_000
COLUMNS = ("job_id", "text_key", "position")
_of_item = tuple(items.c[name] for name in COLUMNS)


class TextPlaces(Database):
    """A verb that spares the first label of a large job its wait."""

    def index_texts(self, job_id: str) -> None:
        """Write where a job's texts stand, in short transactions: the recorder must not wait."""
        with self._read() as connection:
            wanted = select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.ready_at.is_not(None), ~jobs.c.is_indexed)
            if connection.execute(wanted).first() is None:
                return
            found = select(*_of_item).where(items.c.job_id == job_id).order_by(items.c.text_key, items.c.position)
            rows = iter(connection.execution_options(yield_per=ROWS_A_BATCH).execute(found))
            while some := [row._asdict() for row in islice(rows, ROWS_A_BATCH)]:
                with self._write() as writing:
                    if not writing.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()).first():
                        return  # the job was removed meanwhile
                    writing.execute(_insert(writing).on_conflict_do_nothing(), some)
        with self._write() as connection:
            _note(connection, job_id)


def place_texts(connection: Connection, job_id: str) -> None:
    """Write where a job's texts stand, in a transaction that is open already."""
    told = select(*_of_item).where(items.c.job_id == job_id).order_by(items.c.text_key, items.c.position)
    connection.execute(_insert(connection).from_select(COLUMNS, told).on_conflict_do_nothing())
    _note(connection, job_id)


def _insert(connection: Connection) -> Any:
    return (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(item_texts)


def _note(connection: Connection, job_id: str) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(is_indexed=True))
