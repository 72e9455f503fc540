"""Whole jobs leaving and entering the record: rows as plain JSON values, every column checked on the way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import JSON, Boolean, Float, Integer, String, Table, TypeDecorator, insert, select, update

from storage.columns import Usd, UtcTime
from storage.database import Database
from storage.errors import StorageError
from storage.tables import attempts, chunks, items, job_events, jobs, tallies
from storage.tables_spend import pace, spend_tallies

PAGE_ROWS = 2_000
TABLES: Mapping[str, Table] = {
    "job": jobs, "items": items, "attempts": attempts, "events": job_events, "tallies": tallies,
    "spend": spend_tallies, "pace": pace, "chunks": chunks,
}  # fmt: skip
INT64 = 2**63


class UnsoundRow(StorageError):
    """A row does not fit its table; the message says which column."""


class Archive(Database):
    """Verbs that read and write a job's rows as they are."""

    def archived(self, name: str, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield a job's rows of one of TABLES but "items" (see `stream_items`) as JSON values, in a lasting order."""
        table = TABLES[name]
        order = [table.c.started_at, table.c.id] if name == "attempts" else list(table.primary_key)
        of_job = select(table).where((jobs.c.id if name == "job" else table.c.job_id) == job_id).order_by(*order)
        with self._read() as connection:
            for row in connection.execution_options(yield_per=PAGE_ROWS).execute(of_job):
                yield to_json(row._asdict())

    def add_archived(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows that `checked` has read, in one transaction."""
        if rows:
            with self._write() as connection:
                connection.execute(insert(TABLES[name]), list(rows))

    def set_archived_job(self, job_id: str, values: Mapping[str, Any]) -> None:
        """Write a job's columns as `checked` has read them."""
        with self._write() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(dict(values)))


def to_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row as JSON values: moments in ISO 8601, money as exact decimal texts."""
    return {str(name): _told(value) for name, value in row.items()}


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def checked(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Turn `to_json` back, column by column; columns that the table has not are left out. Raises UnsoundRow."""
    columns = TABLES[name].c
    return {column.name: _value(column, record[column.name]) for column in columns if column.name in record}


def _value(column: Any, value: Any) -> Any:
    if value is None and column.nullable:
        return None
    kind = column.type
    try:
        if isinstance(kind, UtcTime):
            at = datetime.fromisoformat(value)
            return at if at.tzinfo else _refuse(column)
        if isinstance(kind, Usd):
            amount = Decimal(value) if isinstance(value, str) else Decimal("NaN")
            return amount if amount.is_finite() and abs(amount) < 1_000_000 else _refuse(column)
    except (TypeError, ValueError, InvalidOperation):
        return _refuse(column)
    return value if _fits(kind, value) else _refuse(column)


def _fits(kind: Any, value: Any) -> bool:
    kind = kind.impl_instance if isinstance(kind, TypeDecorator) else kind  # SQLModel's texts are wrapped
    if isinstance(kind, JSON):
        return isinstance(value, dict | list)
    if isinstance(kind, Boolean):
        return isinstance(value, bool)
    if isinstance(kind, Integer):
        return isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value < INT64
    if isinstance(kind, Float):
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    return isinstance(kind, String) and isinstance(value, str) and "\0" not in value and _is_encodable(value)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(column: Any) -> Any:
    raise UnsoundRow(f"A row's {column.name} is not what it should be.")
