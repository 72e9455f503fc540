"""Moving a whole record to another database: copied by COPY, restartable, verified by counts and checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, delete, func, insert, select, text, tuple_
from sqlmodel import SQLModel

from storage.bulk import copy_rows
from storage.database import normal_url
from storage.errors import StorageError
from storage.store import Store
from storage.tables import chunks, jobs, preferences

MARK = "moving_from"  # preference of the target while it is being filled: the source, and how far each table is
Told = Callable[[str, int, int], None]
Row = Sequence[Any]


class NotMovable(StorageError):
    """The record cannot be moved as asked; nothing was changed."""


def expect_record(url: str) -> None:
    """Raise NotMovable when there is no SQLite file at the address: opening it would make an empty one."""
    address = normal_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise NotMovable(f"There is no database file {address.database or ''}.")


class NotTheSame(StorageError):
    """What arrived is not what was sent."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that arrived: rows, and the checksum that is the same on both sides."""

    table: str
    n_rows: int
    checksum: str


class Move:
    """One move from SQLite (or PostgreSQL) to PostgreSQL. An interrupted one goes on where it was."""

    def __init__(self, source: Store, target: Store, name: str, n_rows_a_batch: int = 20_000) -> None:
        """name: tells the source from others, so that a half-filled target is not filled from elsewhere."""
        self._source, self._target, self._name, self._n_rows_a_batch = source, target, name, n_rows_a_batch

    def run(self, tell: Told = lambda *_: None) -> list[Moved]:
        """Copy all tables; tell is given a table's name, rows so far and in all. Raises NotMovable, NotTheSame."""
        if self._target.is_sqlite:
            raise NotMovable("A record is moved to PostgreSQL: --to postgresql://...")
        self._refuse_a_living_source()
        done = self._begin()
        with _snapshot(self._source) as source:
            for table in _tables():
                self._copy(source, table, done, tell)
            moved = [self._verify(source, table) for table in _tables()]
        self._end()
        return moved

    def _refuse_a_living_source(self) -> None:
        with self._source._read() as connection:
            now_s = self._source.now_s(connection)
            busy = connection.execute(select(chunks.c.owner).where(chunks.c.lease_until_s >= now_s).limit(1)).scalar()
        if busy is not None:
            raise NotMovable("A worker is at work in the source: stop the program, wait ten seconds.")

    def _begin(self) -> dict[str, list[Any]]:
        """Mark the target as being filled from this source; returns how far an interrupted move came."""
        with self._target._write() as connection:
            mark = connection.execute(select(preferences.c.value).where(preferences.c.key == MARK)).scalar()
            if mark is None:
                if connection.execute(select(jobs.c.id).limit(1)).first() is not None:
                    raise NotMovable("The target has jobs already. Move into an empty database.")
                for table in reversed(_tables()):  # what a first start has put there
                    connection.execute(delete(table).where(_is_ours(table)))
                mark = {"source": self._name, "done": {}}
                connection.execute(insert(preferences), {"key": MARK, "value": mark})
        if mark["source"] != self._name:
            raise NotMovable(f"The target is being filled from {mark['source']}. Finish that move or empty it.")
        return dict(mark["done"])

    def _copy(self, source: Connection, table: Table, done: dict[str, list[Any]], tell: Told) -> None:
        names = [column.name for column in table.columns]
        n_all = source.execute(select(func.count()).select_from(table)).scalar_one()
        last = done.get(table.name)
        n_rows = self._n_there(table) if last else 0
        rows = _rows(source, table, last)
        while batch := [_clean_row(row) for row in islice(rows, self._n_rows_a_batch)]:
            keys = [names.index(column.name) for column in table.primary_key]
            done[table.name] = [batch[-1][key] for key in keys]
            with self._target._write() as connection:
                copy_rows(connection, table, names, batch)
                value = {"source": self._name, "done": done}
                connection.execute(preferences.update().where(preferences.c.key == MARK).values(value=value))
            n_rows += len(batch)
            tell(table.name, n_rows, n_all)

    def _n_there(self, table: Table) -> int:
        with self._target._read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def _verify(self, source: Connection, table: Table) -> Moved:
        sent = _checksum(source, table)
        with self._target._read() as connection:
            arrived = _checksum(connection, table)
        if sent != arrived:
            raise NotTheSame(
                f"Table {table.name}: {sent.n_rows} rows ({sent.checksum}) were sent, {arrived.n_rows} "
                f"({arrived.checksum}) are there. Did the source change? Empty the target and start again."
            )
        return sent

    def _end(self) -> None:
        """Let new rows be numbered after the old ones, and take the mark away."""
        with self._target._write() as connection:
            for table in _tables():
                column = table.autoincrement_column
                if column is not None and not column.foreign_keys:
                    connection.execute(text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # noqa: S608
                        f"greatest((SELECT max({column.name}) FROM {table.name}), 1))"
                    ))  # fmt: skip
            connection.execute(delete(preferences).where(preferences.c.key == MARK))


def _tables() -> list[Table]:
    return list(SQLModel.metadata.sorted_tables)


def _is_ours(table: Table) -> Any:
    """Condition: the row goes along (how the target's own queue stands does not)."""
    return preferences.c.key.not_in([MARK, "procrastinate_schema"]) if table is preferences else text("1 = 1")


@contextmanager
def _snapshot(store: Store) -> Iterator[Connection]:
    """One read transaction for all tables: what is written meanwhile is not seen."""
    with store._read() as connection:
        yield connection


def _rows(source: Connection, table: Table, last: Row | None = None) -> Iterator[Row]:
    """Read a table in the order of its key, from after the last key."""
    key = list(table.primary_key)
    wanted = select(table).where(_is_ours(table)).order_by(*key)
    if last is not None:
        wanted = wanted.where(tuple_(*key) > tuple_(*last))
    yield from source.execution_options(yield_per=5_000).execute(wanted)


def _checksum(connection: Connection, table: Table) -> Moved:
    """Add up a hash of each row: the same whatever the order and the database's way to write a value."""
    total, n_rows = 0, 0
    for row in connection.execution_options(yield_per=5_000).execute(select(table).where(_is_ours(table))):
        told = orjson.dumps([_plain(_clean(value)) for value in row], option=orjson.OPT_SORT_KEYS)
        total += int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big")
        n_rows += 1
    return Moved(table.name, n_rows, f"{total % 2**64:016x}")


def _clean_row(row: Row) -> list[Any]:
    return [_clean(value) for value in row]


def _clean(value: Any) -> Any:
    """Replace NUL, which SQLite keeps and PostgreSQL cannot."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_clean(name): _clean(inner) for name, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """Write a value in one way, however a database told it."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Decimal | datetime):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
