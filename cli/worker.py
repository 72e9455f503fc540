"""anaquel worker: a process that works on jobs, on this machine or another."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from classifier.settings import Settings
from classifier.working import work
from cli.output import refusals


def worker(
    verbose: Annotated[bool, typer.Option("--verbose", help="Also log what goes well.")] = False,
) -> None:
    """Work on the jobs of DATABASE_URL until SIGTERM or Ctrl-C; start as many as there is work for.

    With PostgreSQL the dashboard only submits; set ANAQUEL_EXECUTOR=workers to have the same with SQLite.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, stream=sys.stderr,
                        format="%(asctime)s %(levelname)s %(name)s: %(message)s")  # fmt: skip
    with refusals():
        work(Settings.from_env())
