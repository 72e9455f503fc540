"""A job's money: what it may spend, what it has spent, and what its calls in flight may cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

EstimateOf = Callable[[int], Decimal]


class Budget:
    """Reserves a call's estimated cost before it starts; limit_usd None: nothing is held back."""

    def __init__(self, estimate: EstimateOf) -> None:
        self.limit_usd: Decimal | None = None
        self.spent_usd = Decimal(0)
        self.is_exhausted = False
        self._estimate = estimate
        self._reserved_usd = Decimal(0)
        self._n_reserved = 0
        self._changed = asyncio.Event()

    async def reserve(self, n_tokens: int) -> Decimal | None:
        """Hold back what a call of so many tokens may cost (USD); None when the money does not do for it.

        While calls in flight may turn out cheaper than estimated, it waits for them.
        """
        wanted_usd = Decimal(0) if self.limit_usd is None else self._estimate(n_tokens)
        while not self._allows(wanted_usd):
            if not self._n_reserved:
                self.is_exhausted = True
                return None
            self._changed.clear()
            await self._changed.wait()
        self._reserved_usd += wanted_usd
        self._n_reserved += 1
        return wanted_usd

    def free(self, reserved_usd: Decimal) -> None:
        """Let go of what was held back for a call that has ended."""
        self._reserved_usd -= reserved_usd
        self._n_reserved -= 1
        self._changed.set()

    def spend(self, cost_usd: Decimal | None) -> None:
        """Add a call's cost; None (no known price) adds nothing."""
        self.spent_usd += cost_usd or Decimal(0)

    def heed(self, limit_usd: Decimal | None, recorded_usd: Decimal) -> None:
        """Take the limit and the sum in the record, to which other processes may have added."""
        self.limit_usd = limit_usd
        self.spent_usd = max(self.spent_usd, recorded_usd)
        self._changed.set()

    def wake(self) -> None:
        """Let those who wait for money look again."""
        self._changed.set()

    def _allows(self, wanted_usd: Decimal) -> bool:
        return self.limit_usd is None or self.spent_usd + self._reserved_usd + wanted_usd <= self.limit_usd
