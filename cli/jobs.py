"""anaquel jobs, status, cancel, pause, resume, retry, export: what can be seen and asked of jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from classifier import jobs as verbs
from classifier.analysis.forecast import Forecast, n_final
from classifier.bootstrap import Services
from classifier.delivery import Format, format_of, pieces_of
from cli.output import as_json, refusals, table, tell
from cli.progress import cost
from cli.running import run_to_end
from cli.session import Budget, JobId, Json, actor, find_job, open_services
from storage import Job, JobStatus


def record(job: Job) -> dict[str, Any]:
    """Give what a list shows of a job."""
    return {
        "job_id": job.id, "name": job.name, "status": job.status, "paused": job.pause_requested_at is not None,
        "engine": job.engine, "model": job.model, "priority": job.priority, "parent_id": job.parent_id,
        "source": job.source, "owner": job.owner, "total": job.n_items, "done": n_final(job),
        "classified": job.n_classified, "not_a_product": job.n_not_a_product, "unsure": job.n_unsure,
        "failed": job.n_failed, "cancelled": job.n_cancelled,
        "cost_usd": None if job.n_unpriced_attempts else f"{job.cost_usd:f}", "created_at": _iso(job.created_at),
        "started_at": _iso(job.started_at), "completed_at": _iso(job.completed_at), "waits_for": job.waits_for,
        "error_message": job.error_message,
    }  # fmt: skip


def list_jobs(
    state: Annotated[list[JobStatus] | None, typer.Option("--state", help="Only jobs in this state.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many.")] = 20,
    json: Json = False,
) -> None:
    """List jobs, newest first."""
    with refusals():
        found = open_services().store.jobs(n=n, statuses=state or None)
    if json:
        as_json([record(job) for job in found])
        return
    rows = [(job.id, f"{job.created_at:%Y-%m-%d %H:%M}", job.status, f"{n_final(job)}/{job.n_items}", job.n_failed,
             cost(job), job.name) for job in found]  # fmt: skip
    table(("job", "created (UTC)", "state", "done", "failed", "cost", "name"), rows)


def status(job: JobId, json: Json = False) -> None:
    """Tell where a job stands, with its history."""
    with refusals():
        services = open_services()
        found = find_job(services, job)
        end_at = Forecast(services.store).end_of(found)
        history = [{"at": _iso(line.at), "kind": line.kind, "cause": line.cause, "actor": line.actor}
                   for line in services.store.events(found.id)]  # fmt: skip
        log = services.store.deliveries(found.id)
    told = record(found) | {"estimated_completion_time": _iso(end_at), "history": history}
    told["callback"] = [{"status": line.status, "at": _iso(line.at), "http_status": line.http_status,
                         "error": line.error, "next_at": _iso(line.next_at)} for line in log]  # fmt: skip
    if json:
        as_json(told)
        return
    table(("", ""), [(name, value) for name, value in told.items() if name not in ("history", "callback")])
    table(("at", "what", "cause", "who"), [tuple(line.values()) for line in history])


def cancel(job: JobId) -> None:
    """Cancel a job: what is paid for is kept, nothing more is asked."""
    _ask(verbs.cancel, job, "Cancel")


def pause(job: JobId) -> None:
    """Pause a job: calls in flight end, nothing new starts."""
    _ask(verbs.pause, job, "Pause")


def _ask(verb: Callable[[Services, str, str], None], told: str, name: str) -> None:
    with refusals():
        services = open_services()
        job = find_job(services, told)
        verb(services, job.id, actor())
    tell(f"{name} asked for job {job.id}.")


Run = Annotated[bool, typer.Option("--run/--leave", help="Run it here to its end, or leave it to the server.")]


def resume(job: JobId, run: Run = True, budget_usd: Budget = None) -> None:
    """Let a paused or failed job go on, with a new budget if one is given."""
    with refusals():
        services = open_services()
        found = find_job(services, job)
        verbs.resume(services, found.id, actor(), budget_usd)
        _finish(services, found, run)


def retry(job: JobId, run: Run = True) -> None:
    """Start a new job with the failed products of an ended one."""
    with refusals():
        services = open_services()
        child = services.store.job(verbs.retry_failed(services, find_job(services, job).id, actor()))
        tell(f"Job {child.id}: {child.n_items} products that failed before.")
        _finish(services, child, run)


def _finish(services: Services, job: Job, run: bool) -> None:
    if run:
        ended, _ = run_to_end(services, job, quiet=False)
        tell(f"Job {ended.id} is {ended.status}: {n_final(ended)} of {ended.n_items} done, {ended.n_failed} failed.")


def export(
    job: JobId,
    out: Annotated[str, typer.Option("-o", "--out", help="A file, or - for standard output.")] = "-",
    form: Annotated[str | None, typer.Option("--format", help="json, jsonl, csv, xlsx, parquet.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="What is done so far, of a job in any state.")] = False,
) -> None:
    """Write a job's result, the same bytes as the dashboard and REST give."""
    with refusals():
        wanted: Format = format_of(f"result.{form}" if form else out)
        services = open_services()
        found = find_job(services, job)
        pieces = pieces_of(services, found, wanted, partial=partial)
        first = next(pieces)
        services.store.note_activity(actor(), "exported", f"{found.name} as {wanted}", found.id)
        with Path(out).open("wb") if out != "-" else sys.stdout.buffer as target:
            target.write(first)
            target.writelines(pieces)


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
