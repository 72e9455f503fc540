"""One product: what was asked, every attempt with its raw answer, and why it ended as it did."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.escaping import safe
from pages.components.formats import NOTHING, duration, moment, number, percent, usd
from pages.components.labels import category_and_branch, category_label, kind_label
from pages.components.tables import outcome, verdict_mark
from pages.components.texts import t, told
from storage import Attempt, Item, Job


def item_detail(job: Job, taxonomy: Taxonomy, item: Item) -> None:
    """Draw one product; its texts are never read as markup."""
    with st.container(border=True):
        st.caption(
            t("Product {n}", n=number(item.position + 1)) + (f" · {safe(item.product_id)}" if item.product_id else "")
        )
        st.text(item.text)
        grid = st.grid(2, min_column_width=330, gap="large")
        with grid.cell():
            _answer(taxonomy, item)
        with grid.cell():
            _runners_up(taxonomy, item)
        _attempts(job, item)


def _answer(taxonomy: Taxonomy, item: Item) -> None:
    answer = outcome(taxonomy, item)
    if item.verdict == "concept":
        answer = category_label(taxonomy, item.notation, path=True)
    judged = verdict_mark(item)
    _pair(t("Answer"), f"{answer}  ({judged})" if judged else answer)
    if item.expected:
        _pair(t("Expected"), category_label(taxonomy, item.expected, path=True))
    if item.confidence is not None:
        _pair(t("Confidence"), percent(item.confidence))
    if item.error or item.why:
        _pair(t("Why"), told(item.error or item.why))
    if item.reused:
        _pair(t("Cost"), t("reused from an earlier job: 0 USD"))
    elif item.cost_usd:
        _pair(t("Cost"), usd(item.cost_usd))


def _pair(label: str, value: str) -> None:
    with st.container(gap=None):
        st.caption(label)
        st.text(value)


def _runners_up(taxonomy: Taxonomy, item: Item) -> None:
    if not item.runners_up:
        return
    st.caption(t("Also considered"))
    rows = [{"name": category_and_branch(taxonomy, str(n)), "score": score} for n, score in item.runners_up]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Categories that were considered and not chosen"), column_config={
            "name": st.column_config.TextColumn(t("Category"), width=300),
            "score": st.column_config.ProgressColumn(t("Score"), format="percent", min_value=0, max_value=1, width=110),
        },
    )  # fmt: skip


def _attempts(job: Job, item: Item) -> None:
    if job.engine == "local":
        st.caption(t("Answered on this machine: there was no call, so there is no raw answer."))
        return
    position = item.position if item.same_as is None else item.same_as
    if item.same_as is not None:
        st.caption(t("The same text as product {n}, whose answer it shares.", n=number(item.same_as + 1)))
    found = services().store.attempts_of(job.id, position // job.chunk_size)
    mine = [a for a in found if a.positions and position in a.positions]
    st.caption(t("Attempts: {n}", n=number(len(mine))))
    for i, attempt in enumerate(mine, 1):
        _attempt(i, attempt)


def _attempt(i: int, attempt: Attempt) -> None:
    n_tokens = attempt.input_tokens + attempt.output_tokens
    label = f"{i} · {safe(kind_label(attempt.kind))} · {moment(attempt.started_at)}"
    with st.expander(label, icon=":material/check:" if attempt.kind == "ok" else ":material/error:"):
        parts = [
            t(
                "{n} products in this request, {sound} answered",
                n=number(attempt.n_items),
                sound=number(attempt.n_sound),
            ),
            safe(attempt.model),
            duration(attempt.latency_s),
            t("{n} tokens", n=number(n_tokens)),
            safe(usd(attempt.cost_usd)) if attempt.cost_usd is not None else t("price unknown"),
            f"HTTP {attempt.http_status or NOTHING}",
        ]
        st.caption(" · ".join(parts))
        if attempt.error:
            st.text(told(attempt.error))
        if attempt.raw:
            st.code(attempt.raw, language=None, wrap_lines=True)
        else:
            st.caption(t("No answer came back."))
