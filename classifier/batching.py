"""How many products the next call carries: even batches, smaller ones when a job's last calls leave places idle."""

from __future__ import annotations

from math import ceil

SMALLEST_SHARE = 0.25  # of a full batch: every call pays for the whole prefix
EXTRA_SHARE = 0.03  # so many calls more, at most, than full batches would have taken


class Batching:
    """One for each job. is_tail: the executor found nothing more to claim, so places that come free stay free."""

    def __init__(self) -> None:
        self.is_tail = False
        self._n_calls = 0
        self._n_extra = 0.0

    def even(self, full: int, n_queued: int) -> int:
        """Products for the next call of n_queued: at most `full`, and no small rest at the end."""
        self._n_calls += 1
        return ceil(n_queued / ceil(n_queued / full))

    def last(self, full: int, n_queued: int, n_open: int, n_places: int) -> int:
        """The same in the tail: n_open products are left in all, for n_places calls at a time."""
        even = self.even(full, n_queued)
        if full == 1 or self._n_extra + 1 >= EXTRA_SHARE * self._n_calls:
            return even
        share = max(ceil(n_open / n_places), ceil(SMALLEST_SHARE * full))
        if share >= even:
            return even
        self._n_extra += 1 - share / full
        return share
