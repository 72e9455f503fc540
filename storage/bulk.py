"""Many rows at once into PostgreSQL, by its COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table


def copy_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows (values as the tables' types take them, in the order of the columns) in the open transaction."""
    converts = [_processor(connection, table, name) for name in columns]
    driver: Any = connection.connection.driver_connection
    listed = ", ".join(f'"{name}"' for name in columns)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([
                convert(value) if convert is not None and value is not None else value
                for convert, value in zip(converts, row, strict=True)
            ])  # fmt: skip


def _processor(connection: Connection, table: Table, name: str) -> Callable[[Any], Any] | None:
    """Return what a column's type does to a value; JSON is sent as its text, which COPY takes."""
    dialect = connection.dialect
    kind = table.c[name].type.dialect_impl(dialect)
    if kind.__class__.__name__.upper().find("JSON") >= 0:
        return dialect._json_serializer
    return kind.bind_processor(dialect)
