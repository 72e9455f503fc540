"""What to do after a failure, by its kind."""

from __future__ import annotations

import pytest

from classifier.outcomes import Failure, FailureKind
from classifier.retry import CONTENT, MAX_ATTEMPTS, TRANSPORT, Again, GiveUp, StopJob, backoff_s, decide, feedback


def failure(kind: FailureKind, *, alone: bool = False) -> Failure:
    return Failure(kind, "…", alone)


@pytest.mark.parametrize("kind", sorted(CONTENT))
def test_a_bad_answer_goes_back_with_feedback_then_alone_then_fails_after_six(kind: FailureKind) -> None:
    assert feedback(failure(kind))
    decisions = [decide(failure(kind), n, 0.0) for n in range(1, MAX_ATTEMPTS + 1)]
    assert all(isinstance(decision, Again) for decision in decisions[:-1])
    assert all(decision.alone for decision in decisions[1:-1] if isinstance(decision, Again))
    assert isinstance(decisions[-1], GiveUp)


def test_a_call_that_failed_as_a_whole_twice_is_taken_apart_before_its_products_go_alone() -> None:
    prose = failure(FailureKind.NOT_JSON)
    assert decide(prose, 1, 0.0, whole=True) == Again(0.0, alone=False)
    assert decide(prose, 2, 0.0, whole=True) == Again(0.0, alone=False, few=True)
    assert decide(prose, 3, 0.0, whole=True) == Again(0.0, alone=True)
    assert decide(failure(FailureKind.TRUNCATED), 1, 0.0, whole=True) == Again(0.0, alone=False, few=True)
    assert decide(failure(FailureKind.NOT_JSON, alone=True), 2, 0.0, whole=True) == Again(0.0, alone=True)


def test_a_scattered_fault_waits_briefly_however_often_the_product_was_asked() -> None:
    assert decide(failure(FailureKind.SERVER_ERROR), 5, 0.0, n_lost=1) == Again(0.5, alone=False)


@pytest.mark.parametrize("kind", sorted(TRANSPORT))
def test_a_fault_on_the_way_waits_as_told_and_outlives_a_long_outage(kind: FailureKind) -> None:
    decision = decide(failure(kind), 1, 0.0, retry_after_s=17.0)
    assert isinstance(decision, Again)
    assert decision.wait_s == 17.0
    assert isinstance(decide(failure(kind), 50, 899.0), Again)
    assert isinstance(decide(failure(kind), 50, 1e6), GiveUp)


def test_a_rate_error_uses_up_no_attempt_and_waits_longer_each_time() -> None:
    waits_s, waited_s = [], 0.0
    for n_lost in range(1, 9):
        decision = decide(failure(FailureKind.RATE_LIMITED), 1, waited_s, n_lost=n_lost)
        assert isinstance(decision, Again)
        assert not decision.counts
        waits_s.append(decision.wait_s)
        waited_s += decision.wait_s
    assert waits_s == sorted(waits_s)
    assert waits_s[-1] == 20.0


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.CONTENT_FILTER])
def test_a_refusal_is_final_after_one_retry_alone(kind: FailureKind) -> None:
    first = decide(failure(kind), 1, 0.0)
    assert isinstance(first, Again)
    assert first.alone
    assert isinstance(decide(failure(kind, alone=True), 2, 0.0), GiveUp)
    late = decide(failure(kind), 3, 0.0)  # refused in company only: it may have been a neighbour's fault
    assert isinstance(late, Again)
    assert late.alone


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.QUOTA, FailureKind.BAD_REQUEST])
def test_what_somebody_must_mend_stops_the_job_and_says_how(kind: FailureKind) -> None:
    decision = decide(failure(kind, alone=True), 1, 0.0)
    assert isinstance(decision, StopJob)
    assert decision.remedy.endswith(".")


def test_a_bad_request_in_company_is_tried_alone_before_the_job_is_stopped() -> None:
    assert decide(failure(FailureKind.BAD_REQUEST), 1, 0.0) == Again(0.0, alone=True)
    assert isinstance(decide(failure(FailureKind.BAD_REQUEST), 2, 0.0), StopJob)


def test_backoff_doubles_and_ends_at_twenty_seconds() -> None:
    assert [backoff_s(n) for n in (1, 2, 3, 7, 10_000)] == [0.5, 1.0, 2.0, 20.0, 20.0]
