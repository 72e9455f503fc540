"""Where failures and wrong answers concentrate: groups against the rest of the job, by rate, never by count."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from classifier.analysis.concentration import Concentration
from classifier.analysis.job_analysis import Analysis, standing
from classifier.analysis.survey import NO_BRANCH
from classifier.metrics import Share
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars
from pages.components.clicks import is_new_click
from pages.components.error_list import show_group
from pages.components.escaping import safe
from pages.components.formats import NOTHING, number, of, percent, probability, rounded
from pages.components.group_names import facet_label, group_phrase, group_sentence
from pages.components.tables import selected_row
from pages.components.texts import t
from storage import Job

N_BARS, N_ROWS = 10, 100


def concentration_view(job: Job, taxonomy: Taxonomy, found: Analysis | None) -> None:
    """Draw the groups; a click has the list below show a group's products."""
    by = {"failed": t("Failed"), "wrong": t("Wrong")}
    if not job.n_failed or st.session_state.get("concentration_of") not in by:
        st.session_state["concentration_of"] = "failed" if job.n_failed else "wrong"
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        which = st.session_state["concentration_of"]
        st.subheader(t("Where do failures concentrate?") if which == "failed" else t("Where are wrong answers?"),
                     width="content")  # fmt: skip
        if job.n_failed:
            st.segmented_control(t("Compare"), list(by), key="concentration_of", required=True,
                                 format_func=by.__getitem__, label_visibility="collapsed")  # fmt: skip
    if found is None:
        st.info(t("The groups are being compared: this takes a moment."), icon=":material/manage_search:")
        return
    _groups(job, taxonomy, found, which)
    st.page_link("fix.py", label=t("Find the cause and fix it"), icon=":material/build:", query_params={"job": job.id})
    if which == "failed":
        _attribution(job, found)


def _groups(job: Job, taxonomy: Taxonomy, found: Analysis, which: str) -> None:
    if which == "wrong" and not found.record["n_labelled_answered"]:
        st.caption(t("No answered product carries an expected category: nothing can be said to be wrong."))
        return
    groups = found.concentrations(which)
    certain = list(standing(groups))
    n_looked = found.record["n_groups_looked" if which == "failed" else "n_groups_looked_labelled"]
    st.caption(t("Each group of at least five products against all others, by rate; {n} groups were compared, and the "
                 "chance of a false alarm is corrected for that (q, Benjamini-Hochberg).",
                 n=number(n_looked)))  # fmt: skip
    if found.is_partial:
        st.caption(t("Of the first {n} products that ended.", n=number(found.n_seen)))
    if certain:
        st.markdown(_sentence(taxonomy, certain[0], which))
        _chart(job, taxonomy, certain[:N_BARS], which)
    else:
        st.success(t("No group stands out: the differences are no larger than chance explains."),
                   icon=":material/check_circle:")  # fmt: skip
    if groups:
        _table(job, taxonomy, groups[:N_ROWS], which)


def _sentence(taxonomy: Taxonomy, c: Concentration, which: str) -> str:
    g = c.group
    return group_sentence(safe(group_phrase(taxonomy, g.facet, g.value)), which, (g.k, g.n, c.k_rest, c.n_rest), c.lift)


def _chart(job: Job, taxonomy: Taxonomy, groups: Sequence[Concentration], which: str) -> None:
    st.caption(t("Rate of each group with its 95% interval. Click a bar for its products."))
    rows = [_bar(taxonomy, c) for c in groups]
    key = f"groups_{job.id}_{which}"
    clicked = bars(rows, title=t("Groups by rate"), unit=t("rate"), key=key, percent=True)
    if is_new_click(key, clicked):
        g = next(c.group for c, row in zip(groups, rows, strict=True) if row.key == clicked)
        show_group(job, which, g.facet, g.value)


def _bar(taxonomy: Taxonomy, c: Concentration) -> Bar:
    g, share = c.group, Share(c.group.k, c.group.n)
    note = t("{counts}; the others {rest}; {lift} times as often", counts=of(share), rest=percent(c.rest_rate),
             lift=number(c.lift, 1))  # fmt: skip
    phrase = group_phrase(taxonomy, g.facet, g.value)
    return Bar(f"{g.facet}\n{g.value}", phrase, c.rate, note, share.interval, counts=of(share))


def _table(job: Job, taxonomy: Taxonomy, groups: Sequence[Concentration], which: str) -> None:
    key = f"group_table_{job.id}_{which}"
    event = st.dataframe(
        pd.DataFrame([_row(taxonomy, c) for c in groups]), hide_index=True, placeholder=NOTHING,
        key=key, on_select="rerun", selection_mode="single-row",
        alt=t("Groups of products and how often they fail or are wrong, against the rest"), column_config={
            "facet": st.column_config.TextColumn(t("By"), width=84),
            "group": st.column_config.TextColumn(t("Products"), width=180),
            "counts": st.column_config.TextColumn(t("Count"), width=85),
            "rate": st.column_config.NumberColumn(t("Rate"), format="percent", width=70),
            "rest": st.column_config.NumberColumn(t("The others"), format="percent", width=80),
            "lift": st.column_config.NumberColumn(t("Times as often"), format="localized", width=110),
            "interval": st.column_config.TextColumn(t("95% interval"), width=105),
            "p": st.column_config.TextColumn("p", width=70, alignment="right", help=t("Fisher's exact test")),
            "q": st.column_config.TextColumn("q", width=70, alignment="right",
                                             help=t("Share of false alarms expected among groups up to here")),
            "certain": st.column_config.TextColumn(t("More than chance?"), width=120),
        },
    )  # fmt: skip
    row = selected_row(event)
    if is_new_click(key, row) and row is not None and row < len(groups):
        show_group(job, which, groups[row].group.facet, groups[row].group.value)


def _row(taxonomy: Taxonomy, c: Concentration) -> dict[str, object]:
    g, bounds = c.group, c.lift_interval
    return {
        "facet": facet_label(g.facet), "group": group_phrase(taxonomy, g.facet, g.value), "counts": of(Share(g.k, g.n)),
        "rate": rounded(c.rate), "rest": rounded(c.rest_rate), "lift": None if c.lift is None else round(c.lift, 1),
        "interval": f"{number(bounds[0], 1)}–{number(bounds[1], 1)}" if bounds else None,
        "p": _small(c.p), "q": _small(c.q), "certain": t("yes") if c.is_significant else t("no"),
    }  # fmt: skip


def _small(p: float) -> str:
    return probability(p).removeprefix("= ")


def _attribution(job: Job, found: Analysis) -> None:
    """A failed product has no answer: say where its branch comes from, and how many have none."""
    told = found.attribution
    n_none, twin, retriever = (told.get(source, 0) for source in ("none", "twin", "retriever"))
    if not n_none + twin + retriever:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("Failed products without an expected category: the branch of {inferred} is inferred ({twin} from "
                     "another spelling, {retriever} by similar words), {none} could not be attributed.",
                     inferred=number(twin + retriever), twin=number(twin), retriever=number(retriever),
                     none=number(n_none)), width="content")  # fmt: skip
        if n_none:
            st.button(t("See those not attributed"), type="tertiary", key="see_unattributed", on_click=show_group,
                      args=(job, "failed", "branch", NO_BRANCH))  # fmt: skip
