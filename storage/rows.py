"""The plain values that cross the store's door: what goes in for a job, what a worker claims and records.

None is changed once it is made; those made for every product are not frozen, which would take thrice the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

Json = Any


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is known of a job before its items: see storage.tables.Job for the columns."""

    id: str
    name: str
    taxonomy_id: str
    engine: str
    spec: Mapping[str, Json]
    model: str | None = None
    priority: int = 1
    source: str = "page"
    owner: str | None = None
    parent_id: str | None = None
    budget_usd: Decimal | None = None
    callback_url: str | None = None
    estimate: Mapping[str, Json] | None = None
    chunk_size: int = 0  # 0: by the number of its items


class NewItem(NamedTuple):
    """One accepted product; same_as is the position of an earlier item with the same text_key."""

    position: int
    text: str
    text_key: str
    product_id: str | None = None
    expected: str | None = None
    extra: Mapping[str, Json] | None = None
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased chunk, of the items first to last. token and seq fence late or repeated writes off."""

    job_id: str
    n: int
    first: int
    last: int
    token: int
    seq: int


@dataclass(slots=True)
class OpenItem:
    """An item that needs an answer; expected_of lists the expected notation of it and of all that share its answer."""

    position: int
    text: str
    text_key: str
    n_attempts: int
    expected_of: tuple[str | None, ...]


@dataclass(slots=True)
class Result:
    """One item's final outcome, to be recorded with the attempts that led to it. cost and tokens are its share."""

    position: int
    status: str
    verdict: str | None
    notation: str | None
    confidence: float | None
    why: str | None
    runners_up: Sequence[Json] | None
    error_kind: str | None
    error: str | None
    n_attempts: int
    reused: bool
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    finished_at: datetime
    expected_of: tuple[str | None, ...]
    text_key: str = ""


@dataclass(slots=True)
class AttemptRow:
    """One engine call to be recorded; see storage.tables.Attempt."""

    id: str
    positions: Sequence[int]
    n_sound: int
    model: str
    kind: str
    started_at: datetime
    latency_s: float
    http_status: int | None = None
    request_id: str | None = None
    service_tier: str | None = None
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Decimal | None = None
    wasted_usd: Decimal = Decimal(0)
    error: str | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class BatchRead:
    """A provider's batch whose answers are recorded; again: positions that it left unasked."""

    id: str
    again: Sequence[int] = ()


@dataclass(slots=True)
class Part:
    """What one chunk has to record in one flush. release: give the lease back; finished: no item is open."""

    claim: Claim
    seq: int
    results: list[Result] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    spec_key: str | None = None  # answers are kept for reuse under this key
    release: bool = False
    finished: bool = False
    read: list[BatchRead] = field(default_factory=list)

    @property
    def ends(self) -> bool:
        """Whether the chunk is let go with this part."""
        return self.release or self.finished


@dataclass(frozen=True, slots=True)
class Request:
    """What people want of a job that is being worked on, and what it has cost so far."""

    status: str
    cancel: bool
    pause: bool
    priority: int
    cost_usd: Decimal
    budget_usd: Decimal | None
    label_seq: int = 0


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush told: the requests of each job, and the chunks whose lease was lost."""

    requests: Mapping[str, Request]
    lost: frozenset[Claim]
