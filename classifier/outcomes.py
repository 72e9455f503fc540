"""What came of asking about a product: a prediction or a failure, with the usage of the call that told.

None is changed once it is made; those made for every product or call are not frozen, which would take thrice the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What an answer says about a product. Only CONCEPT carries a notation."""

    CONCEPT = "concept"
    NOT_A_PRODUCT = "not_a_product"
    UNSURE = "unsure"


class FailureKind(StrEnum):
    """Why a call, or one product's part of it, gave no usable answer."""

    NOT_JSON = "not_json"  # "No JSON found in response": prose, HTML, an empty body
    TRUNCATED = "truncated"  # finish_reason "length" or JSON that stops in the middle
    OFF_LIST = "off_list"  # a notation that is not in the taxonomy
    MISSING = "missing"  # the answer leaves this product out
    REFUSED = "refused"
    CONTENT_FILTER = "content_filter"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    QUOTA = "quota"  # the account is out of money
    AUTH = "auth"  # the key is missing, wrong or may not use the model
    SET_ASIDE = "set_aside"  # not asked yet: its text has to go alone (see isolation)
    BAD_REQUEST = "bad_request"  # the service cannot accept what we send, for any product
    INTERNAL = "internal"  # a fault of our own program


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A concept that was considered and not chosen; score in 0..1."""

    notation: str
    score: float


@dataclass(slots=True)
class Prediction:
    """A sound answer. notation is None unless verdict is CONCEPT; confidence is in 0..1 or None when not known."""

    verdict: Verdict
    notation: str | None = None
    confidence: float | None = None
    why: str = ""
    runners_up: tuple[RunnerUp, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """No sound answer; message is a sentence for the analyst, without secrets.

    alone: no other product of the call can be to blame for it.
    """

    kind: FailureKind
    message: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. input_tokens includes cached_input_tokens; output_tokens includes reasoning_tokens."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """One bucket of a service's rate limit as its x-ratelimit headers tell: reset_s is the time until it is full."""

    limit: float
    remaining: float
    reset_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call's headers said of the limits, with the limiter's counts (this call included) when it was sent."""

    n_sent: int
    n_sent_tokens: int
    sent_at_s: float  # time.monotonic()
    requests: Quota | None = None
    tokens: Quota | None = None


@dataclass(slots=True)
class Call:
    """One request that was sent to a paid or remote engine, whatever came back.

    kind is "ok" when the body could be read (single products may still have failed), else a FailureKind value.
    usage is None when the service reported none (a lost connection, an HTTP error). raw is the answer's text, bounded
    by the engine. model is the model that answered, as the service names it; asked_model: the one that was asked, where
    it is not the job's own.
    """

    model: str
    started_at: datetime
    latency_s: float
    kind: str
    usage: Usage | None = None
    raw: str = ""
    error: str | None = None
    request_id: str | None = None
    http_status: int | None = None
    retry_after_s: float | None = None
    service_tier: str | None = None
    limits: Limits | None = None
    asked_model: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What an engine says of a batch: an answer for every key that was asked, and the call if one was made."""

    answers: Mapping[str, Prediction | Failure]
    call: Call | None = None


@dataclass(slots=True)
class Ask:
    """One product put to an engine.

    key is ours, unique in the job (the item's position), never the analyst's own id. feedback tells what was wrong
    with the last answer, None on the first attempt.
    """

    key: str
    text: str
    feedback: str | None = None
    n_attempts: int = field(default=0)  # attempts already made for this product
