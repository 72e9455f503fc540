"""Running one job in this process to its end; Ctrl-C once cancels it cleanly."""

from __future__ import annotations

import time

from classifier import jobs
from classifier.bootstrap import Services
from classifier.executors.base import Executor
from cli.output import tell
from cli.progress import ProgressBar
from cli.session import actor
from storage import ACTIVE, Job

LOOK_S = 0.2


def run_to_end(services: Services, job: Job, *, quiet: bool) -> tuple[Job, bool]:
    """Run a job until it has ended or waits for a person; returns it, and whether Ctrl-C was pressed.

    A second Ctrl-C raises KeyboardInterrupt.
    """
    executor = services.embedded()
    executor.only_job = job.id
    services.start()
    if executor is not services.executor:
        executor.start()
    try:
        with ProgressBar(job.n_items, quiet=quiet) as bar:
            try:
                return _watch(services, job.id, bar, executor), False
            except KeyboardInterrupt:
                tell("Cancelling: calls in flight end, what is paid for is kept. Ctrl-C again leaves at once.")
                return _cancel(services, job.id, bar, executor), True
    finally:
        executor.stop()
        if executor is not services.executor:
            services.executor.stop()
        services.courier.stop()


def _watch(services: Services, job_id: str, bar: ProgressBar, executor: Executor) -> Job:
    while True:
        job = services.store.job(job_id)
        bar.show(job, executor.trouble)
        if job.status not in ACTIVE or job.pause_requested_at is not None:
            return job
        time.sleep(LOOK_S)


def _cancel(services: Services, job_id: str, bar: ProgressBar, executor: Executor) -> Job:
    if services.store.job(job_id).status in ACTIVE:
        jobs.cancel(services, job_id, actor())
    return _watch(services, job_id, bar, executor)
