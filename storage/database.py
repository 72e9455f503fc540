"""Two doors to one database: a writer with short immediate transactions and a reader that cannot write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from storage.errors import Unavailable

BUSY_TIMEOUT_MS = 10_000


class Database:
    """Connections to SQLite (WAL, synchronous=FULL) or PostgreSQL; the base of Store."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            _make_folder(url)
        self._writer = _engine(url, read_only=False)
        self._reader = _engine(url, read_only=True)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """Open a write transaction, committed at the end. Raises Unavailable when away, locked or full."""
        try:
            with self._writer.begin() as connection:
                yield connection
        except OperationalError as error:
            raise Unavailable(_reason(error)) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable(_reason(error)) from error
            raise

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """Open a read transaction: one consistent view, never blocked by the writer."""
        try:
            with self._reader.connect() as connection:
                yield connection
        except OperationalError as error:
            raise Unavailable(_reason(error)) from error

    def now_s(self, connection: Connection) -> float:
        """Unix time by the database's clock (PostgreSQL), so that workers on several machines agree on leases."""
        if self.is_sqlite:
            return time.time()
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def ping(self) -> None:
        """Raise Unavailable when the database does not answer."""
        with self._read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()


def _make_folder(url: str) -> None:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def _engine(url: str, *, read_only: bool) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24,
                             hide_parameters=True)  # fmt: skip
    # product texts must not reach logs by way of an error's parameters
    engine = create_engine(url, poolclass=QueuePool, pool_size=4, max_overflow=24, hide_parameters=True,
                           connect_args={"check_same_thread": False})  # fmt: skip

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL",
                       "foreign_keys=ON", "cache_size=-32000"):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: a later upgrade from a read snapshot fails with "database is locked"
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _reason(error: DBAPIError) -> str:
    told = str(error.orig).splitlines()[0] if error.orig else "no answer"
    if "full" in told:
        return f"The disk is full ({told}). Free some space; the job goes on by itself."
    if "locked" in told or "busy" in told:
        return f"The database is locked by another program ({told}). The job goes on when it is free."
    return f"The database does not answer ({told}). The job goes on when it is back."
