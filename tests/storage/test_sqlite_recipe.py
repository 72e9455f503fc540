"""What SQLite must be told so that a commit survives a power loss and nobody waits for long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import Store, Unavailable
from storage.database import BUSY_TIMEOUT_MS
from tests.storage.recordkeeping import answered, claim, finish, new_job, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "anaquel.db"


@pytest.fixture
def sqlite(path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{path}")
    tell(store, "busy_timeout=200")
    yield store
    store.close()


def tell(store: Store, pragma: str) -> None:
    """Set a pragma on the writer's one connection."""
    with store._writer.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.rollback()


def pragma(store: Store, name: str, *, reading: bool = False) -> object:
    door = store._read if reading else store._write
    with door() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


@pytest.mark.parametrize("reading", [False, True])
def test_write_ahead_log_and_full_synchronisation_are_on(sqlite: Store, reading: bool) -> None:
    assert pragma(sqlite, "journal_mode", reading=reading) == "wal"
    assert pragma(sqlite, "synchronous", reading=reading) == 2  # FULL: an fsync for each commit
    assert pragma(sqlite, "foreign_keys", reading=reading) == 1


def test_a_writer_waits_for_a_locked_database_before_it_gives_up() -> None:
    assert BUSY_TIMEOUT_MS >= 5_000


def test_a_locked_database_is_told_in_a_sentence_and_nothing_is_half_done(sqlite: Store, path: Path) -> None:
    job_id = new_job(sqlite, 5)
    part = answered(sqlite, claim(sqlite))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked by another program"):
        record(sqlite, part)
    assert sqlite.job(job_id).n_classified == 0  # and reading goes on
    other.execute("ROLLBACK")
    other.close()
    record(sqlite, part)
    assert sqlite.job(job_id).status == "completed"


def test_a_full_disk_is_told_in_a_sentence_and_nothing_is_half_done(sqlite: Store, path: Path) -> None:
    job_id = new_job(sqlite, 2_000, chunk_size=2_000)
    held = claim(sqlite)
    part = answered(sqlite, held)
    tell(sqlite, f"max_page_count={pragma(sqlite, 'page_count')}")
    with pytest.raises(Unavailable, match="disk is full"):
        record(sqlite, part)
    assert (sqlite.job(job_id).n_classified, sqlite.job(job_id).n_attempts) == (0, 0)
    tell(sqlite, "max_page_count=4294967294")
    record(sqlite, part)
    assert sqlite.job(job_id).status == "completed"


def test_the_parameters_of_a_statement_are_not_in_an_error(sqlite: Store) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    with pytest.raises((SQLAlchemyError, Unavailable)) as caught, sqlite._write() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "canary"})
    assert "canary" not in str(caught.value)


def test_a_database_is_whole_after_all_that(sqlite: Store) -> None:
    new_job(sqlite, 50)
    finish(sqlite)
    assert pragma(sqlite, "integrity_check") == "ok"
    assert pragma(sqlite, "foreign_key_check") is None
