"""Bundles of whole jobs, out and in, and corrected files that come back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar

import anyio
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import StreamingResponse

from api.access import AnyCaller, Reviewer, Starter, desk, find_job
from api.body import spool
from api.documents import FILE_BODY, refusals
from api.models import CorrectionsOut, JobOut
from api.reading import outline
from classifier.bundle import load_bundle, stream_bundle
from classifier.corrections import CorrectionReport, apply_corrections, read
from classifier.errors import ClassifierError

router = APIRouter(tags=["jobs"])
ZIP = "application/zip"
T = TypeVar("T")


@router.get("/jobs/{job_id}/bundle", response_class=StreamingResponse,
            responses=refusals(401, 404, 409, 429, 503) | {200: {"content": {ZIP: {}}}})  # fmt: skip
def bundle(job_id: str, caller: AnyCaller) -> StreamingResponse:
    """Give an ended job as one .zip: input hash, taxonomy, prompt, settings, prices, versions, calls and results."""
    job = find_job(caller, job_id)
    pieces = stream_bundle(desk().services, job)
    try:
        first = next(pieces)
    except ClassifierError as error:
        raise HTTPException(409, str(error)) from error
    desk().services.store.note_activity(caller.actor, "exported", f"{job.name} as bundle", job.id)
    headers = {"Content-Disposition": f'attachment; filename="anaquel-{job.id}-bundle.zip"'}
    return StreamingResponse(chain([first], pieces), media_type=ZIP, headers=headers)


@router.post("/jobs/bundle", response_model=JobOut, openapi_extra=FILE_BODY,
             responses=refusals(400, 401, 403, 413, 429, 503))  # fmt: skip
async def import_bundle(request: Request, caller: Starter) -> JobOut:
    """Import a bundle (the .zip is the body): it is checked, recounted, and shown as the same job."""
    services = desk().services

    def load(stream: BinaryIO) -> str:
        return load_bundle(services, stream, caller.actor, owner=caller.owner)

    return outline(services.store.job(await _used(request, load)))


@router.post("/jobs/{job_id}/corrections", response_model=CorrectionsOut, openapi_extra=FILE_BODY,
             responses=refusals(400, 401, 403, 404, 413, 429, 503))  # fmt: skip
async def import_corrections(job_id: str, request: Request, caller: Reviewer) -> CorrectionsOut:
    """Keep the corrected categories of an exported file (the body: CSV, Excel, JSON Lines, Parquet) as labels."""
    services = desk().services
    job = await anyio.to_thread.run_sync(find_job, caller, job_id)

    def apply(stream: BinaryIO) -> CorrectionReport:
        return apply_corrections(services, job.id, read(stream), caller.actor)

    return CorrectionsOut.model_validate(await _used(request, apply), from_attributes=True)


async def _used(request: Request, use: Callable[[BinaryIO], T]) -> T:
    """Spool the body, use it in a thread and remove it; raises HTTPException 400 with the sentence of a refusal."""
    settings = desk().services.settings
    path = settings.spool / f"rest-{secrets.token_hex(12)}.file"
    try:
        await spool(request, path, settings.max_upload_bytes)
        return await anyio.to_thread.run_sync(partial(_in_thread, path, use))
    except ClassifierError as error:
        raise HTTPException(400, str(error)) from error
    finally:
        path.unlink(missing_ok=True)


def _in_thread(path: Path, use: Callable[[BinaryIO], T]) -> T:
    with path.open("rb") as stream:
        return use(stream)
