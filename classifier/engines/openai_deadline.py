"""How long to wait for a call: several times what such calls have taken lately, so that a slow drip is cut short.

When more than one call in ten is cut it is the service that has become slow: the deadline doubles, and again, up to the
analyst's own.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from types import TracebackType

TIMES = 4.0  # what nine in ten calls take
NINE_IN_TEN = 0.9
FLOOR_S = 2.0  # a pause of the network or of our own process is no drip
FEW, EVERY = 6, 20  # calls after which a deadline is first known, and known better
ENOUGH = 30  # calls from which on those that were cut tell something of the service
KEPT = 200
STANDSTILL_S = 0.5  # a deadline that is noticed so late was noticed by a process that stood still itself
GRACE_S = 1.0  # to read what arrived meanwhile: it is paid for

_known: dict[tuple[str, ...], Deadlines] = {}


class Patience:
    """A timeout for one call (TimeoutError). A process that was frozen or starved first reads what has arrived."""

    def __init__(self, wait_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self.ends_s = self._loop.time() + wait_s

    async def __aenter__(self) -> Patience:
        await self._timeout.__aenter__()
        self._ending = self._loop.call_at(self.ends_s, self._end)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        at: TracebackType | None) -> None:  # fmt: skip
        self._ending.cancel()
        await self._timeout.__aexit__(kind, error, at)

    def shorten(self, ends_s: float) -> None:
        """End earlier, at this time of the event loop's clock."""
        if ends_s < self.ends_s:
            self._ending.cancel()
            self.ends_s = ends_s
            self._ending = self._loop.call_at(ends_s, self._end)

    def _end(self) -> None:
        now_s = self._loop.time()
        stood_still = now_s - self.ends_s > STANDSTILL_S
        self._timeout.reschedule(now_s + GRACE_S if stood_still else now_s)


class Deadline:
    """For calls of one size. Calls that left before it was known get it when it is."""

    def __init__(self) -> None:
        self.known_s: float | None = None
        self._latencies_s: deque[float] = deque(maxlen=KEPT)
        self._n = 0
        self._waiting: set[Patience] = set()

    def learn(self, latency_s: float) -> None:
        """Take how long a call took that was answered; math.inf for one that was cut."""
        self._latencies_s.append(latency_s)
        self._n += 1
        if self._n < FEW or (self.known_s is not None and self._n % EVERY):
            return
        answered_s = sorted(s for s in self._latencies_s if s < math.inf)
        if len(self._latencies_s) >= ENOUGH and len(answered_s) < NINE_IN_TEN * len(self._latencies_s):
            self.known_s = 2 * (self.known_s or FLOOR_S)
        elif answered_s:
            self._know(max(FLOOR_S, TIMES * answered_s[int(NINE_IN_TEN * (len(answered_s) - 1))]))

    def _know(self, known_s: float) -> None:
        self.known_s = known_s
        ends_s = asyncio.get_running_loop().time() + self.known_s
        for patience in self._waiting:
            patience.shorten(ends_s)
        self._waiting.clear()

    def wait(self, patience: Patience) -> None:
        """Note a call under way for which no deadline is known yet."""
        self._waiting.add(patience)

    def forget(self, patience: Patience) -> None:
        """Note that a call has ended."""
        self._waiting.discard(patience)


class Deadlines:
    """One for a model at a service, for all jobs of the process. Sizes are powers of two: more products take longer."""

    def __init__(self) -> None:
        self._of: dict[int, Deadline] = {}

    def of(self, n_products: int) -> Deadline:
        """Return the deadline of calls with so many products."""
        return self._of.setdefault(n_products.bit_length(), Deadline())

    def known_s(self, n_products: int) -> float | None:
        """Return the seconds to wait: what calls of this size deserve, else larger ones, else in proportion."""
        size = n_products.bit_length()
        known = {other: d.known_s for other, d in self._of.items() if d.known_s is not None}
        if not known or size in known:
            return known.get(size)
        larger = [other for other in known if other > size]
        nearest = min(larger) if larger else max(known)
        return known[nearest] * 2.0 ** max(0, size - nearest)


def deadlines_of(*key: str) -> Deadlines:
    """Return what this process has found out of a model at a service."""
    return _known.setdefault(key, Deadlines())
