"""One command's way to the record and its jobs."""

from __future__ import annotations

import getpass
import logging
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from classifier import taxonomies
from classifier.access import Caller, visible_job
from classifier.bootstrap import Services, services
from storage import Job, JobNotFound

JobId = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, the start of one, or `last`.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
N_SEARCHED = 1_000


def usd(told: str) -> Decimal:
    """Read an amount in USD. Raises typer.BadParameter."""
    try:
        amount = Decimal(told.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise typer.BadParameter(f"{told!r} is no amount in USD: write it like 2.50.")
    return amount


Budget = Annotated[Decimal | None, typer.Option("--budget-usd", parser=usd, metavar="USD",
                                                help="Stop before the job costs more.")]  # fmt: skip


def open_services() -> Services:
    """Open the record of this home folder; raises StorageError, ValueError."""
    logging.basicConfig(level=logging.ERROR)
    running = services()
    taxonomies.ensure_built_in(running)
    return running


def actor() -> str:
    """Name who asks, for a job's history."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def find_job(running: Services, told: str) -> Job:
    """Return a job by id, start of an id, or `last`; raises JobNotFound."""
    if told == "last":
        newest = running.store.jobs(n=1)
        if not newest:
            raise JobNotFound("There is no job yet.")
        return newest[0]
    try:
        return visible_job(running.store, Caller(), told)
    except JobNotFound:
        found = [job for job in running.store.jobs(n=N_SEARCHED) if len(told) >= 4 and job.id.startswith(told)]
        if len(found) != 1:
            raise
        return found[0]
