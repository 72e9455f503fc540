"""The seam between the use cases and whatever runs chunks."""

from __future__ import annotations

from typing import Protocol


class Executor(Protocol):
    """Sees to it that every open chunk of a job is run, once or more, here or elsewhere."""

    def submit(self, job_id: str) -> None:
        """See to a job; idempotent: also resume, retry and reconcile."""
        ...
