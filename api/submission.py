"""POST /classify/async: a body of any size becomes a job; nothing of it stands in memory as a whole."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError

from api import wording
from api.access import Desk, Starter, desk, no_more
from api.body import Spooled, spool
from api.documents import SUBMISSION, refusals
from api.models import AcceptedJob
from classifier import jobs
from classifier.access import Caller
from classifier.build import EngineUnavailable
from classifier.engines.options import chosen
from classifier.errors import ClassifierError
from classifier.products import Limits
from classifier.request_body import TooManyProducts, read_options, read_products
from classifier.request_faults import InvalidRequest, fault, not_an_object
from classifier.request_options import RequestOptions
from classifier.stronger_model import NoSuchModel
from classifier.taxonomy_choice import NoSuchTaxonomy, find_taxonomy
from storage import Job, JobStatus
from storage.idempotency import KeyUse

N_AT_ONCE = 4  # large bodies that are parsed and written side by side
KEY_LENGTH = 255

router = APIRouter(tags=["classify"])
intake = anyio.CapacityLimiter(N_AT_ONCE)


@router.post("/classify/async", response_model=AcceptedJob, openapi_extra=SUBMISSION,
             responses=refusals(401, 403, 409, 413, 422, 429, 503), summary="Submit products")  # fmt: skip
async def classify_async(
    request: Request, caller: Starter, idempotency_key: Annotated[str | None, Header()] = None
) -> AcceptedJob:
    """Start a job. The same `Idempotency-Key` with the same body gives the same job; with another body 409."""
    at = desk()
    if wait_s := at.submissions.wait_s(caller.scope):
        raise no_more(wait_s)
    key = (idempotency_key or "").strip() or None
    if key is not None and len(key) > KEY_LENGTH:
        raise HTTPException(409, wording.KEY_TOO_LONG)
    path = at.services.settings.spool / f"rest-{secrets.token_hex(12)}.json"
    try:
        body = await spool(request, path, at.services.settings.max_upload_bytes)
        _expect_json(request, body)
        job = await anyio.to_thread.run_sync(partial(_accept, at, caller, path, body, key), limiter=intake)
    finally:
        path.unlink(missing_ok=True)
    return answer(at, job)


def answer(at: Desk, job: Job, message: str | None = None) -> AcceptedJob:
    """Tell of a job that was taken."""
    return AcceptedJob(
        job_id=job.id, status=JobStatus(job.status), message=message or wording.accepted(job.n_items),
        total_products=job.n_items, estimated_completion_time=at.forecast.end_of(job), created_at=job.created_at,
        status_url=f"/classify/status/{job.id}", result_url=f"/classify/result/{job.id}",
    )  # fmt: skip


def _expect_json(request: Request, body: Spooled) -> None:
    if not body.n_bytes:
        raise RequestValidationError([fault("missing", (), "Field required")])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise RequestValidationError([not_an_object(None)])


def _accept(at: Desk, caller: Caller, path: Path, body: Spooled, key: str | None) -> Job:
    """Check the body and write the job; raises HTTPException and RequestValidationError."""
    limits = Limits(n_bytes=at.services.settings.max_upload_bytes)
    with path.open("rb") as stream:
        try:
            options = read_options(stream, limits)
        except InvalidRequest as error:
            raise RequestValidationError(error.faults) from error
        except TooManyProducts as error:
            raise HTTPException(413, wording.TOO_MANY.format(limit=limits.n_rows)) from error
        job_id = jobs.new_job_id()
        if key is not None and not (use := _reserve(at, caller, key, body, job_id)).is_mine:
            return at.services.store.job(use.job_id)
        try:
            rows = read_products(stream, limits)
            jobs.submit(at.services, _submission(at, caller, options), rows, job_id)
        except BaseException as error:
            if key is not None:
                at.services.store.release_key(caller.scope, key)
            if isinstance(error, ClassifierError):
                where = _field_of(error)
                raise RequestValidationError([fault("value_error", where, str(error), None)]) from error
            raise
    return at.services.store.job(job_id)


def _field_of(error: ClassifierError) -> tuple[str, ...]:
    if isinstance(error, NoSuchModel):
        return ("stronger_model",)
    return ("taxonomy",) if isinstance(error, NoSuchTaxonomy | EngineUnavailable) else ()


def _reserve(at: Desk, caller: Caller, key: str, body: Spooled, job_id: str) -> KeyUse:
    use = at.services.store.reserve_key(caller.scope, key, body.sha256, job_id)
    if use.is_mine:
        return use
    if use.body_sha256 != body.sha256:
        raise HTTPException(409, wording.KEY_TAKEN)
    if not use.is_ready:
        raise HTTPException(409, wording.KEY_BUSY, {"Retry-After": "1"})
    return use


def _submission(at: Desk, caller: Caller, options: RequestOptions) -> jobs.Submission:
    return jobs.Submission(
        name=f"REST, {options.n_products} products", taxonomy_id=find_taxonomy(at.services, options.taxonomy),
        engine=options.engine, model=options.model, priority=options.priority or 1, budget_usd=options.budget_usd,
        options=_engine_options(options), reuse=options.reuse is not False, source="rest", actor=caller.actor,
        owner=caller.owner,
        callback_url=options.callback_url,
    )  # fmt: skip


def _engine_options(options: RequestOptions) -> dict[str, object]:
    return chosen(
        threshold=options.threshold, provider_batch=options.batch, stronger_model=options.stronger_model,
        seed=options.seed, temperature=options.temperature, service_tier=options.service_tier,
        reasoning_effort=options.reasoning_effort,
    ) | {name: value for name, value in (("learn", options.learn), ("learn_expected", options.learn_expected))
         if value is not None}  # fmt: skip
