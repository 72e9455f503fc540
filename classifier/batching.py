"""How many products the next call carries: even batches, smaller ones when a job's last calls leave places idle."""

from __future__ import annotations

from math import ceil

SMALLEST_SHARE = 0.25  # of a full batch: every call pays for the whole prefix
EXTRA_SHARE = 0.125  # so many calls more, at most, than full batches would have taken


class Batching:
    """One for each job. is_tail: the executor found nothing more to claim, so places that come free stay free."""

    def __init__(self) -> None:
        self.is_tail = False
        self._n_calls = 0
        self._n_extra = 0.0

    def size(self, full: int, n_queued: int, n_open: int, n_places: int) -> int:
        """Products for the next call of n_queued: of n_open that the job has left, for n_places calls at a time."""
        self._n_calls += 1
        even = ceil(n_queued / ceil(n_queued / full))
        if not self.is_tail or full == 1 or self._n_extra + 1 >= EXTRA_SHARE * self._n_calls:
            return even
        share = max(ceil(n_open / n_places), ceil(SMALLEST_SHARE * full))
        if share >= even:
            return even
        self._n_extra += 1 - share / full
        return share
