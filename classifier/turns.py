"""Whose call is next: a limiter's permits are handed to the runs that wait by priority, then in fair shares."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from classifier.limiter import Limiter
from classifier.outcomes import Call

if TYPE_CHECKING:
    from classifier.contexts import JobContext


@dataclass(eq=False, slots=True)
class _Place:
    weight: int
    n: int
    granted: asyncio.Future[bool]

    def grant(self, is_granted: bool) -> bool:
        """Answer who waits here; False when nobody does any more: the run was called off."""
        if self.granted.done():
            return False
        self.granted.set_result(is_granted)
        return True


class Turns:
    """One for each limiter, used inside one event loop.

    Calls in flight and answered calls that neither the journal nor the record has are together never more than the
    limiter's concurrency: that is the most that a kill -9 can make us pay twice.
    """

    def __init__(self, limiter: Limiter) -> None:
        self.n_unwritten = 0
        self._limiter = limiter
        self._places: dict[JobContext, deque[_Place]] = {}  # of each job in the order of their coming; none is empty
        self._n = 0
        self._written = asyncio.Event()
        self._handing: asyncio.Task[None] | None = None

    async def take(self, context: JobContext, weight: int) -> bool:
        """Wait for a permit; False when the job's places were withdrawn meanwhile."""
        self._n += 1
        place = _Place(weight, self._n, asyncio.get_running_loop().create_future())
        self._places.setdefault(context, deque()).append(place)
        if self._handing is None or self._handing.done():
            self._handing = asyncio.create_task(self._hand_out())
        try:
            return await place.granted
        except asyncio.CancelledError:
            if place in self._places.get(context, ()):
                self._places[context].remove(place)
                self._drop_if_empty(context)
            elif place.granted.done() and not place.granted.cancelled() and place.granted.result():
                self.give_back(context, None)
            raise

    def give_back(self, context: JobContext, call: Call | None) -> None:
        """Return a permit; None: it was not used for a call."""
        context.n_calls -= 1
        self._limiter.release(call)
        self._written.set()

    def withdraw(self, context: JobContext) -> None:
        """Send the job's runs away from the queue without a permit."""
        for place in self._places.pop(context, ()):
            place.grant(False)
        if not self._places and self._handing is not None:
            self._handing.cancel()
            self._handing = None  # who asks before it has ended would wait for a task that serves nobody

    def answered(self, n: int) -> None:
        """Count calls that a kill would lose although they were answered."""
        self.n_unwritten += n

    def written(self, n: int) -> None:
        """Count calls among those that are on disk now."""
        self.n_unwritten -= n
        self._written.set()

    async def _hand_out(self) -> None:
        while self._places:
            await self._limiter.acquire(self._places[self._next()][0].weight)
            try:
                await self._until_written()
            except asyncio.CancelledError:
                self._limiter.release(None)
                raise
            if not self._places:
                self._limiter.release(None)
                return
            context = self._next()
            place = self._places[context].popleft()
            self._drop_if_empty(context)
            if not place.grant(True):
                self._limiter.release(None)
                continue
            context.n_calls += 1
            await asyncio.sleep(0)  # the run that got it may come back for its next call: perhaps it is still its turn

    def _next(self) -> JobContext:
        """Whose turn it is: urgent jobs first, then the one with the fewest calls in flight, then who waits longest."""
        if len(self._places) == 1:
            return next(iter(self._places))
        return min(self._places, key=lambda job: (-job.priority, job.n_calls, self._places[job][0].n))

    def _drop_if_empty(self, context: JobContext) -> None:
        if not self._places[context]:
            del self._places[context]

    async def _until_written(self) -> None:
        while self._limiter.n_in_flight + self.n_unwritten > self._limiter.concurrency and self.n_unwritten:
            self._written.clear()
            await self._written.wait()


_turns: WeakKeyDictionary[Limiter, tuple[asyncio.AbstractEventLoop, Turns]] = WeakKeyDictionary()


def turns_of(limiter: Limiter) -> Turns:
    """Return the queue for a limiter's permits in the running event loop."""
    loop, known = asyncio.get_running_loop(), _turns.get(limiter)
    if known is None or known[0] is not loop:
        known = _turns[limiter] = (loop, Turns(limiter))
    return known[1]
