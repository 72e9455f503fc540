"""Bringing a database to this program's schema, under a lock, with a backup of an SQLite file first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from storage.database import normal_url, open_engine, told_plainly
from storage.errors import NewerDatabase

LOCK = 7_261_938  # any number, the same in every process: PostgreSQL's advisory lock for migrations
MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str, *version_folders: Path) -> None:
    """Bring the database to the newest revision; several processes may call it at once.

    version_folders: where revisions are, the program's own unless given. Raises NewerDatabase when the database has a
    revision that this program does not know, Unavailable when it does not answer.
    """
    config = _config(version_folders or (MIGRATIONS / "versions",))
    engine = open_engine(normal_url(url), migrating=True)
    try:
        with told_plainly():
            _upgrade(engine, config)
    finally:
        engine.dispose()


def _config(version_folders: tuple[Path, ...]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, version_folders)))
    return config


def _upgrade(engine: Engine, config: Config) -> None:
    scripts = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        if current == scripts.get_current_head():
            return
        if current is not None:
            if current not in {script.revision for script in scripts.walk_revisions()}:
                raise NewerDatabase(
                    f"The database was written by a newer Anaquel (revision {current}). "
                    "Upgrade the program or restore a backup; nothing was changed."
                )
            _back_up(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(connection: Connection) -> None:
    """Copy an SQLite file beside itself before its schema changes."""
    path = connection.engine.url.database
    if connection.dialect.name != "sqlite" or not path or path == ":memory:":
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{path}.{stamp}.backup")) as target:
        source.backup(target)
