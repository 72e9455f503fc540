"""The seam between the use cases and whatever runs chunks."""

from __future__ import annotations

from typing import Protocol


class Executor(Protocol):
    """Sees to it that every open chunk of a job is run, once or more, here or elsewhere."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self, grace_s: float = 20.0) -> None:
        """End; what runs here ends within grace_s and is recorded."""
        ...

    def submit(self, job_id: str) -> None:
        """See to a job; idempotent: also resume, retry and reconcile."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether jobs are taken."""
        ...

    @property
    def n_workers(self) -> int | None:
        """Processes that are there to work; None when nobody keeps a register of them."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why no job can go on at the moment; None when all is well."""
        ...
