"""What the runs of one job share: its engine and taxonomy, its money, and whether it is to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from classifier.engines.base import Engine
from classifier.outcomes import Call, Failure
from classifier.retry import TRANSPORT, Again, Decision
from storage import Request

if TYPE_CHECKING:
    from classifier.runner import ChunkRun

PriceOf = Callable[[Call], Decimal | None]
EstimateOf = Callable[[int], Decimal]


@dataclass
class JobContext:
    """Lives while a job has chunks in this process. price: USD of a call, None when the model has no known price."""

    job_id: str
    engine: Engine
    price: PriceOf
    estimate: EstimateOf  # USD that a call of so many tokens may cost
    spec_key: str | None = None
    reuse: bool = True
    budget_usd: Decimal | None = None
    spent_usd: Decimal = Decimal(0)
    stopping: bool = False
    cancelling: bool = False
    failed_because: str | None = None  # the job cannot go on
    over_budget: bool = False
    waits_for: str | None = None
    waits_until_at: datetime | None = None
    runs: set[ChunkRun] = field(default_factory=set)
    _reserved_usd: Decimal = Decimal(0)
    _waiters: set[asyncio.Task[None]] = field(default_factory=set)
    _interrupted: set[asyncio.Task[None]] = field(default_factory=set)

    async def permit(self, weight: int) -> bool:
        """Wait for the permission to start a call; False when the job is to stop or its money would not do."""
        if self.stopping or not self._reserve(weight):
            return False
        task = asyncio.current_task()
        assert task is not None
        self._waiters.add(task)
        try:
            await self.engine.limiter.acquire(weight)
        except asyncio.CancelledError:
            self._reserved_usd -= self._estimated(weight)
            if task not in self._interrupted:
                raise
            self._interrupted.discard(task)
            task.uncancel()
            return False
        finally:
            self._waiters.discard(task)
        return True

    def give_back(self, weight: int, call: Call | None) -> None:
        """Return the permission of a call that ended."""
        self._reserved_usd -= self._estimated(weight)
        self.engine.limiter.release(call)
        if call is not None and call.kind == "ok":
            self.waits_for, self.waits_until_at = None, None

    def bill(self, call: Call) -> Decimal | None:
        """Price a call and add it to what the job has spent."""
        cost_usd = self.price(call)
        self.spent_usd += cost_usd or Decimal(0)
        return cost_usd

    def fail(self, reason: str) -> None:
        """Stop the job: nobody can answer its products until somebody acts."""
        self.failed_because = self.failed_because or reason
        self.stop()

    def stop(self, *, cancelling: bool = False) -> None:
        """Start no more calls; those in flight end and are recorded."""
        self.stopping = True
        self.cancelling = self.cancelling or cancelling
        for waiter in self._waiters - self._interrupted:
            self._interrupted.add(waiter)
            waiter.cancel()

    def heed(self, request: Request) -> None:
        """Take what people want of the job, as a flush read it."""
        self.budget_usd = request.budget_usd
        self.spent_usd = max(self.spent_usd, request.cost_usd)
        if request.cancel:
            self.stop(cancelling=True)
        elif request.pause or request.status not in ("queued", "processing"):
            self.stop()

    def note_failure(self, failure: Failure, decision: Decision) -> None:
        """Remember what a job waits for while the service is in trouble."""
        if failure.kind in TRANSPORT and isinstance(decision, Again):
            until_at = datetime.now(UTC) + timedelta(seconds=decision.wait_s)
            self.waits_until_at = max(until_at, self.engine.limiter.waits_until_at or until_at)
            self.waits_for = failure.message

    def _estimated(self, weight: int) -> Decimal:
        return self.estimate(weight) if self.budget_usd is not None else Decimal(0)

    def _reserve(self, weight: int) -> bool:
        wanted = self._estimated(weight)
        if self.budget_usd is not None and self.spent_usd + self._reserved_usd + wanted > self.budget_usd:
            if self._reserved_usd > 0:
                return False  # calls in flight may turn out cheaper: ask again when they are back
            self.over_budget = True
            self.stop()
            return False
        self._reserved_usd += wanted
        return True
