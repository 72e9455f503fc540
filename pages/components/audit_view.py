"""Accuracy from a small sample: draw it, say right or wrong with a key each, read the weighted estimate."""

from __future__ import annotations

import streamlit as st

from classifier.analysis import auditing
from classifier.analysis.audit import AuditEstimate
from classifier.analysis.auditing import AuditState, BranchEstimate, NothingToAudit
from classifier.analysis.surveyor import SurveyFailed
from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars
from pages.components.figures import figure
from pages.components.formats import moment, number, percent
from pages.components.job_actions import refusal
from pages.components.labels import category_label
from pages.components.person import allowed, must
from pages.components.texts import t
from storage import AuditItem, Job, StorageError

N_SAMPLE, MAX_SAMPLE, N_BARS = 40, 500, 12
RIGHT_KEY, WRONG_KEY, BACK_KEY = "1", "2", "0"


def audit_view(job: Job, taxonomy: Taxonomy) -> None:
    """Draw the newest audit, or the way to the first one."""

    @st.fragment
    def _audit() -> None:
        refusal()
        found = auditing.state(services(), job, n_to_check=1)
        if found is None:
            _draw_sample(job, is_first=True)
            return
        _estimates(taxonomy, found)
        _check(taxonomy, found)
        with st.expander(t("Draw another sample"), icon=":material/casino:"):
            _draw_sample(job, is_first=False)

    _audit()


def _draw_sample(job: Job, *, is_first: bool) -> None:
    if is_first:
        st.markdown(t("Check a few dozen products and read the accuracy of the whole job, with its margin. The sample "
                      "takes all branches, and more of the risky answers; the estimate is weighted accordingly.")
        )  # fmt: skip
    if not allowed(Act.REVIEW):
        return
    st.number_input(t("Products to check"), 2, MAX_SAMPLE, N_SAMPLE, key="audit_n", width=200)
    st.button(t("Draw the sample"), type="primary", icon=":material/casino:", key="audit_draw", on_click=_draw,
              args=(job,))  # fmt: skip


def _draw(job: Job) -> None:
    try:
        who = must(Act.REVIEW)
        auditing.draw(services(), job, int(st.session_state["audit_n"]), who.name)
    except (ClassifierError, NothingToAudit, SurveyFailed, StorageError) as error:
        st.session_state["refusal"] = str(error)


def _estimates(taxonomy: Taxonomy, found: AuditState) -> None:
    with st.grid(3):
        figure(t("Estimated accuracy"), _estimate(found.overall),
               t("from {k} of {n} products checked", k=number(found.n_checked), n=number(found.n_drawn)))  # fmt: skip
        figure(t("Not yet in the estimate"), number(found.overall.n_unseen),
               t("answers of strata where nothing was checked"))  # fmt: skip
        figure(t("Drawn"), moment(found.audit.drawn_at), t("stratified by branch and risk"))
    seen = [b for b in found.branches if b.estimate.accuracy is not None]
    if len(seen) > 1:
        with st.expander(t("By branch"), expanded=found.n_checked == found.n_drawn):
            bars([_bar(taxonomy, b) for b in seen[:N_BARS]], title=t("Estimated accuracy by branch"), unit=t("right"),
                 key=f"audit_branches_{found.audit.id}", percent=True)  # fmt: skip


def _estimate(estimate: AuditEstimate) -> str:
    if estimate.accuracy is None or estimate.half_width is None:
        return percent(None)
    if estimate.half_width >= 0.5:
        return t("too few yet")  # the margin would be wider than what it is about
    return f"{percent(estimate.accuracy, 0)} ± {number(estimate.half_width * 100)}"


def _bar(taxonomy: Taxonomy, b: BranchEstimate) -> Bar:
    value, half = b.estimate.accuracy or 0.0, b.estimate.half_width or 0.0
    name = category_label(taxonomy, b.branch) if b.branch else t("smaller branches together")
    note = t("{estimate}; {k} checked of {n}", estimate=_estimate(b.estimate), k=number(b.estimate.n_checked),
             n=number(b.n_all))  # fmt: skip
    spread = (max(0.0, value - half), min(1.0, value + half))
    return Bar(b.branch, name, value, note, spread, counts=_estimate(b.estimate))


def _check(taxonomy: Taxonomy, found: AuditState) -> None:
    if not found.to_check:
        st.success(t("All {n} products are checked.", n=number(found.n_drawn)), icon=":material/check_circle:")
        return
    item = found.to_check[0]
    with st.container(border=True):
        st.caption(t("Product {k} of {n}", k=number(found.n_checked + 1), n=number(found.n_drawn)))
        st.text(item.text)
        st.caption(t("Answer"))
        st.text(category_label(taxonomy, item.answer, path=True))
        if not allowed(Act.REVIEW):
            return
        right = st.selectbox(
            t("If it is wrong: what would be right? (optional)"), list(taxonomy.concepts), index=None,
            key=f"audit_right_{item.audit_id}_{item.n}", placeholder=t("Not known"), width=520,
            format_func=lambda n: category_label(taxonomy, n, path=True),
        )  # fmt: skip
        _buttons(item, right)


def _buttons(item: AuditItem, right: str | None) -> None:
    here = f"{item.audit_id}_{item.n}"
    with st.container(horizontal=True):
        st.button(t("Right"), type="primary", icon=":material/check:", key=f"audit_yes_{here}", shortcut=RIGHT_KEY,
                  on_click=_keep, args=(item, True, None))  # fmt: skip
        st.button(t("Wrong one"), icon=":material/close:", key=f"audit_no_{here}", shortcut=WRONG_KEY, on_click=_keep,
                  args=(item, False, right))  # fmt: skip
        before = st.session_state.get("audit_checked", {}).get(item.audit_id, [])
        if before:
            st.button(t("Back"), icon=":material/undo:", type="tertiary", key=f"audit_back_{here}", shortcut=BACK_KEY,
                      on_click=_take_back, args=(item.audit_id,))  # fmt: skip


def _keep(item: AuditItem, is_right: bool, right: str | None) -> None:
    if not _say(item.audit_id, item.n, is_right, right):
        return
    st.session_state.setdefault("audit_checked", {}).setdefault(item.audit_id, []).append(item.n)


def _take_back(audit_id: int) -> None:
    if _say(audit_id, st.session_state["audit_checked"][audit_id][-1], None, None):
        st.session_state["audit_checked"][audit_id].pop()


def _say(audit_id: int, n: int, is_right: bool | None, right: str | None) -> bool:
    """Write what the person says of a product; False when they may not."""
    try:
        auditing.check(services(), audit_id, n, is_right, must(Act.REVIEW).name, right)
    except ClassifierError as error:
        st.session_state["refusal"] = str(error)
        return False
    return True
