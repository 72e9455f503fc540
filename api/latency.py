"""How long requests took, by route: a histogram for /metrics."""

from __future__ import annotations

import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Histogram("anaquel_request_seconds", "Time until an answer begins", ["route", "status"],
                     buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60), registry=None)  # fmt: skip


class Latency:
    """Measures the time from a request to the first byte of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")  # no route: not found
                REQUESTS.labels(route, str(message["status"])).observe(time.perf_counter() - began_s)
            await send(message)

        await self._app(scope, receive, timed)
