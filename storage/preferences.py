"""Settings that an analyst changed on a page; never a secret."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select

from storage.activity import add_activity
from storage.database import Database
from storage.tables import preferences


class Preferences(Database):
    """Small values by key."""

    def preference(self, key: str, default: Any = None) -> Any:
        """Return the value kept under the key."""
        with self._read() as connection:
            row = connection.execute(select(preferences.c.value).where(preferences.c.key == key)).first()
        return default if row is None else row.value

    def set_preference(self, key: str, value: Any, actor: str | None = None) -> None:
        """Keep a JSON value under the key; actor: who chose it, for the log (None: the program remembers something)."""
        with self._write() as connection:
            connection.execute(delete(preferences).where(preferences.c.key == key))
            connection.execute(insert(preferences), {"key": key, "value": value})
            if actor is not None:
                add_activity(connection, actor, "setting changed", f"{key}: {'–' if value is None else value}", None)
