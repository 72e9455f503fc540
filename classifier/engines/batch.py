"""The seam to a provider's Batch API: many requests in one file, answered within a day at a lower price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classifier.outcomes import Ask, FailureKind, Reply

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
QUEUE_FULL = frozenset({"token_limit_exceeded", "batch_limit_exceeded"})  # codes of a batch that may be sent later
UNASKED = frozenset({"batch_expired", "batch_cancelled"})  # codes of requests that were never put to the model
TIER = "batch"  # the service tier by which classifier.pricing knows the price


@dataclass(frozen=True, slots=True)
class BatchState:
    """What the provider says of a batch. n_done and n_failed count requests; problem: why it refused the whole."""

    batch_id: str
    status: str
    n_requests: int
    n_done: int
    n_failed: int
    submitted_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    files: tuple[str, ...] = ()
    problem: str | None = None
    problem_code: str | None = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class BatchLine:
    """The answer to one request of a batch: an HTTP status and body, as if it had been asked by itself."""

    http_status: int
    content: bytes
    request_id: str | None


class BatchFault(Exception):
    """A step at the provider did not succeed; kind says whether it may later."""

    def __init__(self, kind: FailureKind, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.retry_after_s = kind, retry_after_s


ReadLine = Callable[[Sequence[Ask], BatchLine, BatchState], Reply]


class BatchService(Protocol):
    """What a run needs of a provider; every method but the pure ones raises BatchFault."""

    def group(self, asks: Sequence[Ask]) -> list[list[Ask]]:
        """Part the products into requests: texts that read like instructions by themselves."""
        ...

    def write(self, groups: Sequence[Sequence[Ask]]) -> bytes:
        """Write the file of requests, one a line; a line is known again by its number."""
        ...

    def reader(self) -> ReadLine:
        """Return what reads the lines of one batch, all with what is known of the service at this moment."""
        ...

    async def upload(self, name: str, lines: bytes) -> str:
        """Hand the file over; returns its id there."""
        ...

    async def create(self, file_id: str, mark: str) -> BatchState:
        """Start the batch; mark (our own id) goes into its metadata."""
        ...

    async def find(self, mark: str, since: datetime) -> BatchState | None:
        """Find a batch that was started with this mark since a moment; of several the first, the others cancelled."""
        ...

    async def look(self, batch_id: str) -> BatchState:
        """Ask how far it is."""
        ...

    async def cancel(self, batch_id: str) -> None:
        """Ask that nothing more of it be answered; what was answered is charged and can be fetched."""
        ...

    async def answers(self, state: BatchState) -> Mapping[int, BatchLine]:
        """Fetch the answers by line number; what was never put to the model is left out."""
        ...
