"""What to do next, as links that land on the right products."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.next_steps import NextStep, Step, next_steps
from classifier.analysis.overview import Overview
from pages.components.texts import t, tn

N_SHOWN, N_SAMPLE = 6, 40


def next_step_view(found: Overview) -> None:
    """Draw the steps that the job calls for, the most urgent first."""
    st.subheader(t("What to do next?"))
    with st.container(gap="xxsmall"):
        for step in next_steps(found)[:N_SHOWN]:
            page, icon, filters = _WAYS[step.step]
            query = {"job": found.job_id} | filters
            st.page_link(page, label=_label(step), icon=f":material/{icon}:", query_params=query)


_WAYS: dict[Step, tuple[str, str, dict[str, str]]] = {
    Step.WATCH: ("progress.py", "hourglass", {}), Step.ENTER_PRICE: ("costs.py", "price_change", {}),
    Step.SEE_FAILED: ("errors.py", "report", {"show": "failed"}),
    Step.SEE_WRONG: ("errors.py", "rule", {"show": "wrong"}), Step.FIX: ("fix.py", "build", {}),
    Step.CHECK_SAMPLE: ("review.py", "fact_check", {}),
    Step.REVIEW_RISKY: ("review.py", "manage_search", {"view": "queue"}),
    Step.TAKE_RESULT: ("export.py", "download", {}), Step.START_AGAIN: ("new_job.py", "add_circle", {}),
}  # fmt: skip


def _label(step: NextStep) -> str:
    n = step.n or 0
    labels = {
        Step.WATCH: lambda: tn("Watch it: {n} product is not answered yet",
                               "Watch it: {n} products are not answered yet", n),
        Step.ENTER_PRICE: lambda: tn("Enter a price: that of {n} call is not known",
                                     "Enter a price: that of {n} calls is not known", n),
        Step.SEE_FAILED: lambda: tn("See why {n} product failed, and retry it",
                                    "See why {n} products failed, and retry them", n),
        Step.SEE_WRONG: lambda: tn("Look at the {n} wrong answer", "Look at the {n} wrong answers", n),
        Step.FIX: lambda: tn("Find the cause of it and fix it: {n} product without a right answer",
                             "Find the cause and fix it: {n} products without a right answer", n),
        Step.CHECK_SAMPLE: lambda: tn("Check {n} product: without labels nobody knows the accuracy",
                                      "Check a sample of {n}: without labels nobody knows the accuracy",
                                      min(n, N_SAMPLE)),
        Step.REVIEW_RISKY: lambda: tn("Review {n} answer that is worth a look",
                                      "Review {n} answers that are worth a look, the riskiest first", n),
        Step.TAKE_RESULT: lambda: tn("Take the result: {n} product has an answer",
                                     "Take the result: {n} products have an answer", n),
        Step.START_AGAIN: lambda: t("Start another job: no product of this one has an answer"),
    }  # fmt: skip
    return labels[step.step]()
