"""What to do after a failure, by its kind: ask again, give up on the product, or stop the job."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.outcomes import Failure, FailureKind

MAX_ATTEMPTS = 6  # in all, the first included: with 30 % failing attempts 99.9 % of products need six
PATIENT_S = 900.0  # a provider's outage this long never fails a product


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again after wait_s seconds; alone: in a call of its own. counts: whether this used up an attempt."""

    wait_s: float
    alone: bool
    counts: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The product fails with this failure."""


@dataclass(frozen=True, slots=True)
class StopJob:
    """No product of this job can be answered until somebody acts; remedy says what to do."""

    remedy: str


Decision = Again | GiveUp | StopJob

CONTENT = {FailureKind.NOT_JSON, FailureKind.TRUNCATED, FailureKind.OFF_LIST, FailureKind.MISSING}
FINAL_AFTER_ONE = {FailureKind.REFUSED, FailureKind.CONTENT_FILTER}
TRANSPORT = {FailureKind.RATE_LIMITED, FailureKind.SERVER_ERROR, FailureKind.TIMEOUT, FailureKind.CONNECTION}
REMEDY = {
    FailureKind.AUTH: "The key was refused. Set a valid OPENAI_API_KEY for this base URL and model, then resume.",
    FailureKind.QUOTA: "The account has no quota left. Add credit or raise its limit, then resume.",
    FailureKind.BAD_REQUEST: "The service does not accept the request. Check the model's name and settings.",
}


def backoff_s(n_attempts: int) -> float:
    """Seconds to wait before the next attempt when the service does not say: 0.5, 1, 2 ... at most 20."""
    return float(min(20.0, 0.5 * 2 ** max(0, n_attempts - 1)))


def decide(failure: Failure, n_attempts: int, waited_s: float, retry_after_s: float | None = None) -> Decision:
    """Decide after attempt number n_attempts (1 = the first) of a product failed.

    Transport faults wait as the service tells and fail the product only when both the attempts are used up and the
    product has waited waited_s >= PATIENT_S seconds in all. The second content failure goes alone.
    """
    kind = failure.kind
    if kind in REMEDY:
        return StopJob(REMEDY[kind])
    if kind in TRANSPORT:
        if n_attempts >= MAX_ATTEMPTS and waited_s >= PATIENT_S:
            return GiveUp()
        return Again(backoff_s(n_attempts) if retry_after_s is None else retry_after_s, alone=False)
    if kind in FINAL_AFTER_ONE:
        return GiveUp() if n_attempts >= 2 else Again(0.0, alone=True)
    if n_attempts >= MAX_ATTEMPTS:
        return GiveUp()
    return Again(0.0, alone=n_attempts >= 2 or kind is FailureKind.TRUNCATED)
