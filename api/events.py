"""GET /classify/events/{job_id}: a job's progress as server-sent events, resumable by Last-Event-ID."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.access import AnyCaller, Desk, desk, find_job
from api.documents import refusals
from api.reading import describe
from classifier.analysis.forecast import n_final
from storage import FINAL, Job, JobNotFound

LOOK_S = 0.5
PING_S = 15
EVENT_ID = re.compile(r"(\d{1,18})\.(\d{1,18})\.([01])")
EVENT = {
    "type": "object", "required": ["event", "id", "data"],
    "properties": {"event": {"enum": ["history", "progress", "end"]}, "id": {"type": "string"},
                   "data": {"type": "string"}, "retry": {"type": "integer"}},
}  # fmt: skip
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": EVENT}},
          "description": "Events `history`, `progress` and, once, `end`; `data` is JSON."},
    204: {"description": "The job has ended and its end was told already: do not connect again."},
}  # fmt: skip
router = APIRouter(tags=["classify"])


class Place:
    """Where a reader is: last line of the history, products done, and whether the end was told."""

    def __init__(self, told: str | None) -> None:
        found = EVENT_ID.fullmatch((told or "").strip())
        self.line, self.n_done = (int(found[1]), int(found[2])) if found else (0, -1)
        self.is_over = found is not None and found[3] == "1"

    def __str__(self) -> str:
        return f"{self.line}.{max(0, self.n_done)}.{int(self.is_over)}"


@router.get("/classify/events/{job_id}", response_class=EventSourceResponse,
            responses=STREAM | refusals(401, 404, 422, 429, 503))  # fmt: skip
async def events(job_id: str, caller: AnyCaller, last_event_id: Annotated[str | None, Header()] = None) -> Response:
    """Follow a job: `history` lines (kind, cause, at), `progress` (as the status route), `end` when it has ended."""
    at, place = desk(), Place(last_event_id)
    job = await run_in_threadpool(find_job, caller, job_id)
    if place.is_over and job.status in FINAL:
        return Response(status_code=204)
    place.is_over = False
    return EventSourceResponse(_follow(at, job.id, place), ping=PING_S)


async def _follow(at: Desk, job_id: str, place: Place) -> AsyncIterator[ServerSentEvent]:
    while True:
        try:
            news = await run_in_threadpool(_news, at, job_id, place)
        except JobNotFound:
            return
        for event in news:
            yield event
        if place.is_over:
            return
        await asyncio.sleep(LOOK_S)


def _news(at: Desk, job_id: str, place: Place) -> list[ServerSentEvent]:
    """Collect what has happened since the reader's place, and move the place."""
    job = at.services.store.job(job_id)
    news = []
    for line in at.services.store.events(job_id):
        if (line.id or 0) > place.line:
            place.line = line.id or 0
            told = {"kind": line.kind, "cause": line.cause, "at": line.at.isoformat()}
            news.append(_event(place, "history", json.dumps(told, ensure_ascii=False)))
    if n_final(job) != place.n_done:
        place.n_done = n_final(job)
        news.append(_event(place, "progress", _status(at, job)))
    if job.status in FINAL:
        place.is_over = True
        news.append(_event(place, "end", _status(at, job)))
    return news


def _status(at: Desk, job: Job) -> str:
    return describe(at, job).model_dump_json()


def _event(place: Place, kind: str, data: str) -> ServerSentEvent:
    return ServerSentEvent(data=data, event=kind, id=str(place), retry=1000)
