"""anaquel migrate: the whole record into another database."""

from __future__ import annotations

import hashlib
import sys
from contextlib import closing
from typing import Annotated

import typer

from cli.output import refusals, table, tell
from storage import Store
from storage.database import normal_url
from storage.moving import Move, expect_record


def migrate(
    source: Annotated[str, typer.Option("--from", help="sqlite:///path/to/anaquel.db")],
    target: Annotated[str, typer.Option("--to", help="postgresql://user@host/database, empty")],
) -> None:
    """Copy everything to PostgreSQL and compare both sides; safe to run again when it was interrupted.

    Stop the program first; originals of uploads stay in ANAQUEL_HOME. The source is not changed.
    """
    with refusals():
        expect_record(source)
        shown = normal_url(source).render_as_string(hide_password=True)
        name = f"{shown} {hashlib.sha256(source.encode()).hexdigest()[:8]}"
        with closing(Store(source)) as old, closing(Store(target)) as new:
            moved = Move(old, new, name).run(_tell_progress)
    table(("table", "rows", "checksum, the same on both sides"), [(m.table, m.n_rows, m.checksum) for m in moved])
    tell("Moved. Set DATABASE_URL to the new database and start the program and its workers.")


def _tell_progress(name: str, n_rows: int, n_all: int) -> None:
    if sys.stderr.isatty() or n_rows >= n_all:
        tell(f"{name}: {n_rows:,} of {n_all:,}")
