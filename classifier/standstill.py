"""Why a job does not go on: what it waits for itself, else what keeps every job from going on."""

from __future__ import annotations

from classifier.bootstrap import Services
from storage import ACTIVE, Job


def why_waiting(services: Services, job: Job) -> str | None:
    """Give one sentence, None when the job goes on or has ended.

    A locked database or a full disk cannot be written into the job's row: the process that meets it tells of it.
    """
    if job.status not in ACTIVE or job.pause_requested_at is not None:
        return job.waits_for
    return job.waits_for or services.executor.trouble
