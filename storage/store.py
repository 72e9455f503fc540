"""The one door to the record."""

from __future__ import annotations

from storage.claims import Claims
from storage.control import Control
from storage.intake import Intake
from storage.preferences import Preferences
from storage.reads import Reads
from storage.recording import Recording
from storage.schema import upgrade


class Store(Intake, Claims, Recording, Control, Preferences, Reads):
    """Everything that is remembered, on SQLite or PostgreSQL; brings the schema up to date when it is built.

    Threads and processes may share a database; each process builds its own Store. Raises NewerDatabase when the
    database is from a newer program, Unavailable when it does not answer.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        upgrade(self._writer)
