"""anaquel bundle, corrections: whole jobs to and from other installations, corrected files back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from classifier.bundle import load_bundle, stream_bundle
from classifier.corrections import apply_corrections, read
from cli.output import as_json, refusals, table, tell
from cli.session import JobId, Json, actor, find_job, open_services

bundle = typer.Typer(no_args_is_help=True, help="Take a whole job to another installation.")
corrections = typer.Typer(no_args_is_help=True, help="Bring corrected files back as reviewed labels.")
Source = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


@bundle.command("export")
def export_bundle(
    job: JobId, out: Annotated[Path, typer.Option("-o", "--out", dir_okay=False, help="The .zip to write.")]
) -> None:
    """Write an ended job as one .zip: taxonomy, prompt, settings, prices, versions, calls and results, but no key."""
    with refusals():
        services = open_services()
        found = find_job(services, job)
        pieces = stream_bundle(services, found)
        first = next(pieces)
        services.store.note_activity(actor(), "exported", f"{found.name} as bundle", found.id)
        with out.open("wb") as target:
            target.write(first)
            target.writelines(pieces)


@bundle.command("import")
def import_bundle(file: Source, json: Json = False) -> None:
    """Import a bundle, after checking it against its manifest and recounting it, and print its job's id."""
    with refusals():
        services = open_services()
        with file.open("rb") as stream:
            job_id = load_bundle(services, stream, actor())
    if json:
        as_json({"job_id": job_id})
    else:
        typer.echo(job_id)


@corrections.command("import")
def import_corrections(job: JobId, file: Source, json: Json = False) -> None:
    """Keep the corrected categories of an exported FILE (CSV, Excel, JSON Lines, Parquet) as reviewed labels of JOB."""
    with refusals():
        services = open_services()
        with file.open("rb") as stream:
            report = apply_corrections(services, find_job(services, job).id, read(stream), actor())
    if json:
        as_json(asdict(report))
        return
    tell(f"{report.n_kept} of {report.n_rows} rows became reviewed labels; {report.n_unchanged} say nothing new, "
         f"{report.n_rejected} were refused.")  # fmt: skip
    if report.problems:
        table(("where", "why", "value"), [(p.place, p.reason, p.raw) for p in report.problems])
