"""What can be read of jobs: status, result, list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import StreamingResponse

from api import wording
from api.access import AnyCaller, Desk, desk, find_job
from api.documents import RESULT_ANSWERS, refusals
from api.models import DeliveryOut, JobOut, JobPage, JobStatusOut, Progress
from classifier.analysis.forecast import n_final
from classifier.delivery import MEDIA, Format, pieces_of
from classifier.standstill import why_waiting
from storage import Job, JobStatus

router = APIRouter(tags=["classify"])
CURSOR = r"^[0-9]{1,16}\.[a-zA-Z0-9]{1,64}$"  # microseconds since 1970 and the id of the last job
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@router.get("/classify/status/{job_id}", response_model=JobStatusOut, responses=refusals(401, 404, 429, 503))
def status(job_id: str, caller: AnyCaller) -> JobStatusOut:
    """Tell where a job stands. `progress` is null until it runs."""
    return describe(desk(), find_job(caller, job_id))


def describe(at: Desk, job: Job) -> JobStatusOut:
    """Describe a job's state."""
    log = at.services.store.deliveries(job.id) if job.callback_url else None
    return JobStatusOut(
        job_id=job.id, status=JobStatus(job.status), progress=_progress(job), created_at=job.created_at,
        started_at=job.started_at, completed_at=job.completed_at, error_message=job.error_message,
        total_products=job.n_items, estimated_completion_time=at.forecast.end_of(job),
        paused=job.pause_requested_at is not None, waits_for=why_waiting(at.services, job),
        cost_usd=None if job.n_unpriced_attempts else float(job.cost_usd),
        callback=None if log is None else [DeliveryOut.model_validate(line, from_attributes=True) for line in log],
    )  # fmt: skip


def _progress(job: Job) -> Progress | None:
    if job.status not in (JobStatus.PROCESSING, JobStatus.COMPLETED):
        return None
    n_done = n_final(job)
    return Progress(current=n_done, total=job.n_items, percentage=round(100 * n_done / max(1, job.n_items), 2))


@router.get("/classify/result/{job_id}", response_class=StreamingResponse,
            responses=RESULT_ANSWERS | refusals(401, 404, 409, 422, 429, 503))  # fmt: skip
def result(
    job_id: str, caller: AnyCaller,
    format: Annotated[Format, Query(description="How the result is written.")] = "json",  # noqa: A002
    partial: Annotated[bool, Query(description="What is done so far, with 200, of a job in any state.")] = False,
) -> StreamingResponse:  # fmt: skip
    """Stream the result of a completed job, in pieces of many items."""
    at, job = desk(), find_job(caller, job_id)
    if not partial and job.status != JobStatus.COMPLETED:
        raise HTTPException(409, wording.not_completed(job.id, str(job.status)))
    pieces = pieces_of(at.services, job, format, partial=partial)
    at.services.store.note_activity(caller.actor, "exported", f"{job.name} as {format}", job.id)
    # "identity" keeps the server's gzip away: it would compress on the event loop and stop everyone
    headers = {"Content-Encoding": "identity", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(pieces, media_type=MEDIA[format], headers=headers)


@router.get("/jobs", response_model=JobPage, responses=refusals(401, 422, 429, 503), tags=["jobs"])
def list_jobs(
    caller: AnyCaller,
    status: Annotated[list[JobStatus] | None, Query(description="Only jobs in these states.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=CURSOR, description="next_cursor of the page before.")] = None,
) -> JobPage:
    """List jobs, newest first."""
    before = _decode(cursor) if cursor else None
    found = desk().services.store.jobs(n=limit + 1, before=before, statuses=status or None, owner=caller.owner)
    page = found[:limit]
    return JobPage(jobs=[outline(job) for job in page], next_cursor=_encode(page[-1]) if len(found) > limit else None)


def outline(job: Job) -> JobOut:
    """Describe a job in a line."""
    return JobOut(
        job_id=job.id, name=job.name, status=JobStatus(job.status), priority=job.priority, engine=job.engine,
        model=job.model, parent_id=job.parent_id, total_products=job.n_items, successful=job.n_classified,
        failed=n_final(job) - job.n_classified, paused=job.pause_requested_at is not None,
        created_at=job.created_at, started_at=job.started_at, completed_at=job.completed_at,
        status_url=f"/classify/status/{job.id}", result_url=f"/classify/result/{job.id}",
    )  # fmt: skip


def _encode(job: Job) -> str:
    return f"{(job.created_at - EPOCH) // MICROSECOND}.{job.id}"


def _decode(cursor: str) -> tuple[datetime, str]:
    microseconds, _, job_id = cursor.partition(".")
    return EPOCH + int(microseconds) * MICROSECOND, job_id
