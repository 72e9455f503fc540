"""The items of one chunk asked through a provider's Batch API: half the price, within a day.

The intent is written before anything is sent and our id stands in the batch's metadata, so a process that is killed at
any moment finds its batch again instead of paying twice. Products do not stay in memory while the provider works.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from classifier.batch_trip import BatchTrip, Stopped
from classifier.engines.batch import QUEUE_FULL, BatchLine, BatchService, BatchState
from classifier.outcomes import Ask, Failure, FailureKind
from classifier.retry import Again
from classifier.runner import ChunkRun
from classifier.work import Work
from storage import BatchRead, Claim, ItemStatus, ProviderBatch, Store

if TYPE_CHECKING:
    from classifier.contexts import JobContext
    from classifier.recorder import Recorder

MAX_BATCHES = 8  # for one chunk; what is open after so many is asked live
QUEUE_FULL_S, LONGEST_QUEUE_FULL_S = 60.0, 600.0
LOOK_S = 1.0
OPEN = (ItemStatus.QUEUED, ItemStatus.PROCESSING)
HALF = 2  # a budget is held back at the batch's price
QUEUE_IS_FULL = "The provider's queue for batches is full: the batch is sent again."
CANCELLED_THERE = "The batch was cancelled at the provider. What was answered is kept; resume to ask the rest."


class BatchRun(ChunkRun):
    """A ChunkRun whose products go through the provider's Batch API first.

    Answers that cannot be used are asked for again live; what the provider left unasked goes into a further batch.
    """

    def __init__(self, context: JobContext, claim: Claim, recorder: Recorder, store: Store,
                 service: BatchService) -> None:  # fmt: skip
        super().__init__(context, claim, recorder)
        self.is_elsewhere = False  # it only waits for the provider or for money, with nothing in memory
        self._store, self._service = store, service
        self._trip = BatchTrip(service, store, context, self._sleep, lambda: context.stopping or self.hold.lost)
        self._batches: list[ProviderBatch] | None = None
        self._carried: dict[int, Work] = {}  # works that were asked before in this process
        self._line_id: str | None = None  # names the attempt of the line that is being settled
        self._reserved_usd: Decimal | None = None

    @property
    def n_open(self) -> int:
        """Items in memory that wait for a call."""
        return 0 if self.is_elsewhere else super().n_open

    async def drive(self) -> None:
        """See batch after batch through, with live calls for what came back unusable in between."""
        try:
            while not self.is_finished and (batch := await self._next_batch()) is not None:
                self.is_elsewhere = True
                await self._take(batch, await self._trip.see_through(batch))
                await self._ask_live()
        except Stopped:
            if self.context.cancelling and self._batches and self._batches[-1].read_at is None:
                await self._trip.cancel(self._batches[-1])
        finally:
            self._free()
            self.is_elsewhere = False
            self.context.batches.pop(self.hold.claim.n, None)
        await super().drive()

    async def collect(self, batch: ProviderBatch, state: BatchState) -> None:
        """Record what came of a batch of a job that was given up: it is paid."""
        lines = await self._trip.patiently(lambda: self._service.answers(state))
        works = await self._works_of(batch, (*OPEN, ItemStatus.CANCELLED))
        self._settle_lines(batch, state, lines, works)
        await self.recorder.let_go(self.hold, finished=False)

    async def _next_batch(self) -> ProviderBatch | None:
        """Return the batch under way, started if it is not yet; None when the rest is to be asked live."""
        claim = self.hold.claim
        if self._batches is None:
            self._batches = await asyncio.to_thread(self._store.batches_of_chunk, claim.job_id, claim.n)
            if self._batches and self._batches[-1].read_at is None:
                return await self._resumed(self._batches[-1])
            self._sort_out(self._batches)
        if not self._todo or sum(known.status != "failed" for known in self._batches) >= MAX_BATCHES:
            return None
        batch = self._intent(len(self._batches) + 1)
        await asyncio.to_thread(self._store.intend_batch, batch)
        self._batches.append(batch)
        return await self._send(batch)

    async def _resumed(self, batch: ProviderBatch) -> ProviderBatch:
        self._drop_works()
        if batch.batch_id is None and not await self._trip.find(batch):
            return await self._send(batch)
        return batch

    def _sort_out(self, batches: Sequence[ProviderBatch]) -> None:
        """After a restart: only what the last batch left unasked goes into another; the rest was answered badly."""
        if batches:
            unasked = set(batches[-1].again or ())
            works = list(self._todo)
            self._todo.clear()
            self._todo.extend(work for work in works if work.item.position in unasked)
            badly = [work for work in works if work.item.position not in unasked]
            super()._put_back([(work, Again(0.0, alone=True)) for work in badly])

    def _intent(self, n: int) -> ProviderBatch:
        claim, groups = self.hold.claim, self._service.group([work.ask() for work in self._todo])
        return ProviderBatch(
            id=f"{claim.job_id}-{claim.n}-{n}-{secrets.token_hex(3)}", job_id=claim.job_id, chunk=claim.n,
            layout=[[int(ask.key) for ask in group] for group in groups], n_requests=len(groups),
            intended_at=datetime.now(UTC),
        )  # fmt: skip

    async def _send(self, batch: ProviderBatch) -> ProviderBatch:
        """Start a batch once the budget allows it."""
        groups = await self._groups_of(batch)
        n_tokens = sum(self.context.engine.weigh(group) for group in groups)
        del groups
        self._drop_works()
        await self._reserve(n_tokens // HALF)
        async with self.context.files:
            self.is_elsewhere = False
            lines = await asyncio.to_thread(self._service.write, await self._groups_of(batch))
            await self._trip.send(batch, lines)
        return batch

    async def _reserve(self, n_tokens: int) -> None:
        """Hold back what the batch may cost; raises Stopped when the money does not do for it."""
        self.is_elsewhere = True
        reserving = asyncio.create_task(self.context.budget.reserve(n_tokens))
        while not (await asyncio.wait({reserving}, timeout=LOOK_S))[0]:
            if self.context.stopping or self.hold.lost:
                reserving.cancel()
                raise Stopped
        self._reserved_usd = reserving.result()
        if self._reserved_usd is None:
            self.context.stop()
            raise Stopped

    def _free(self) -> None:
        if self._reserved_usd is not None:
            self.context.budget.free(self._reserved_usd)
            self._reserved_usd = None

    def _drop_works(self) -> None:
        """Keep in memory only what the record does not know of the works: earlier attempts."""
        self._carried |= {work.item.position: work for work in self._todo if work.n_attempts}
        self._todo.clear()

    async def _groups_of(self, batch: ProviderBatch) -> list[list[Ask]]:
        works = await self._works_of(batch)
        return [[works[p].ask() for p in positions if p in works] for positions in batch.layout]

    async def _works_of(self, batch: ProviderBatch, statuses: Sequence[ItemStatus] = OPEN) -> dict[int, Work]:
        wanted = {position for positions in batch.layout for position in positions}
        found = await asyncio.to_thread(self._store.open_items, self.hold.claim, statuses)
        return {item.position: self._carried.get(item.position) or Work(item, item.n_attempts)
                for item in found if item.position in wanted}  # fmt: skip

    async def _take(self, batch: ProviderBatch, state: BatchState) -> None:
        """Record what the provider answered; what it left unasked is to be asked again."""
        if state.status == "failed":
            await self._refused(batch, state)
            return
        async with self.context.files:
            self.is_elsewhere = False
            lines = await self._trip.patiently(lambda: self._service.answers(state))
            works = await self._works_of(batch)
            if self.hold.lost:
                raise Stopped
            self._settle_lines(batch, state, lines, works)
        self._free()
        await self._trip.note("batch", f"the provider's batch is {state.status}: {len(lines)} of {batch.n_requests} "
                                       "requests answered")  # fmt: skip
        if state.status == "cancelled":
            self.context.fail(CANCELLED_THERE)
            raise Stopped

    def _settle_lines(self, batch: ProviderBatch, state: BatchState, lines: Mapping[int, BatchLine],
                      works: Mapping[int, Work]) -> None:  # fmt: skip
        """Settle every line without a pause: answers, bill and the mark that they are read come to disk together."""
        read = self._service.reader()
        for n, positions in enumerate(batch.layout):
            group, line = [works[p] for p in positions if p in works], lines.get(n)
            if line is None:
                self._todo.extend(group)
            elif group:
                self._line_id = f"{batch.batch_id}-{n}"
                asks = [work.ask() for work in group]
                reply = read(asks, line, state)
                self._settle(group, [reply.answers[ask.key] for ask in asks], reply.call)
        self._line_id = None
        self._carried.clear()
        batch.again, batch.read_at = [work.item.position for work in self._todo], datetime.now(UTC)
        self.recorder.record(self.hold, [], None)
        self.hold.open_part().read.append(BatchRead(batch.id, batch.again))

    async def _refused(self, batch: ProviderBatch, state: BatchState) -> None:
        """Wait and send again when only the provider's queue is full; else the job cannot go on."""
        self._free()
        works = await self._works_of(batch)
        self._todo.extend(works.values())
        await self._trip.tell(batch, status=state.status, message=state.problem, again=list(works),
                              read_at=datetime.now(UTC))  # fmt: skip
        if state.problem_code not in QUEUE_FULL:
            self.context.fail(f"The provider refused the batch: {state.problem or 'it does not say why.'}")
            raise Stopped
        n_refused = sum(known.status == "failed" for known in self._batches or ())
        wait_s = min(LONGEST_QUEUE_FULL_S, QUEUE_FULL_S * n_refused)
        self.context.note_failure(Failure(FailureKind.RATE_LIMITED, QUEUE_IS_FULL), Again(wait_s, alone=False))
        await self._trip.pause(wait_s)
        self.context.recovered()

    async def _ask_live(self) -> None:
        """Ask now, call by call, for what came back unusable; what is for the next batch waits."""
        waiting = list(self._todo)
        self._todo.clear()
        self.is_elsewhere = False
        self._n_left = (self._n_left or 0) - len(waiting)
        try:
            await super().drive()
        finally:
            self._n_left += len(waiting)
            self._todo.extend(waiting)
        if self.context.stopping or self.hold.lost:
            raise Stopped

    def _put_back(self, again: list[tuple[Work, Again]]) -> None:
        """Of a batch's answers, only those that the model gave badly are asked for live."""
        live = [(work, to_do) for work, to_do in again if not self._line_id or to_do.alone or work.feedback]
        asked = {work.item.position for work, _ in live}
        self._todo.extend(work for work, _ in again if work.item.position not in asked)
        super()._put_back(live)

    @property
    def _is_read_again(self) -> bool:
        return self._line_id is not None

    def _attempt_id(self) -> str:
        """Name a line's attempt after the line: read twice, it is recorded once."""
        return self._line_id or super()._attempt_id()
