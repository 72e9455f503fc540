"""What a job calls for next."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from classifier.analysis.next_steps import NextStep, Step, next_steps
from classifier.analysis.overview import Overview
from classifier.metrics import Share

DONE = Overview(
    job_id="a" * 26, name="n", status="completed", engine="openai", model="m", n_items=200, n_ended=200, n_failed=0,
    n_not_a_product=0, n_unsure=0, n_cancelled=0, coverage=Share(200, 200), classified=Share(200, 200),
    failed=Share(0, 200), accuracy=Share(0, 0), right_of_labelled=Share(0, 0), cost_usd=Decimal(1),
    known_cost_usd=Decimal(1), n_unpriced_attempts=0, later_cost=None, per_product_usd=None, per_correct_usd=None,
    duration_s=1.0, products_per_s=1.0, standout=None, n_surveyed=200, n_risky=0,
)  # fmt: skip


def steps(found: Overview) -> list[Step]:
    return [told.step for told in next_steps(found)]


def test_without_labels_a_sample_is_checked_before_the_result_is_taken() -> None:
    assert steps(DONE) == [Step.CHECK_SAMPLE, Step.TAKE_RESULT]


def test_what_failed_comes_before_what_is_wrong() -> None:
    found = replace(DONE, n_failed=17, coverage=Share(183, 200), failed=Share(17, 200), accuracy=Share(180, 183))
    assert next_steps(found)[:2] == [NextStep(Step.SEE_FAILED, 17), NextStep(Step.SEE_WRONG, 3)]


def test_what_failed_or_is_wrong_leads_to_the_fix_once_the_job_has_ended() -> None:
    found = replace(DONE, n_failed=17, coverage=Share(183, 200), failed=Share(17, 200), accuracy=Share(180, 183))
    assert NextStep(Step.FIX, 20) in next_steps(found)
    assert Step.FIX not in steps(replace(found, status="processing"))
    assert Step.FIX not in steps(replace(found, coverage=Share(0, 200), n_failed=200, accuracy=Share(0, 0)))


def test_an_unknown_price_comes_first() -> None:
    assert steps(replace(DONE, n_unpriced_attempts=4))[0] == Step.ENTER_PRICE


def test_a_running_job_is_watched_and_its_result_is_not_taken_yet() -> None:
    found = steps(replace(DONE, status="processing", n_ended=10, coverage=Share(10, 10)))
    assert found[0] == Step.WATCH
    assert Step.TAKE_RESULT not in found


def test_a_few_risky_answers_are_no_urgent_step() -> None:
    assert Step.REVIEW_RISKY not in steps(replace(DONE, n_risky=4))
    assert Step.REVIEW_RISKY in steps(replace(DONE, n_risky=40))


def test_a_job_without_an_answer_is_started_again() -> None:
    nothing = replace(DONE, n_ended=0, coverage=Share(0, 0), failed=Share(0, 0))
    assert steps(nothing) == [Step.START_AGAIN]


def test_a_job_that_is_wrong_everywhere_is_called_that() -> None:
    assert replace(DONE, accuracy=Share(7, 100)).is_bad_everywhere
    assert replace(DONE, failed=Share(150, 200)).is_bad_everywhere
    assert not replace(DONE, accuracy=Share(92, 100)).is_bad_everywhere
    assert not DONE.is_bad_everywhere
