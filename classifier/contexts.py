"""What the runs of one job share: its engine and taxonomy, its money, and whether it is to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from classifier.batching import Batching
from classifier.budget import Budget, EstimateOf
from classifier.engines.base import Engine
from classifier.engines.batch import BatchService, BatchState
from classifier.outcomes import Call, Failure
from classifier.rate import SharedRate
from classifier.retry import TRANSPORT, Again, Decision
from classifier.turns import Turns, turns_of
from storage import ACTIVE, JobStatus, Request

if TYPE_CHECKING:
    from classifier.runner import ChunkRun

PriceOf = Callable[[Call], Decimal | None]
TOLD_AFTER_S = 1.0  # a shorter standstill is nothing to tell


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to make one call, with the money that is held back for it."""

    reserved_usd: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a job stands still for, and until when if that is known."""

    reason: str
    until_at: datetime | None


@dataclass(eq=False)
class JobContext:
    """Lives while a job has chunks in this process. price: USD of a call, None when the model has no known price."""

    job_id: str
    engine: Engine
    price: PriceOf
    estimate: EstimateOf  # USD that a call of so many tokens may cost
    spec_key: str | None = None
    reuse: bool = True
    rate: SharedRate | None = None  # per-minute limits that all processes share
    priority: int = 1
    stopping: bool = False
    cancelling: bool = False
    failed_because: str | None = None  # the job cannot go on
    n_calls: int = 0  # in flight
    runs: set[ChunkRun] = field(default_factory=set)
    provider: BatchService | None = None  # the job goes through its Batch API
    batches: dict[int, BatchState] = field(default_factory=dict)  # under way there, by chunk
    files: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # megabytes, one at a time
    _trouble: str | None = None
    _trouble_since_s: float = 0.0
    _retry_at: datetime | None = None
    _turns: Turns | None = None

    def __post_init__(self) -> None:
        self.budget, self.batching = Budget(self.estimate), Batching()

    @property
    def turns(self) -> Turns:
        """The queue for calls that all jobs at one service share."""
        if self._turns is None:
            self._turns = turns_of(self.engine.limiter)
        return self._turns

    def next_size(self, n_queued: int) -> int:
        """Products that the next call should carry, of so many that wait together."""
        if not self.batching.is_tail or self.engine.batch_size == 1:
            return self.batching.even(self.engine.batch_size, n_queued)
        n_open = sum(run.n_open for run in self.runs)
        n_places = max(1, int(self.engine.limiter.window))
        return self.batching.last(self.engine.batch_size, n_queued, n_open, n_places)

    async def permit(self, weight: int) -> Permit | None:
        """Wait for the permission to start a call; None when the job is to stop or its money would not do."""
        if self.stopping:
            return None
        reserved_usd = await self.budget.reserve(weight)
        if reserved_usd is None:
            self.stop()
            return None
        try:
            granted = not self.stopping and await self.turns.take(self, weight)
        except BaseException:
            self.budget.free(reserved_usd)
            raise
        if not granted:
            self.budget.free(reserved_usd)
            return None
        permit = Permit(reserved_usd)
        try:
            if self.rate is not None:
                await self.rate.enter(weight)
        except BaseException:
            self.give_back(permit, None)
            raise
        return permit

    def give_back(self, permit: Permit, call: Call | None) -> None:
        """Return the permission of a call that ended."""
        self.budget.free(permit.reserved_usd)
        self.turns.give_back(self, call)
        if self.rate is not None and call is not None:
            self.rate.heed(call)
        if call is not None and call.kind == "ok":
            self._trouble = None

    def bill(self, call: Call) -> Decimal | None:
        """Price a call and add it to what the job has spent."""
        cost_usd = self.price(call)
        self.budget.spend(cost_usd)
        return cost_usd

    def fail(self, reason: str) -> None:
        """Stop the job: nobody can answer its products until somebody acts."""
        self.failed_because = self.failed_because or reason
        self.stop()

    def stop(self, *, cancelling: bool = False) -> None:
        """Start no more calls; those in flight end and are recorded."""
        if self.stopping and self.cancelling >= cancelling:
            return
        self.stopping = True
        self.cancelling = self.cancelling or cancelling
        self.turns.withdraw(self)
        self.budget.close()
        for run in self.runs:
            run.wake()

    def heed(self, request: Request) -> None:
        """Take what people want of the job, as a flush read it."""
        self.priority = request.priority
        self.budget.heed(request.budget_usd, request.cost_usd)
        if request.cancel or request.status == JobStatus.CANCELLED:
            self.stop(cancelling=True)
        elif request.pause or request.status not in ACTIVE:
            self.stop()

    def note_failure(self, failure: Failure, decision: Decision) -> None:
        """Remember what a job waits for while the service is in trouble."""
        if failure.kind not in TRANSPORT or not isinstance(decision, Again):
            return
        if self._trouble is None:
            self._trouble_since_s, self._retry_at = time.monotonic(), None
        until_at = datetime.now(UTC) + timedelta(seconds=decision.wait_s)
        self._trouble, self._retry_at = failure.message, max(until_at, self._retry_at or until_at)

    def recovered(self) -> None:
        """Forget the trouble: the service answers again."""
        self._trouble = None

    def waiting(self) -> Waiting | None:
        """Say what the job stands still for at this moment; None when calls flow."""
        now_at, rest_at = datetime.now(UTC), self.engine.limiter.waits_until_at
        if self._trouble is not None and time.monotonic() - self._trouble_since_s >= TOLD_AFTER_S:
            moments = [at for at in (rest_at, self._retry_at) if at is not None and at > now_at]
            return Waiting(self._trouble, max(moments, default=None))
        if rest_at is not None and rest_at - now_at >= timedelta(seconds=TOLD_AFTER_S):
            return Waiting("The service's rate limit leaves no room for a call.", rest_at)
        return Waiting(_told(list(self.batches.values())), None) if self.batches else None


def _told(batches: Sequence[BatchState]) -> str:
    """Say how far the provider is; the counts are the provider's, of requests."""
    since_at = min(batch.submitted_at for batch in batches)
    n_done, n = sum(b.n_done + b.n_failed for b in batches), sum(b.n_requests for b in batches)
    return f"Waits for the provider's batch, submitted at {since_at:%Y-%m-%d %H:%M} UTC: {n_done} of {n} requests done."
