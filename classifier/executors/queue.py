"""procrastinate's queue in our own database: its tables, and how it is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.schema import SchemaManager

from storage import Unavailable
from storage.database import ALIVE, normal_url

LOCK = 7_261_939  # PostgreSQL's advisory lock: one process prepares the queue
VERSION = "procrastinate_schema"  # preference: the last of its schema files that was applied
QUEUE = "shifts"
POOL_S = 5.0


def conninfo(url: str) -> str:
    """Turn a database URL into one that libpq reads."""
    return normal_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def queue_app(url: str) -> App:
    """Describe the queue; open it before use."""
    connector = PsycopgConnector(
        conninfo=conninfo(url), kwargs=dict(ALIVE), min_size=1, max_size=8, timeout=POOL_S, reconnect_timeout=0.0
    )
    return App(connector=connector)


def prepare_queue(url: str) -> None:
    """Bring procrastinate's tables to its installed version; several processes may call it at once. Unavailable.

    procrastinate keeps no record of its schema's version, so we keep one: the name of its newest migration file.
    """
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    try:
        with psycopg.connect(conninfo(url), **dict[str, Any](ALIVE)) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            there = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
            known = connection.execute("SELECT value #>> '{}' FROM preference WHERE key = %s", [VERSION]).fetchone()
            if there != (True,):
                connection.execute(SchemaManager.get_schema())
            elif known is not None:
                for path in files:
                    if path.name > known[0]:
                        connection.execute(path.read_bytes())
            connection.execute(
                "INSERT INTO preference (key, value) VALUES (%s, to_jsonb(%s::text)) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value", [VERSION, files[-1].name],
            )  # fmt: skip
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database does not answer ({str(error).splitlines()[0]}).") from error
