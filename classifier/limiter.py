"""Permits for calls: how many may be in flight, and how many requests and tokens a minute."""

from __future__ import annotations

import asyncio
from datetime import datetime

from classifier.outcomes import Call


class Limiter:
    """A bounded number of calls in flight, shared by all jobs that use one key at one service."""

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self.waits_until_at: datetime | None = None
        self._slots = asyncio.Semaphore(concurrency)

    async def acquire(self, n_tokens: int) -> None:  # noqa: ARG002
        """Wait until a call that weighs n_tokens may start."""
        await self._slots.acquire()

    def release(self, call: Call | None) -> None:  # noqa: ARG002
        """Give the place back, and learn from the call's outcome."""
        self._slots.release()
