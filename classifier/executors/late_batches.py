"""Sees to provider batches of jobs that were given up: stops them, and records what they answered, for it is paid."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from classifier.batch_run import BatchRun
from classifier.batch_trip import Stopped
from classifier.contexts import JobContext
from classifier.engines.batch import BatchFault, BatchService
from classifier.errors import ClassifierError
from classifier.recorder import Recorder
from storage import Job, StorageError, Store, StrayBatch

log = logging.getLogger("anaquel.executor")

LOOK_S = 5.0


class LateBatches:
    """One for each executor; several may see to the same batch, as it is recorded once."""

    def __init__(self, store: Store, build: Callable[[Job], JobContext], recorder: Recorder) -> None:
        self._store, self._build, self._recorder = store, build, recorder

    async def run(self) -> None:
        """Look at intervals until cancelled."""
        while True:
            try:
                for stray in await asyncio.to_thread(self._store.stray_batches):
                    await self._see_to(stray)
            except StorageError as error:
                log.warning("the record cannot be reached: %s", error)
            except Exception:
                log.exception("a batch of a cancelled job could not be seen to")
            await asyncio.sleep(LOOK_S)

    async def _see_to(self, stray: StrayBatch) -> None:
        try:
            context = await asyncio.to_thread(self._build, await asyncio.to_thread(self._store.job, stray.claim.job_id))
        except ClassifierError:
            return  # no key here: another process has it
        try:
            if context.provider is not None:
                await self._end(stray, context, context.provider)
        except (BatchFault, Stopped) as fault:
            log.info("batch %s of a cancelled job: %s", stray.batch.id, fault)
        finally:
            await context.engine.aclose()

    async def _end(self, stray: StrayBatch, context: JobContext, service: BatchService) -> None:
        batch, tell = stray.batch, self._store.tell_batch
        if batch.batch_id is None:
            found = await service.find(batch.id, batch.intended_at)
            if found is None:
                await asyncio.to_thread(tell, batch.id, status="never sent", read_at=datetime.now(UTC))
                return
            batch.batch_id = found.batch_id
            await asyncio.to_thread(tell, batch.id, batch_id=found.batch_id, submitted_at=found.submitted_at)
        state = await service.look(batch.batch_id)
        told = {"status": state.status, "n_done": state.n_done, "n_failed": state.n_failed}
        await asyncio.to_thread(tell, batch.id, **told)
        if state.is_ended:
            run = BatchRun(context, stray.claim, self._recorder, self._store, service)
            await run.collect(batch, state)
        elif state.status != "cancelling":
            await service.cancel(batch.batch_id)
