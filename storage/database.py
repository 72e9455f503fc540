"""Two doors to one database: a writer with short immediate transactions and a reader that cannot write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import QueuePool

from storage.errors import Unavailable, UnusableAddress

BUSY_TIMEOUT_MS = 10_000
RETURN_S = 10.0  # so long after a restart of the server nobody's lease counts as lost: owners write what they kept
# A machine that is cut off is noticed within seconds, by us and by the server; a frozen client keeps no row locked.
ALIVE = {"connect_timeout": 5, "keepalives": 1, "keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3,
         "tcp_user_timeout": 6_000}  # fmt: skip
ALIVE_TOLD = ("-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 "
              "-c tcp_user_timeout=6000")  # fmt: skip
IDLE_MS = 5_000  # a transaction may wait so long for its client: writers' are milliseconds long
CACHE_KIB = 2_000  # of each connection; the system keeps the file's pages too: more bought no speed at 1,000,000
UNUSABLE = ("The address of the database cannot be read: write sqlite:///path/to/anaquel.db or "
            "postgresql+psycopg://user@host/database.")  # fmt: skip
MIGRATION_TIMEOUT_MS = 600_000  # another process may be bringing a large database up to date


class Database:
    """Connections to SQLite (WAL, synchronous=FULL) or PostgreSQL; the base of Store."""

    def __init__(self, url: str) -> None:
        target = normal_url(url)
        self.is_sqlite = target.get_backend_name() == "sqlite"
        if self.is_sqlite:
            _make_folder(target)
        self._writer = open_engine(target)
        self._reader = open_engine(target, read_only=True)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """Open a write transaction, committed at the end. Raises Unavailable when away, locked or full."""
        with told_plainly(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """Open a read transaction: one consistent view, never blocked by the writer."""
        with told_plainly(), self._reader.connect() as connection:
            yield connection

    def now_s(self, connection: Connection) -> float:
        """Unix time by the database's clock (PostgreSQL), so that workers on several machines agree on leases."""
        if self.is_sqlite:
            return time.time()
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def lease_clock(self, connection: Connection) -> tuple[float, float]:
        """Return the Unix time, and the one before which ended leases are lost: none is just after a restart."""
        if self.is_sqlite:
            return time.time(), time.time()
        told = connection.execute(text(
            "SELECT extract(epoch FROM clock_timestamp()), "
            "extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())")).one()  # fmt: skip
        now_s, up_s = map(float, told)
        return now_s, now_s if up_s >= RETURN_S else 0.0

    def ping(self) -> None:
        """Raise Unavailable when the database does not answer."""
        with self._read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn a driver's complaint that the database cannot be used right now into Unavailable."""
    try:
        yield
    except PoolExhausted as error:
        raise Unavailable("All connections to the database are in use. The job goes on when one is free.") from error
    except DBAPIError as error:
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise Unavailable(_reason(error)) from error
        raise


def normal_url(url: str) -> URL:
    """Read a database URL; PostgreSQL is reached through psycopg 3 however the URL calls it. Raises UnusableAddress."""
    try:
        target = make_url("postgresql" + url[len("postgres") :] if url.startswith("postgres:") else url)
    except (ArgumentError, ValueError) as error:
        raise UnusableAddress(UNUSABLE) from error
    if target.get_backend_name() not in ("sqlite", "postgresql"):
        raise UnusableAddress(UNUSABLE)
    return target.set(drivername="postgresql+psycopg") if target.drivername == "postgresql" else target


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def open_engine(url: URL, *, read_only: bool = False, migrating: bool = False) -> Engine:
    """Open a pool of connections; migrating: without foreign keys (SQLite rebuilds tables), with patience for others.

    Parameters are hidden from errors: product texts must not reach logs.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, read_only=read_only, migrating=migrating)
    idle_ms = 0 if read_only or migrating else IDLE_MS
    told = f"{ALIVE_TOLD} -c idle_in_transaction_session_timeout={idle_ms}"
    view = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if read_only else {}
    return create_engine(url, json_serializer=_to_json, pool_pre_ping=True, pool_size=8, max_overflow=24,
                         pool_timeout=10, hide_parameters=True, connect_args={**ALIVE, "options": told},
                         execution_options=view)  # fmt: skip


def _sqlite(url: URL, *, read_only: bool, migrating: bool) -> Engine:
    n_kept = 2 if read_only else 1  # connections that stay, each with its cache; there is one writer at a time anyway
    engine = create_engine(url, poolclass=QueuePool, pool_size=n_kept, max_overflow=24, pool_use_lifo=True,
                           hide_parameters=True, json_serializer=_to_json,
                           connect_args={"check_same_thread": False})  # fmt: skip
    patience_ms = MIGRATION_TIMEOUT_MS if migrating else BUSY_TIMEOUT_MS
    cache_kib = CACHE_KIB // 2 if read_only else CACHE_KIB
    pragmas = [f"busy_timeout={patience_ms}", "journal_mode=WAL", "synchronous=FULL", f"cache_size=-{cache_kib}",
               f"foreign_keys={'OFF' if migrating else 'ON'}"]  # fmt: skip
    pragmas += ["query_only=ON"] if read_only else []

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: a later upgrade from a read snapshot fails with "database is locked"
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _to_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _reason(error: DBAPIError) -> str:
    told = str(error.orig).splitlines()[0] if error.orig else "no answer"
    if "full" in told:
        return f"The disk is full ({told}). Free some space; the job goes on by itself."
    if "disk I/O" in told:
        return f"The disk takes no more writes ({told}). Free some space or check it; the job goes on by itself."
    if "locked" in told or "busy" in told:
        return f"The database is locked by another program ({told}). The job goes on when it is free."
    return f"The database does not answer ({told}). The job goes on when it is back."
