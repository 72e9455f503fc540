"""Whether the server lives, can take jobs, and what it has done; none of it costs anything."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.responses import JSONResponse, PlainTextResponse

from api.access import AnyCaller, desk
from api.documents import refusals
from api.latency import REQUESTS
from api.models import Ready
from storage import JobStatus, StorageError
from storage.totals import AttemptTotal

router = APIRouter(tags=["health"])
COUNTED_CHUNKS = 100_000
ATTEMPTS_S = 15.0  # attempts are counted again after this long


@router.get("/healthz", response_model=Ready)
async def healthz() -> Ready:
    """Answer while the process lives."""
    return Ready(status="ok")


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "Jobs cannot be taken."}})
def readyz() -> Ready | JSONResponse:
    """Answer 200 when the database answers and the runner runs."""
    services = desk().services
    trouble = None
    try:
        services.store.ping()
    except StorageError as error:
        trouble = str(error)
    if trouble is None and not services.executor.is_running:
        trouble = "The runner is not running."
    if trouble is None and services.executor.n_workers != 0:  # without workers jobs are taken, and wait
        trouble = services.executor.trouble
    if trouble is None:
        return Ready(status="ok")
    return JSONResponse({"status": "not ready", "detail": trouble}, 503)


@router.get("/metrics", response_class=PlainTextResponse, responses=refusals(401, 429, 503))
def metrics(_caller: AnyCaller) -> Response:
    """Figures for Prometheus: jobs by state, products, attempts by outcome, tokens, USD, latency."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class Record(Collector):
    """Reads the figures from the record when it is asked."""

    def __init__(self) -> None:
        self._attempts: list[AttemptTotal] = []
        self._read_at_s = float("-inf")

    def describe(self) -> list[Metric]:
        """Nothing is told before the record is read."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield one family after the other."""
        store = desk().services.store
        totals = store.totals()
        family: GaugeMetricFamily | CounterMetricFamily
        family = GaugeMetricFamily("anaquel_jobs", "Jobs by state", labels=["state"])
        for state in JobStatus:
            family.add_metric([str(state)], totals.jobs.get(state, 0))
        yield family
        family = GaugeMetricFamily("anaquel_products", "Products of all jobs by how they ended", labels=["outcome"])
        for outcome, n in totals.products.items():
            family.add_metric([outcome], n)
        yield family
        family = CounterMetricFamily("anaquel_tokens", "Tokens of all attempts", labels=["kind"])
        for kind, n in totals.tokens.items():
            family.add_metric([kind], n)
        yield family
        yield GaugeMetricFamily("anaquel_cost_usd", "USD of all priced attempts", value=float(totals.cost_usd))
        yield GaugeMetricFamily("anaquel_unpriced_attempts", "Attempts whose price is not known",
                                value=totals.n_unpriced_attempts)  # fmt: skip
        yield from _work_families()
        yield from self._attempt_families()

    def _attempt_families(self) -> Iterator[Metric]:
        if time.monotonic() - self._read_at_s > ATTEMPTS_S:
            self._attempts, self._read_at_s = desk().services.store.attempt_totals(), time.monotonic()
        count = CounterMetricFamily("anaquel_attempts", "Engine calls by outcome", labels=["model", "outcome"])
        seconds = CounterMetricFamily("anaquel_attempt_seconds", "Time of engine calls", labels=["model", "outcome"])
        for row in self._attempts:
            count.add_metric([row.model, row.kind], row.n)
            seconds.add_metric([row.model, row.kind], row.latency_s)
        yield from (count, seconds)


def _work_families() -> Iterator[Metric]:
    """Yield what an autoscaler of workers goes by."""
    services = desk().services
    yield GaugeMetricFamily("anaquel_chunks_open", "Chunks that wait or are at work, counted up to 100,000",
                            value=services.store.n_open_chunks(at_most=COUNTED_CHUNKS))  # fmt: skip
    if (n_workers := services.executor.n_workers) is not None:
        yield GaugeMetricFamily("anaquel_workers", "Processes that work on jobs", value=n_workers)


REGISTRY = CollectorRegistry()
REGISTRY.register(REQUESTS)
REGISTRY.register(Record())
