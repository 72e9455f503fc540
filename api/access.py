"""Who calls: tokens, owners and rates, for every route but health."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from api import wording
from classifier.access import Caller, Gate, NotAllowed, RateLimiter, visible_job
from classifier.analysis.forecast import Forecast
from classifier.bootstrap import Services
from classifier.bootstrap import services as the_services
from classifier.people import Act
from storage import Job, JobNotFound

bearer = HTTPBearer(auto_error=False, description="Only when API tokens have been created.")


@dataclass(frozen=True)
class Desk:
    """What the routes share in a process."""

    services: Services
    gate: Gate
    requests: RateLimiter
    submissions: RateLimiter
    forecast: Forecast


@functools.lru_cache(maxsize=4)
def desk_of(services: Services) -> Desk:
    """Return the one desk over these services."""
    serving = services.settings.serving
    return Desk(services, Gate(services.store, services.settings.sign_in), RateLimiter(serving.requests_per_minute),
                RateLimiter(serving.submissions_per_minute), Forecast(services.store))  # fmt: skip


def desk() -> Desk:
    """Return this process's desk."""
    return desk_of(the_services())


def no_more(wait_s: float) -> HTTPException:
    """Make the answer to a caller who is too fast."""
    seconds = math.ceil(wait_s)
    return HTTPException(429, wording.TOO_FAST.format(seconds=seconds), {"Retry-After": str(seconds)})


async def current_caller(request: Request, _bearer: Annotated[object, Depends(bearer)]) -> Caller:
    """Tell who calls; 401 without a token where one is needed, 429 for one who is too fast."""
    at = desk()
    if at.gate.is_stale:
        await run_in_threadpool(at.gate.refresh)
    address = request.client.host if request.client else ""
    try:
        caller = at.gate.caller(request.headers.get("authorization"))
    except NotAllowed as error:
        if wait_s := at.requests.wait_s(f"address {address}"):
            raise no_more(wait_s) from error
        raise HTTPException(401, wording.NEEDS_TOKEN, {"WWW-Authenticate": "Bearer"}) from error
    if wait_s := at.requests.wait_s(f"owner {caller.owner}" if caller.owner else f"address {address}"):
        raise no_more(wait_s)
    return caller


AnyCaller = Annotated[Caller, Depends(current_caller)]


def _permitted(act: Act) -> Callable[[Caller], Caller]:
    def check(caller: AnyCaller) -> Caller:
        if not caller.person.may(act):
            raise HTTPException(403, wording.NOT_PERMITTED[act])
        return caller

    return check


# reading and exporting are every role's: the others are named after what they may do beyond
Starter = Annotated[Caller, Depends(_permitted(Act.START))]
Reviewer = Annotated[Caller, Depends(_permitted(Act.REVIEW))]
Steerer = Annotated[Caller, Depends(_permitted(Act.STEER))]  # of their own jobs: others' are not there for them


def find_job(caller: Caller, job_id: str) -> Job:
    """Return a job that the caller may see; raises HTTPException 404."""
    try:
        return visible_job(desk().services.store, caller, job_id)
    except JobNotFound as error:
        raise HTTPException(404, wording.not_found(job_id)) from error
