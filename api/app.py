"""The REST application. Paths are whole (/classify/..., /jobs): mount it with `whole`, which keeps them so."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import control, events, health, reading, submission, wording
from api.body import SmallBodies
from api.latency import Latency
from classifier.build import EngineUnavailable
from classifier.request_body import N_FAULTS
from classifier.spec import software_version
from storage import StorageError

log = logging.getLogger("anaquel.api")
ABOUT = """Classify retail product texts into a taxonomy, in background jobs: submit, watch, fetch the result.
Every time is UTC (ISO 8601). Without API tokens the server is for this machine only and needs none."""


def _build() -> FastAPI:
    app = FastAPI(title="Anaquel", version=software_version(), description=ABOUT, redoc_url=None,
                  generate_unique_id_function=lambda route: route.name)  # fmt: skip
    for router in (submission.router, reading.router, events.router, control.router, health.router):
        app.include_router(router)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StorageError, _away)
    app.add_exception_handler(EngineUnavailable, _gone)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(SmallBodies)
    app.add_middleware(Latency)
    return app


async def _invalid(_request: Request, error: Any) -> JSONResponse:
    faults = [dict(fault) for fault in error.errors()[:N_FAULTS]]
    return JSONResponse({"detail": jsonable_encoder(faults)}, 422)


async def _away(_request: Request, error: Any) -> JSONResponse:
    log.warning("the record cannot be used: %s", error)
    return JSONResponse({"detail": wording.AWAY}, 503, {"Retry-After": "5"})


async def _gone(_request: Request, error: Any) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


async def _broken(request: Request, error: Any) -> JSONResponse:
    number = secrets.token_hex(4)
    log.error("%s %s broke (%s)", request.method, request.url.path, number, exc_info=error)
    return JSONResponse({"detail": f"Error interno ({number})."}, 500)


class Whole:
    """Hands requests on with their whole path, whatever a mount has taken off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the path back its prefix."""
        await self._app({**scope, "root_path": scope.get("app_root_path", "")}, receive, send)


api = _build()
PATHS = ("/jobs", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics")


def routes() -> list[BaseRoute]:
    """Routes that put this application beside another one, on the same port."""
    whole = Whole(api)
    return [Mount("/classify", app=whole), Mount("/jobs", app=whole), *(Route(path, whole) for path in PATHS)]
