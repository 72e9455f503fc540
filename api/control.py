"""What can be asked of jobs: cancel, pause, resume, retry, delete."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from fastapi import APIRouter, HTTPException

from api import wording
from api.access import Starter, Steerer, desk, find_job
from api.documents import refusals
from api.models import AcceptedJob, Done, ResumeRequest
from api.submission import answer
from classifier import jobs
from classifier.access import Caller
from classifier.bootstrap import Services
from storage import FINAL, IllegalMove, JobStatus

router = APIRouter(tags=["jobs"])
REFUSALS = refusals(401, 403, 404, 409, 413, 422, 429, 503)
Verb = Callable[[Services, str, str], None]


def _ask(verb: Verb, caller: Caller, job_id: str, name: str, message: str) -> Done:
    at = desk()
    job = find_job(caller, job_id)
    try:
        verb(at.services, job.id, caller.actor)
    except IllegalMove as error:
        raise HTTPException(409, wording.not_possible(job.id, str(job.status), name)) from error
    return Done(job_id=job.id, status=JobStatus(at.services.store.job(job.id).status), message=message)


@router.post("/classify/cancel/{job_id}", response_model=Done, responses=REFUSALS)
def cancel(job_id: str, caller: Steerer) -> Done:
    """Cancel: what is paid for is kept, nothing more is asked."""
    return _ask(jobs.cancel, caller, job_id, "cancelar", wording.CANCEL_ASKED)


@router.post("/classify/pause/{job_id}", response_model=Done, responses=REFUSALS)
def pause(job_id: str, caller: Steerer) -> Done:
    """Pause: calls in flight end, nothing new starts."""
    return _ask(jobs.pause, caller, job_id, "pausar", wording.PAUSE_ASKED)


@router.post("/classify/resume/{job_id}", response_model=Done, responses=REFUSALS | refusals(400))
def resume(job_id: str, caller: Steerer, asked: ResumeRequest | None = None) -> Done:
    """Let a paused or failed job go on, with a new budget if one is given."""
    budget = Decimal(str(asked.budget_usd)) if asked and asked.budget_usd is not None else None

    def go_on(services: Services, job: str, actor: str) -> None:
        jobs.resume(services, job, actor, budget)

    return _ask(go_on, caller, job_id, "reanudar", wording.RESUMED)


@router.post("/classify/retry/{job_id}", response_model=AcceptedJob, responses=REFUSALS)
def retry(job_id: str, caller: Starter) -> AcceptedJob:
    """Start a new job with the failed products of an ended one; the new job names its parent."""
    at, job = desk(), find_job(caller, job_id)
    if job.status not in FINAL:
        raise HTTPException(409, wording.not_possible(job.id, str(job.status), "reintentar") + " " + wording.NOT_ENDED)
    try:
        child = at.services.store.job(jobs.retry_failed(at.services, job.id, caller.actor))
    except jobs.Refused as error:
        raise HTTPException(409, wording.NOTHING_FAILED if not job.n_failed else str(error)) from error
    return answer(at, child, wording.RETRYING.format(n=child.n_items))


@router.delete("/jobs/{job_id}", response_model=Done, responses=REFUSALS)
def delete_job(job_id: str, caller: Steerer) -> Done:
    """Delete an ended job; it vanishes at once and is removed for good after ten minutes."""

    def delete(services: Services, job: str, actor: str) -> None:
        services.store.delete(job, actor)

    return _ask(delete, caller, job_id, "eliminar", wording.DELETED)
