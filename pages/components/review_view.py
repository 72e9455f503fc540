"""Answers worth a look where no label says: by risk with the reasons in words, and spellings that disagree."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from classifier.analysis.job_analysis import Analysis, review_page
from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.formats import NOTHING, number
from pages.components.item_detail import item_detail
from pages.components.labels import category_label
from pages.components.review_control import review_control
from pages.components.tables import outcome, selected_row
from pages.components.texts import mark, t
from storage import Item, Job

N_A_PAGE = 50
REASONS: Mapping[str, str] = {  # names of classifier.analysis.doubts.Doubt
    "twins_disagree": mark("another spelling got another category"), "unsure": mark("the engine is unsure"),
    "not_a_leaf": mark("a general category, with narrower ones below"),
    "no_shared_word": mark("shares no word with its category"),
    "close_runner_up": mark("another category is as likely"), "low_confidence": mark("low confidence"),
}  # fmt: skip


def queue(job: Job, taxonomy: Taxonomy, found: Analysis) -> None:
    """Draw the queue of review, the riskiest first, and the chosen product."""
    if not found.review:
        st.success(t("No answer gives a reason to doubt it."), icon=":material/check_circle:")
        return
    n = len(found.review)
    st.caption(t("{n} of {all} answers are worth a look, the riskiest first; the {shown} riskiest are listed.",
                 n=number(found.n_risky), all=number(found.n_seen), shown=number(n)))  # fmt: skip
    reasons = [f"{t(REASONS[name])}: {number(k)}" for name, k in found.doubts.items() if k and name in REASONS]
    st.caption(t("Reasons, among all answers: {parts}.", parts=" · ".join(reasons)))
    start = 0
    if n > N_A_PAGE:
        last = -(-n // N_A_PAGE)
        start = (st.number_input(t("Page"), 1, last, key=f"queue_page_{job.id}", width=140) - 1) * N_A_PAGE
    rows = review_page(services(), job, found, start, N_A_PAGE)
    event = st.dataframe(
        pd.DataFrame([
            {"risk": risky.risk, "text": item.text, "answer": outcome(taxonomy, item), "confidence": item.confidence,
             "why": ", ".join(t(REASONS[d]) if d in REASONS else d for d in risky.doubts)}
            for risky, item in rows
        ]),
        hide_index=True, placeholder=NOTHING, key=f"queue_{job.id}_{start}", on_select="rerun",
        selection_mode="multi-row", alt=t("Answers worth a look, the riskiest first"), column_config={
            "risk": st.column_config.ProgressColumn(t("Risk"), min_value=0, max_value=1, format="%.2f", width=110,
                                                    help=t("An order for looking, not a probability")),
            "text": st.column_config.TextColumn(t("Product"), width=220),
            "answer": st.column_config.TextColumn(t("Answer"), width=190),
            "confidence": st.column_config.NumberColumn(t("Confidence"), format="percent", width=88),
            "why": st.column_config.TextColumn(t("Why"), width="large"),
        },
    )  # fmt: skip
    review_control(job, taxonomy, [item for _, item in rows], f"queue_{job.id}_{start}")
    row = selected_row(event)
    if row is not None and row < len(rows):
        item_detail(job, taxonomy, rows[row][1])


def twins(job: Job, taxonomy: Taxonomy, found: Analysis) -> None:
    """Draw groups of spellings of one product that got different categories."""
    if not found.twins:
        st.success(t("All spellings of a product got the same category."), icon=":material/check_circle:")
        return
    st.caption(t("{n} groups of products that differ in accents, plural, order of words or size only, and were put on "
                 "different shelves; the largest {shown} are listed. Most likely one answer of each is wrong.",
                 n=number(found.n_twin_conflicts), shown=number(len(found.twins))))  # fmt: skip
    rows = [
        {"group": i, "n": member.n, "text": member.text, "answer": category_label(taxonomy, member.answer, path=True),
         "position": member.position}
        for i, group in enumerate(found.twins, 1) for member in group.members
    ]  # fmt: skip
    event = st.dataframe(
        pd.DataFrame(rows)[["group", "text", "answer", "n"]], hide_index=True, key=f"twins_{job.id}",
        on_select="rerun", selection_mode="multi-row", alt=t("Spellings of one product with different answers"),
        column_config={
            "group": st.column_config.NumberColumn(t("Group"), width=65),
            "text": st.column_config.TextColumn(t("Spelling"), width=250),
            "answer": st.column_config.TextColumn(t("Answer"), width="large"),
            "n": st.column_config.NumberColumn(t("Times"), width=65),
        },
    )  # fmt: skip
    shown: list[Item] = services().store.items_at(job.id, [int(str(row["position"])) for row in rows])
    review_control(job, taxonomy, shown, f"twins_{job.id}")
    row = selected_row(event)
    if row is not None and row < len(shown):
        item_detail(job, taxonomy, shown[row])
