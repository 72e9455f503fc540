"""What to do after a failure, by its kind: ask again, give up on the product, or stop the job."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.outcomes import Failure, FailureKind

A_FEW = 5  # products that go together when their call failed as a whole twice
MAX_ATTEMPTS = 6  # in all, the first included: with 30 % failing attempts 99.9 % of products need six
PATIENT_S = 900.0  # a provider's outage this long never fails a product
RATE_PATIENT_S = 14_400.0  # longer than any hourly limit: the job waits and the page says until when
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 20.0


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again after wait_s seconds; alone: in a call of its own; few: with a few others whose call failed too.

    counts: whether this used up an attempt.
    """

    wait_s: float
    alone: bool
    counts: bool = True
    few: bool = False


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


FEEDBACK = {
    FailureKind.NOT_JSON: "Your last answer held no JSON. Answer with the JSON object only; notation is one from the "
    'list, "not_a_product" or "unsure".',
    FailureKind.TRUNCATED: "Your last answer was cut off. Answer with the JSON object only, without spaces.",
    FailureKind.OFF_LIST: "Your last notation for this product is not in the list. Copy one from the list exactly, "
    'or answer "not_a_product" or "unsure".',
    FailureKind.MISSING: "Your last answer had no single category for this product. Answer it exactly once.",
}


def feedback(failure: Failure) -> str | None:
    """Tell the model what was wrong with its last answer, in our words only (its own could carry an injection)."""
    return FEEDBACK.get(failure.kind)


def backoff_s(n_lost: int) -> float:
    """Seconds to wait after so many faults in a row when the service does not say: 0.5, 1, 2 ... at most 20."""
    return float(min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** max(0, min(n_lost, 10) - 1)))


def decide(failure: Failure, n_attempts: int, waited_s: float, retry_after_s: float | None = None,
           n_lost: int = 1, *, whole: bool = False) -> Decision:  # fmt: skip
    """Decide after attempt number n_attempts (1 = the first) of a product failed; waited_s: it waited so long in all.

    Transport faults wait as the service tells and fail the product only when both the attempts and PATIENT_S are used
    up; a rate error uses up no attempt (nothing was asked of the model). n_lost counts its transport faults in a row.
    The second content failure goes alone; where it was the whole call's, first among a few: one text may be to blame.
    """
    kind = failure.kind
    if kind is FailureKind.SET_ASIDE:
        return Again(0.0, alone=True, counts=False)
    if kind is FailureKind.BAD_REQUEST and n_attempts == 1 and not failure.alone:
        return Again(0.0, alone=True)  # maybe one text of the batch did it
    if kind in REMEDY:
        return StopJob(REMEDY[kind])
    if kind in TRANSPORT:
        return _wait(kind, n_attempts, waited_s, retry_after_s, n_lost)
    if kind in FINAL_AFTER_ONE:
        return GiveUp() if n_attempts >= 2 and failure.alone else Again(0.0, alone=True)
    if n_attempts >= MAX_ATTEMPTS:
        return GiveUp()
    if whole and not failure.alone and n_attempts <= 2:
        return Again(0.0, alone=False, few=n_attempts == 2 or kind is FailureKind.TRUNCATED)
    return Again(0.0, alone=n_attempts >= 2 or kind is FailureKind.TRUNCATED)


def _wait(kind: FailureKind, n_attempts: int, waited_s: float, retry_after_s: float | None, n_lost: int) -> Decision:
    counts = kind is not FailureKind.RATE_LIMITED
    out_of_patience = waited_s >= (PATIENT_S if counts else RATE_PATIENT_S)
    if out_of_patience and (n_attempts >= MAX_ATTEMPTS or not counts):
        return GiveUp()
    if retry_after_s is None:
        retry_after_s = backoff_s(n_lost)
    return Again(retry_after_s, alone=False, counts=counts)
