"""A service's rate limit as a bucket that fills steadily, followed from afar by its x-ratelimit headers."""

from __future__ import annotations

import time

from classifier.outcomes import Quota

MINUTE_S, DAY_S = 60.0, 86_400.0
MARGIN_S, MOST_MARGIN_S = 0.02, 0.5  # refill that is kept in hand: our clock starts before the service's
NO_REFILL_S = 3_600.0


class Bucket:
    """Permits of one kind: `capacity` at most, `rate` more each second. The level may go below zero (in debt)."""

    def __init__(self, per_minute: float) -> None:
        self.rate = per_minute / MINUTE_S
        self.capacity = max(1.0, self.rate)  # until told: no more than a second's worth at once
        self.level = self.capacity
        self.margin_s = MARGIN_S
        self._filled_at_s = time.monotonic()

    def fill(self, now_s: float) -> None:
        """Let the time pass."""
        self.level = min(self.capacity, self.level + (now_s - self._filled_at_s) * self.rate)
        self._filled_at_s = now_s

    def take(self, n: float) -> None:
        """Take n permits."""
        self.level -= n

    def wait_s(self, n: float, now_s: float) -> float:
        """Seconds until n permits are there (or the bucket is full, when n is more than it holds)."""
        self.fill(now_s)
        margin = min(self.rate * self.margin_s, self.capacity * 0.1)
        missing = min(n + margin, self.capacity) - self.level
        if missing <= 0:
            return 0.0
        return missing / self.rate if self.rate > 0 else NO_REFILL_S

    def be_careful(self) -> None:
        """Keep more in hand, after a refusal: requests take longer to the service than was thought."""
        self.margin_s = min(MOST_MARGIN_S, 2 * self.margin_s)

    def set(self, level: float, now_s: float) -> None:
        """Correct the level."""
        self.level, self._filled_at_s = level, now_s


def learn(bucket: Bucket | None, quota: Quota, n_after: float, sent_at_s: float, now_s: float) -> Bucket:
    """Follow what a call's headers told; n_after permits were taken since that call was sent.

    The period is not told: it is a minute unless the time to fill says that the limit is for a day
    (OpenAI's small accounts: 200 requests a day, one every 432 s).
    """
    period_s = MINUTE_S
    if quota.remaining + quota.reset_s * quota.limit / MINUTE_S > quota.limit * 1.1 + 1:
        period_s = DAY_S
    bucket = bucket or Bucket(quota.limit)
    bucket.rate = quota.limit / period_s
    told = quota.remaining + quota.reset_s * bucket.rate
    bucket.capacity = max(1.0, min(quota.limit, told))
    bucket.set(min(bucket.capacity, quota.remaining + (now_s - sent_at_s) * bucket.rate) - n_after, now_s)
    return bucket
