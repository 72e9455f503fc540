"""A job's money: what it may spend, what it has spent, and what its calls in flight may cost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal

from storage import Grant

EstimateOf = Callable[[int], Decimal]
Draw = Callable[[Decimal, Decimal], Awaitable[Grant]]  # the least and the wanted USD
N_AHEAD = 10  # calls' worth of money drawn at a time
LOOK_S = 0.5  # how often a job that waits for other workers' money looks again


class Budget:
    """Reserves a call's estimated cost before it starts; limit_usd None: nothing is held back.

    draw: how an allowance is got from the record, where other workers spend of the same budget; None: nobody else does.
    """

    def __init__(self, estimate: EstimateOf, draw: Draw | None = None) -> None:
        self.limit_usd: Decimal | None = None
        self.spent_usd = Decimal(0)
        self.is_exhausted = False
        self.draw = draw
        self._estimate = estimate
        self._reserved_usd = Decimal(0)
        self._n_reserved = 0
        self._drawn_usd = self._used_usd = Decimal(0)  # of the record's money, by this worker
        self._others_hold = self._is_closed = False
        self._n_waiting = 0
        self._changed = asyncio.Event()
        self._drawing = asyncio.Lock()

    @property
    def is_idle(self) -> bool:
        """Whether something was drawn that no call needs now."""
        return not self._n_reserved and self._drawn_usd > self._used_usd

    @property
    def is_short(self) -> bool:
        """Whether calls wait for money that others hold."""
        return self._n_waiting > 0 and self._others_hold

    async def reserve(self, n_tokens: int) -> Decimal | None:
        """Hold back what a call of so many tokens may cost (USD); None when the money does not do for it.

        While calls in flight, here or elsewhere, may turn out cheaper than estimated, it waits for them.
        """
        wanted_usd = Decimal(0) if self.limit_usd is None else self._estimate(n_tokens)
        while not await self._take(wanted_usd):
            if self._is_closed:
                return None
            if not self._n_reserved and not self._others_hold:
                self.is_exhausted = True
                return None
            await self._until_changed()
        return wanted_usd

    def free(self, reserved_usd: Decimal) -> None:
        """Let go of what was held back for a call that has ended."""
        self._reserved_usd -= reserved_usd
        self._n_reserved -= 1
        self._drawn_usd = max(
            self._drawn_usd, self._used_usd + self._reserved_usd
        )  # dearer than estimated: it is spent
        self._changed.set()

    def spend(self, cost_usd: Decimal | None) -> None:
        """Add a call's cost; None (no known price) adds nothing."""
        self.spent_usd += cost_usd or Decimal(0)
        self._used_usd += cost_usd or Decimal(0)

    def heed(self, limit_usd: Decimal | None, recorded_usd: Decimal) -> None:
        """Take the limit and the sum in the record, to which other processes may have added."""
        self.limit_usd = limit_usd
        self.spent_usd = max(self.spent_usd, recorded_usd)
        self._changed.set()

    def close(self) -> None:
        """Send those who wait for money away."""
        self._is_closed = True
        self._changed.set()

    def give_up(self) -> Decimal:
        """Let go of what was drawn and is neither used nor held back for a call; returns how much that is."""
        unused_usd = self._headroom_usd
        self._drawn_usd -= unused_usd
        return unused_usd

    def take_again(self, unused_usd: Decimal) -> None:
        """Undo a `give_up` that did not reach the record."""
        self._drawn_usd += unused_usd

    async def _until_changed(self) -> None:
        self._changed.clear()
        self._n_waiting += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if self._others_hold else None):
                    await self._changed.wait()
        finally:
            self._n_waiting -= 1

    async def _take(self, wanted_usd: Decimal) -> bool:
        if self._allows(wanted_usd) and await self._is_covered(wanted_usd) and self._allows(wanted_usd):
            self._reserved_usd += wanted_usd
            self._n_reserved += 1
            return True
        return False

    async def _is_covered(self, wanted_usd: Decimal) -> bool:
        """See to it that this worker may spend so much; no await lies between a True and the reservation."""
        if self.limit_usd is None or self.draw is None or self._headroom_usd >= wanted_usd:
            return True
        async with self._drawing:
            if self._headroom_usd < wanted_usd:
                missing_usd = wanted_usd - self._headroom_usd
                grant = await self.draw(missing_usd, missing_usd + (N_AHEAD - 1) * wanted_usd)
                self._drawn_usd += grant.usd
                self._others_hold = grant.others_hold
        return self._headroom_usd >= wanted_usd

    @property
    def _headroom_usd(self) -> Decimal:
        return self._drawn_usd - self._used_usd - self._reserved_usd

    def _allows(self, wanted_usd: Decimal) -> bool:
        return self.limit_usd is None or self.spent_usd + self._reserved_usd + wanted_usd <= self.limit_usd
