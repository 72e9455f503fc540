"""Bringing a database to this program's schema, under a lock, with a backup of an SQLite file first."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from storage.errors import NewerDatabase

LOCK = 7_261_938  # any number, the same in every process: PostgreSQL's advisory lock for migrations


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision; several processes may call it at once.

    Raises NewerDatabase when the database has a revision that this program does not know.
    """
    scripts = ScriptDirectory.from_config(_config())
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        head = scripts.get_current_head()
        if current == head:
            return
        if current is not None:
            if current not in {script.revision for script in scripts.walk_revisions()}:
                raise NewerDatabase(
                    f"The database was written by a newer Anaquel (revision {current}). "
                    "Upgrade the program or restore a backup; nothing was changed."
                )
            _back_up(engine)
        command.upgrade(_config(connection), "head")


def _back_up(engine: Engine) -> None:
    """Copy an SQLite file beside itself before its schema changes."""
    path = make_url(str(engine.url)).database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    with sqlite3.connect(path) as source, sqlite3.connect(f"{path}.{stamp}.backup") as target:
        source.backup(target)
    source.close()
    target.close()
