"""One batch on its way to the provider and back: upload, start, watch. Every step is in the record when it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from classifier.engines.batch import BatchFault, BatchService, BatchState
from classifier.outcomes import Failure
from classifier.retry import REMEDY, TRANSPORT, Again, backoff_s
from storage import ProviderBatch, Store

if TYPE_CHECKING:
    from classifier.contexts import JobContext

T = TypeVar("T")
FIRST_LOOK_S, LONGEST_LOOK_S = 0.5, 60.0
LOOKS = 20  # the next look comes after a twentieth of the time that the batch has taken
LONGEST_WAIT_S = 120.0
CANCEL_S = 10.0  # a cancel waits so long for the provider; what comes of it is collected later
ACTOR = "anaquel"


class Stopped(Exception):
    """The job is to stop, or cannot go on."""


class BatchTrip:
    """rest: waits for some seconds or until the job is to stop; stops: whether it is."""

    def __init__(self, service: BatchService, store: Store, context: JobContext,
                 rest: Callable[[float], Awaitable[None]], stops: Callable[[], bool]) -> None:  # fmt: skip
        self._service, self._store, self._context = service, store, context
        self._rest, self._stops = rest, stops

    async def find(self, batch: ProviderBatch) -> bool:
        """Look for a batch that may have been started just before the program was killed; tells whether it was."""
        state = await self.patiently(lambda: self._service.find(batch.id, batch.intended_at))
        if state is not None:
            await self._started(batch, state)
        return state is not None

    async def send(self, batch: ProviderBatch, lines: bytes) -> None:
        """Upload the requests, unless that was done, and start the batch."""
        if batch.input_file_id is None:
            file_id = await self.patiently(lambda: self._service.upload(batch.id, lines))
            await self.tell(batch, input_file_id=file_id, status="uploaded")
        await self._started(batch, await self._create(batch))
        cause = f"the provider took a batch of {batch.n_requests} requests ({batch.batch_id})"
        await self.note("batch", cause)

    async def see_through(self, batch: ProviderBatch) -> BatchState:
        """Look again and again until the provider has ended the batch."""
        assert batch.batch_id is not None
        batch_id, began_s = batch.batch_id, time.monotonic()
        while True:
            state = await self.patiently(lambda: self._service.look(batch_id))
            told = {"status": state.status, "n_done": state.n_done, "n_failed": state.n_failed}
            if any(getattr(batch, name) != value for name, value in told.items()):
                await self.tell(batch, **told)
            self._context.batches[batch.chunk] = state
            if state.is_ended:
                return state
            await self._rest(min(LONGEST_LOOK_S, max(FIRST_LOOK_S, (time.monotonic() - began_s) / LOOKS)))
            if self._stops():
                raise Stopped

    async def cancel(self, batch: ProviderBatch) -> None:
        """Ask the provider to stop; whatever it says, the batch is seen to until it has ended."""
        if batch.batch_id is None:
            return
        with suppress(BatchFault, TimeoutError):
            async with asyncio.timeout(CANCEL_S):
                await self._service.cancel(batch.batch_id)

    async def patiently(self, step: Callable[[], Awaitable[T]]) -> T:
        """Carry a step out as often as it takes; raises Stopped when the job stops or the fault is final."""
        n_tries = 0
        while True:
            if self._stops():
                raise Stopped
            try:
                done = await step()
            except BatchFault as fault:
                n_tries += 1
                await self._wait(fault, n_tries)
            else:
                if n_tries:
                    self._context.recovered()
                return done

    async def pause(self, wait_s: float) -> None:
        """Wait; raises Stopped when the job stops meanwhile."""
        ends_s = time.monotonic() + wait_s
        while (rest_s := ends_s - time.monotonic()) > 0:
            if self._stops():
                raise Stopped
            await self._rest(rest_s)

    async def tell(self, batch: ProviderBatch, **told: Any) -> None:
        """Write down what is known now."""
        await asyncio.to_thread(self._store.tell_batch, batch.id, **told)
        for name, value in told.items():
            setattr(batch, name, value)

    async def note(self, kind: str, cause: str) -> None:
        """Add a line to the job's history."""
        await asyncio.to_thread(self._store.note, [self._context.job_id], kind, cause, ACTOR)

    async def _create(self, batch: ProviderBatch) -> BatchState:
        """Start the batch; when the answer is lost on the way, look whether it was started before starting it again."""
        n_tries, file_id = 0, batch.input_file_id or ""
        while True:
            try:
                return await self._service.create(file_id, batch.id)
            except BatchFault as fault:
                n_tries += 1
                await self._wait(fault, n_tries)
            found = await self.patiently(lambda: self._service.find(batch.id, batch.intended_at))
            if found is not None:
                return found

    async def _started(self, batch: ProviderBatch, state: BatchState) -> None:
        await self.tell(batch, batch_id=state.batch_id, status=state.status, submitted_at=state.submitted_at,
                        expires_at=state.expires_at)  # fmt: skip
        self._context.batches[batch.chunk] = state

    async def _wait(self, fault: BatchFault, n_tries: int) -> None:
        if fault.kind not in TRANSPORT:
            self._context.fail(f"{fault} {REMEDY.get(fault.kind, '')}".strip())
            raise Stopped
        wait_s = fault.retry_after_s or min(LONGEST_WAIT_S, backoff_s(n_tries))
        self._context.note_failure(Failure(fault.kind, str(fault)), Again(wait_s, alone=False))
        await self.pause(wait_s)
