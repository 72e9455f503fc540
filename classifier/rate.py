"""The per-minute limits of a service that all processes at one database keep together."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

from classifier.outcomes import Call, FailureKind
from storage import Store, Unavailable

log = logging.getLogger("anaquel.rate")

STOCK_S = 0.25  # permits are taken for so much of the whole rate at once, at most N_AT_ONCE requests
N_AT_ONCE = 10
AWAY_S = 1.0


class _Stock:
    """Permits of one limit that this process has taken and not used yet. Not thread-safe."""

    def __init__(self, store: Store, key: str, per_minute: float, at_most: float) -> None:
        self.key = key
        self._store, self._per_minute = store, per_minute
        self._ahead = min(at_most, per_minute / 60 * STOCK_S)
        self._n, self._usable_s = 0.0, 0.0

    def take(self, n: float) -> float:
        """Use n permits; returns the seconds until that is allowed. Raises Unavailable."""
        missing = n - self._n
        if missing > 0:
            taken = max(missing, self._ahead)
            self._usable_s = time.monotonic() + self._store.take_permits(self.key, taken, self._per_minute)
            self._n += taken
        self._n -= n
        return max(0.0, self._usable_s - time.monotonic())

    def hold_back(self, wait_s: float) -> None:
        """Drop what is in stock; nobody gets more for so long."""
        self._n = 0.0
        self._store.hold_back(self.key, wait_s)


class SharedRate:
    """One for each key at each service in a process; may be used from several event loops."""

    def __init__(self, store: Store, service: str, rpm: float | None, tpm: float | None) -> None:
        self._requests = _Stock(store, f"requests {service}", rpm, N_AT_ONCE) if rpm else None
        self._tokens = _Stock(store, f"tokens {service}", tpm, float("inf")) if tpm else None
        self._lock = threading.Lock()

    async def enter(self, n_tokens: int) -> None:
        """Wait until a call of so many tokens may start."""
        while True:
            try:
                wait_s = await asyncio.to_thread(self._take, n_tokens)
            except Unavailable as error:
                log.warning("no permit: %s", error)
                await asyncio.sleep(AWAY_S)
            else:
                break
        if wait_s:
            await asyncio.sleep(wait_s)

    def heed(self, call: Call) -> None:
        """Tell all processes when the service asked one of them to wait."""
        if call.kind == FailureKind.RATE_LIMITED and call.retry_after_s:
            asyncio.get_running_loop().run_in_executor(None, self._hold_back, call.retry_after_s)

    def _take(self, n_tokens: int) -> float:
        with self._lock:
            wait_s = self._requests.take(1) if self._requests else 0.0
            return max(wait_s, self._tokens.take(n_tokens) if self._tokens else 0.0)

    def _hold_back(self, wait_s: float) -> None:
        with self._lock:
            for stock in (self._requests, self._tokens):
                try:
                    if stock is not None:
                        stock.hold_back(wait_s)
                except Unavailable as error:
                    log.warning("the others are not told to wait: %s", error)
