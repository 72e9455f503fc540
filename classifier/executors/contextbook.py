"""The jobs that this process works on: one context for each, and those that only wait for their last calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from classifier import heap
from classifier.build import KeyMissing
from classifier.errors import ClassifierError
from storage import ACTIVE, Grant, IllegalMove, Job, Request, StorageError, Store, Unavailable

if TYPE_CHECKING:
    from classifier.contexts import JobContext

log = logging.getLogger("anaquel.executor")
SYSTEM = "anaquel"
AWAY_S = 1.0


class ContextBook:
    """Opens, hears and closes contexts; what a context stopped for is written into the record once."""

    def __init__(self, store: Store, build: Callable[[Job], JobContext], worker: str) -> None:
        self._store, self._build, self._worker = store, build, worker
        self._open: dict[str, JobContext] = {}
        self._draining: set[JobContext] = set()  # they start no call any more
        self._retiring = asyncio.Lock()
        self.beyond_us: dict[str, str] = {}  # jobs for workers that have a key, and what this one lacks

    @property
    def contexts(self) -> list[JobContext]:
        """All contexts that have, or may get, something to do."""
        return [*self._open.values(), *self._draining]

    async def open(self, job_id: str) -> JobContext | None:
        """Return the job's context; None when the job is not to be worked on now (its history says why)."""
        context = self._open.get(job_id)
        if context is not None and not context.stopping:
            return context
        if context is not None:
            await self.retire(context)
        job = await asyncio.to_thread(self._store.job, job_id)
        if job.status not in ACTIVE or job.pause_requested_at or job.cancel_requested_at:
            return None
        try:
            context = await asyncio.to_thread(self._build, job)
        except KeyMissing as error:
            self.beyond_us[job_id] = str(error)
            return None
        except ClassifierError as error:
            await self.pause(job_id, str(error))
            return None
        except StorageError:
            raise
        except Exception as error:
            log.exception("job %s cannot be set up", job_id)
            await self.pause(job_id, f"The job cannot be set up here ({type(error).__name__}); see the server's log.")
            return None
        heap.spare_modules()
        context.priority = job.priority
        context.budget.heed(job.budget_usd, job.cost_usd)
        context.budget.draw = partial(self._draw, job_id)
        self._open[job_id] = context
        return context

    def heed(self, requests: Mapping[str, Request]) -> None:
        """Hand on what people want of the jobs."""
        for context in self.contexts:
            if context.job_id in requests:
                context.heed(requests[context.job_id])

    def fail(self, job_id: str, reason: str) -> None:
        """Stop a job that cannot go on."""
        for context in self.contexts:
            if context.job_id == job_id:
                context.fail(reason)

    async def retire(self, context: JobContext) -> None:
        """Write down why a context stopped by itself; from now on it only waits for its calls in flight."""
        async with self._retiring:  # told twice, a cause would stop a job again that was resumed in between
            if self._open.get(context.job_id) is not context:
                return
            await self._write_down(context)
            del self._open[context.job_id]
            self._draining.add(context)

    async def _write_down(self, context: JobContext) -> None:
        if context.failed_because is not None:
            await asyncio.to_thread(self._store.fail_job, context.job_id, context.failed_because, SYSTEM)
        elif context.budget.is_exhausted:
            cause = f"The budget of {context.budget.limit_usd} USD does not allow another call: raise it and resume."
            await self.pause(context.job_id, cause)

    async def tidy(self, requests: Mapping[str, Request]) -> list[str]:
        """Retire contexts that stopped and close those that have nothing left; returns the jobs that were closed."""
        closed = []
        for context in self.contexts:
            if context.stopping:
                await self.retire(context)
            request = requests.get(context.job_id)
            is_over = context.stopping or request is None or request.status not in ACTIVE
            if is_over and not context.runs:
                await self.give_up_allowances()
                self._forget(context)
                await context.engine.aclose()
                closed.append(context.job_id)
        return closed

    async def close(self, note_stop: Callable[[JobContext], Awaitable[None]]) -> None:
        """Close all contexts at the end of the process."""
        for context in self.contexts:
            with suppress(StorageError):
                await self.retire(context)
            await note_stop(context)
            self._forget(context)
            await context.engine.aclose()

    def _forget(self, context: JobContext) -> None:
        self._draining.discard(context)
        if self._open.get(context.job_id) is context:
            del self._open[context.job_id]

    async def give_up_allowances(self) -> None:
        """Return money that no call here needs, of jobs without a run and of those that lack more: others wait for it.

        Workers that each kept what is too little for a call would wait for each other for ever.
        """
        for context in self.contexts:
            budget = context.budget
            if budget.is_idle and (not context.runs or budget.is_short):
                unused_usd = budget.give_up()
                try:
                    await asyncio.to_thread(self._store.return_allowance, context.job_id, self._worker, unused_usd)
                except StorageError:
                    budget.take_again(unused_usd)
                    raise

    async def _draw(self, job_id: str, least_usd: Decimal, wanted_usd: Decimal) -> Grant:
        while True:
            try:
                return await asyncio.to_thread(self._store.draw_allowance, job_id, self._worker, least_usd, wanted_usd)
            except Unavailable as error:
                log.warning("no money can be drawn: %s", error)
                await asyncio.sleep(AWAY_S)

    async def pause(self, job_id: str, cause: str) -> None:
        """Pause a job that this program cannot go on with until somebody acts."""
        try:
            await asyncio.to_thread(self._store.request_pause, job_id, SYSTEM, cause)
        except IllegalMove as error:
            log.info("%s", error)  # it ended meanwhile
