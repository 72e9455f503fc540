"""The REST application, and the route that puts it beside the dashboard."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api import control, events, files, health, reading, submission, wording
from api.body import SmallBodies
from api.latency import Latency
from classifier.build import EngineUnavailable
from classifier.request_faults import N_FAULTS
from classifier.spec import software_version
from storage import StorageError

log = logging.getLogger("anaquel.api")
DOCS_FILES = "/docs-files"
ABOUT = """Classify retail product texts into a taxonomy, in background jobs: submit, watch, fetch the result.
Every time is UTC (ISO 8601). Without API tokens the server is for this machine only and needs none."""


def _build() -> FastAPI:
    app = FastAPIOffline(
        title="Anaquel",
        version=software_version(),
        description=ABOUT,
        redoc_url=None,
        static_url=DOCS_FILES,  # the page's own scripts come from here: it works without the internet
        generate_unique_id_function=lambda route: route.name,
    )
    # files before control: /jobs/bundle is no job, and whoever asks what it allows must hear of POST
    for router in (submission.router, reading.router, events.router, files.router, control.router, health.router):
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


class Rest(BaseRoute):
    """Puts the REST application beside another one: its paths are whole, so nothing is taken off as a Mount would."""

    FOLDERS = ("/classify/", "/jobs/", f"{DOCS_FILES}/")
    PATHS = frozenset({"/classify", "/jobs", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"})

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take every path of ours, known or not: an unknown one is answered by us, in JSON."""
        path = scope.get("path", "")
        is_ours = scope["type"] == "http" and (path in self.PATHS or path.startswith(self.FOLDERS))
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        await api(scope, receive, send)


def _document() -> dict[str, Any]:
    """Give the OpenAPI document; tokens are optional in it because a server without tokens needs none."""
    if api.openapi_schema is None:
        found = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
        for path in found["paths"].values():
            for operation in path.values():
                if "security" in operation:
                    operation["security"].append({})
        api.openapi_schema = found
    return api.openapi_schema


api = _build()
api.openapi = _document  # type: ignore[method-assign]


def routes() -> list[BaseRoute]:
    """Routes that serve REST on another application's port."""
    return [Rest()]
