"""One item on its way to an answer: how often it was asked, what that cost, what went wrong last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from classifier.outcomes import Ask, Call, Failure, FailureKind, Prediction
from classifier.retry import TRANSPORT
from storage import AttemptRow, ItemStatus, OpenItem, Result

RAW_CHARACTERS = 4_000


@dataclass(slots=True)
class Work:
    """An item with what its attempts of this run have used.

    n_lost counts the transport faults since its last answer, failing_since_s (monotonic clock) is when they began.
    """

    item: OpenItem
    n_attempts: int
    feedback: str | None = None
    n_lost: int = 0
    failing_since_s: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    def wait_out(self, kind: FailureKind, now_s: float) -> float:
        """Note a failure; returns for how many seconds the way to the service has been closed to this item."""
        if kind not in TRANSPORT:
            self.n_lost, self.failing_since_s = 0, None
            return 0.0
        self.n_lost += 1
        self.failing_since_s = self.failing_since_s or now_s
        return now_s - self.failing_since_s

    def ask(self) -> Ask:
        """Return what the engine is asked; it answers by the key."""
        return Ask(str(self.item.position), self.item.text, self.feedback, self.n_attempts)


def share_out(batch: Sequence[Work], call: Call, cost_usd: Decimal | None, shares: Sequence[Decimal]) -> None:
    """Add each item's share of a call's tokens and cost; the shares add up to the whole."""
    usage, n = call.usage, len(batch)
    for i, work in enumerate(batch):
        if usage is not None:
            work.input_tokens += _share(usage.input_tokens, n, i)
            work.output_tokens += _share(usage.output_tokens, n, i)
        if cost_usd is not None:
            work.cost_usd += shares[i]


def _share(total: int, n: int, i: int) -> int:
    return total // n + (i < total % n)


def result_of(work: Work, answer: Prediction | Failure, finished_at: datetime, *, reused: bool = False) -> Result:
    """Turn a final answer into the row that is recorded."""
    prediction = answer if isinstance(answer, Prediction) else None
    failure = answer if isinstance(answer, Failure) else None
    return Result(
        position=work.item.position,
        status=ItemStatus.FAILED if failure else ItemStatus.CLASSIFIED,
        verdict=prediction.verdict if prediction else None,
        notation=prediction.notation if prediction else None,
        confidence=prediction.confidence if prediction else None,
        why=(prediction.why or None) if prediction else None,
        runners_up=[[r.notation, round(r.score, 4)] for r in prediction.runners_up] or None if prediction else None,
        error_kind=failure.kind if failure else None,
        error=failure.message if failure else None,
        n_attempts=work.n_attempts,
        reused=reused,
        input_tokens=work.input_tokens,
        output_tokens=work.output_tokens,
        cost_usd=work.cost_usd,
        finished_at=finished_at,
        expected_of=work.item.expected_of,
        text_key=work.item.text_key,
    )


def attempt_of(attempt_id: str, batch: Sequence[Work], call: Call, n_sound: int, cost_usd: Decimal | None,
               wasted_usd: Decimal) -> AttemptRow:  # fmt: skip
    """Turn a call into the row that is recorded; its raw answer is bounded."""
    usage = call.usage
    return AttemptRow(
        id=attempt_id,
        positions=[work.item.position for work in batch],
        n_sound=n_sound,
        model=call.model,
        kind=call.kind,
        started_at=call.started_at,
        latency_s=round(call.latency_s, 4),
        http_status=call.http_status,
        request_id=call.request_id,
        service_tier=call.service_tier,
        input_tokens=usage.input_tokens if usage else 0,
        cached_input_tokens=usage.cached_input_tokens if usage else 0,
        output_tokens=usage.output_tokens if usage else 0,
        reasoning_tokens=usage.reasoning_tokens if usage else 0,
        cost_usd=cost_usd,
        wasted_usd=wasted_usd,
        error=call.error,
        raw=call.raw[:RAW_CHARACTERS] or None,
    )
