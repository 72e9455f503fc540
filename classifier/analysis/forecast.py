"""When a job will be done, from measured rates."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta

from classifier.spec import LOCAL
from storage import Job, JobStatus, Store

N_RECENT = 20
KEPT_S = 10.0
FIRST_RATE = {LOCAL: 200.0}  # products a second, before anything was measured
FIRST_RATE_ELSE = 5.0
MIN_MEASURED_S = 0.5
FAR = timedelta(days=365)


def n_final(job: Job) -> int:
    """How many products have an outcome."""
    return job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed


class Forecast:
    """Estimates the end of jobs; rates of finished jobs are measured again every few seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rates: dict[str, tuple[float, float]] = {}

    def end_of(self, job: Job, now: datetime | None = None) -> datetime | None:
        """When the job ended or will end; None when it stands still or will not end by itself."""
        if job.status == JobStatus.COMPLETED:
            return job.completed_at
        if job.status not in (JobStatus.QUEUED, JobStatus.PROCESSING) or job.pause_requested_at or job.waits_for:
            return None
        now = now or datetime.now(UTC)
        n_left = job.n_items - n_final(job)
        return now + min(FAR, timedelta(seconds=n_left / self._rate(job, now)))

    def _rate(self, job: Job, now: datetime) -> float:
        """Products a second: this job's own once it runs, else that of recent jobs of its engine."""
        if job.started_at is not None and n_final(job):
            return n_final(job) / max(MIN_MEASURED_S, (now - job.started_at).total_seconds())
        kept = self._rates.get(job.engine)
        if kept is None or time.monotonic() - kept[1] > KEPT_S:
            kept = (self._measured(job.engine), time.monotonic())
            self._rates[job.engine] = kept
        return kept[0]

    def _measured(self, engine: str) -> float:
        ended = self._store.jobs(n=N_RECENT, statuses=[JobStatus.COMPLETED])
        rates = [
            job.n_items / max(MIN_MEASURED_S, (job.completed_at - job.started_at).total_seconds())
            for job in ended
            if job.engine == engine and job.started_at and job.completed_at and job.n_items
        ]
        return statistics.median(rates) if rates else FIRST_RATE.get(engine, FIRST_RATE_ELSE)
