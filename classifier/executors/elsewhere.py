"""Jobs run in other processes that look for work by themselves: `anaquel worker` beside one SQLite file."""

from __future__ import annotations


class Elsewhere:
    """Starts and tells nothing: workers look into the database several times a second."""

    is_running = True
    trouble: str | None = None
    n_workers: int | None = None

    def start(self) -> None:
        """Begin nothing."""

    def stop(self, grace_s: float = 20.0) -> None:
        """End nothing."""

    def submit(self, job_id: str) -> None:
        """Leave the job to whoever looks next."""
