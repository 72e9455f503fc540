"""Permits for calls: how many may be in flight, and how many requests and tokens a minute. Learns from every call."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from datetime import UTC, datetime, timedelta

from classifier.buckets import Bucket, learn
from classifier.outcomes import Call, FailureKind, Limits

FEW_OUTCOMES = 4  # fewer tell nothing
JUDGED_SHARE = 0.3  # of the window: errors come back before answers do, so the first outcomes of a wave look worst
STRAINED_SHARE = 0.3  # so many rate errors among the last outcomes: fewer calls at a time
DOWN_SHARE = 0.6  # so many faults among them: nobody calls for a while
LONG_RETRY_AFTER_S = 3.0  # a wait this long is meant for everybody, not for one request
FIRST_REST_S, LONGEST_REST_S = 0.5, 30.0
SHOWN_FROM_S = 0.5  # shorter waits are nothing to tell

STRAIN = {FailureKind.RATE_LIMITED.value}
DOWN = STRAIN | {FailureKind.SERVER_ERROR.value, FailureKind.TIMEOUT.value, FailureKind.CONNECTION.value}


class Limiter:
    """One for each key at each service, shared by all jobs of the process, used inside one event loop.

    concurrency: most calls in flight; per-minute limits hold until the service's x-ratelimit headers tell better.
    """

    def __init__(self, concurrency: int, rpm: float | None = None, tpm: float | None = None) -> None:
        self.concurrency = concurrency
        self.window = float(concurrency)  # calls in flight that the service seems to bear
        self.n_in_flight = 0
        self._requests = Bucket(rpm) if rpm else None
        self._tokens = Bucket(tpm) if tpm else None
        self._n_unsent = 0
        self._n_sent = 0
        self._n_sent_tokens = 0
        self._queue: deque[tuple[asyncio.Future[None], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._outcomes: deque[str] = deque(maxlen=max(20, concurrency))
        self._rests_until_s = 0.0
        self._rested_at_s = 0.0
        self._n_rests = 0

    @property
    def waits_until_at(self) -> datetime | None:
        """When the next call may start, when that is a wait worth telling; None when calls flow."""
        wait_s = self._wait_s(self._queue[0][1] if self._queue else 1, time.monotonic())
        return datetime.now(UTC) + timedelta(seconds=wait_s) if wait_s >= SHOWN_FROM_S else None

    async def acquire(self, n_tokens: int) -> None:
        """Wait, first come first served, until a call that weighs n_tokens may start. Give it back by `release`."""
        if not self._queue and self._admit(n_tokens):
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((place, n_tokens))
        self._pump()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release(None)
            raise

    def mark(self, n_tokens: int) -> Limits:
        """Note that an admitted call leaves now; the engine puts the counts into the Call."""
        self._n_sent += 1
        self._n_sent_tokens += n_tokens
        self._n_unsent = max(0, self._n_unsent - 1)
        return Limits(self._n_sent, self._n_sent_tokens, time.monotonic())

    def release(self, call: Call | None) -> None:
        """Give the place back and learn from the call; None when the permit was not used for one."""
        self.n_in_flight = max(0, self.n_in_flight - 1)
        if call is None:
            self._n_unsent = max(0, self._n_unsent - 1)
        else:
            self._learn(call, time.monotonic())
        if self._queue:
            self._pump()

    def _admit(self, n_tokens: int) -> bool:
        if self.n_in_flight >= int(self.window):
            return False
        now_s = time.monotonic()
        if self._wait_s(n_tokens, now_s) > 0:
            return False
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(n_tokens)
        self.n_in_flight += 1
        self._n_unsent += 1
        return True

    def _wait_s(self, n_tokens: int, now_s: float) -> float:
        wait_s = self._rests_until_s - now_s
        if self._requests:
            wait_s = max(wait_s, self._requests.wait_s(1, now_s))
        if self._tokens:
            wait_s = max(wait_s, self._tokens.wait_s(n_tokens, now_s))
        return max(0.0, wait_s)

    def _pump(self) -> None:
        """Let in whom the limits allow, in order; set one alarm for the next when only time is in the way."""
        while self._queue:
            place, n_tokens = self._queue[0]
            if place.done():  # cancelled while waiting
                self._queue.popleft()
            elif self._admit(n_tokens):
                self._queue.popleft()
                place.set_result(None)
            else:
                break
        if self._queue and self._timer is None and self.n_in_flight < int(self.window):
            wait_s = self._wait_s(self._queue[0][1], time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(max(0.001, min(wait_s, 60.0)), self._alarm)

    def _alarm(self) -> None:
        self._timer = None
        self._pump()

    def _learn(self, call: Call, now_s: float) -> None:
        told = self._learn_quota(call, now_s)
        if call.kind not in DOWN:
            self._outcomes.append("")
            self._recover()
        elif not (told and call.kind in STRAIN):
            self._suffer(call, now_s)

    def _learn_quota(self, call: Call, now_s: float) -> bool:
        """Follow the headers' buckets. Says whether they explain a rate error, so that no other brake is needed."""
        limits = call.limits
        if limits is None or (limits.requests is None and limits.tokens is None):
            return False
        n_after = self._n_sent - limits.n_sent + self._n_unsent
        n_tokens_after = self._n_sent_tokens - limits.n_sent_tokens
        if limits.requests:
            self._requests = learn(self._requests, limits.requests, n_after, limits.sent_at_s, now_s)
        if limits.tokens:
            self._tokens = learn(self._tokens, limits.tokens, n_tokens_after, limits.sent_at_s, now_s)
        if call.kind in STRAIN:
            self._rest(call.retry_after_s or 0.0, now_s)
            for bucket in filter(None, (self._requests, self._tokens)):
                bucket.be_careful()
        return True

    def _suffer(self, call: Call, now_s: float) -> None:
        """Tell scattered faults from an overloaded or absent service by the last outcomes."""
        long = call.kind in STRAIN and (call.retry_after_s or 0.0) >= LONG_RETRY_AFTER_S
        if now_s - call.latency_s < self._rested_at_s and not long:
            return  # it left before the rest that its like has caused
        self._outcomes.append(call.kind)
        n = len(self._outcomes)
        if n < max(min(FEW_OUTCOMES, self.concurrency), JUDGED_SHARE * self.window) and not long:
            return
        if long or sum(kind in DOWN for kind in self._outcomes) >= DOWN_SHARE * n:
            rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2**self._n_rests)
            self._n_rests += 1
            self._slow_down()
            self._rest(max(rest_s, call.retry_after_s or 0.0), now_s)
            self._rested_at_s = now_s
        elif sum(kind in STRAIN for kind in self._outcomes) >= STRAINED_SHARE * n:
            self._slow_down()

    def _rest(self, wait_s: float, now_s: float) -> None:
        self._rests_until_s = max(self._rests_until_s, now_s + wait_s)

    def _slow_down(self) -> None:
        self.window = max(1.0, self.window * 0.6)
        self._outcomes.clear()

    def _recover(self) -> None:
        """One place more for every ten sound calls; the rests start from short again when the window is whole."""
        if self.window < self.concurrency:
            self.window = min(float(self.concurrency), self.window + 0.1)
        else:
            self._n_rests = 0
