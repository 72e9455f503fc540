"""A job's live progress on standard error: rate, time left, cost, failures."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from classifier.analysis.forecast import n_final
from storage import Job

LINE_S = 10.0  # between lines where no bar can be drawn


class ProgressBar:
    """Draws on a terminal; on a pipe it writes a line now and then; quiet: nothing."""

    def __init__(self, n_items: int, *, quiet: bool = False) -> None:
        self._quiet, self._is_live = quiet, sys.stderr.isatty() and not quiet
        self._told_at_s, self._began_s = time.monotonic(), time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[figures]}"),
            console=Console(stderr=True), disable=not self._is_live,
        )  # fmt: skip
        self._task = self._bar.add_task("queued", total=n_items, rate="", figures="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def show(self, job: Job, trouble: str | None = None) -> None:
        """Show where the job is; trouble: why no job can go on at the moment."""
        n_done = n_final(job)
        rate = n_done / max(0.001, time.monotonic() - self._began_s)
        figures = f"{cost(job)}, {job.n_failed} failed"
        said = job.waits_for or trouble or str(job.status)
        self._bar.update(self._task, completed=n_done, description=said[:60], rate=f"{rate:.0f}/s", figures=figures)
        if not self._is_live and not self._quiet and time.monotonic() - self._told_at_s > LINE_S:
            self._told_at_s = time.monotonic()
            print(f"{said}: {n_done}/{job.n_items}, {rate:.0f}/s, {figures}", file=sys.stderr)  # noqa: T201


def cost(job: Job) -> str:
    """Say what a job has cost; an unknown price is never $0."""
    if job.n_unpriced_attempts:
        return "price unknown" if not job.cost_usd else f"${job.cost_usd:.4f} and calls of unknown price"
    return f"${job.cost_usd:.4f}"
