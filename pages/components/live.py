"""Pages that fill while a job runs: drawn anew when there is more to show, but never under somebody's selection."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from classifier.bootstrap import services
from pages.components.formats import number
from pages.components.labels import n_done, state_of
from pages.components.texts import t
from storage import ACTIVE, Job

EVERY_S = 3.0
SHOWN, SHOW_ALL = "live_shown", "live_show_all"


def steady(job: Job) -> Job:
    """Return the job as the page is to show it: as it is now, or as it was when something was chosen on the page.

    Figures are cached by a job's counters, so the charts of an older job are the same charts, with their selection.
    """
    kept: Job | None = st.session_state.get(SHOWN)
    is_asked = st.session_state.pop(SHOW_ALL, False)
    is_held = kept is not None and kept.id == job.id and has_selection() and not is_asked
    shown = kept if kept is not None and is_held else job
    st.session_state[SHOWN] = shown
    if job.status in ACTIVE or _n_more(job, shown):
        _watch(shown)
    return shown


def nothing_yet(job: Job) -> None:
    """Say why there is nothing to see, and where to go."""
    if job.n_items and job.status in ACTIVE:
        st.caption(t("No product has ended yet. The page fills by itself."))
        st.page_link("progress.py", label=t("See how far it is"), icon=":material/hourglass:",
                     query_params={"job": job.id})  # fmt: skip
        return
    st.info(t("No product of this job has an answer: there is nothing to show here."), icon=":material/inventory_2:")
    with st.container(horizontal=True):
        st.page_link("progress.py", label=t("What happened?"), icon=":material/history:", query_params={"job": job.id})
        st.page_link("new_job.py", label=t("New job"), icon=":material/add_circle:")


def has_selection() -> bool:
    """Tell whether a point or a row of any chart or table on this page is chosen."""
    for value in st.session_state.to_dict().values():
        chosen = value.get("selection") if isinstance(value, Mapping) else None
        if isinstance(chosen, Mapping) and (chosen.get("points") or chosen.get("rows")):
            return True
    return False


@st.fragment(run_every=EVERY_S)
def _watch(shown: Job) -> None:
    now = services().store.job(shown.id)
    n_more = _n_more(now, shown)
    if (n_more or state_of(now) != state_of(shown)) and not has_selection():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.status in ACTIVE:
            st.info(t("The job is still running: these are the figures so far."), icon=":material/hourglass:")
        if n_more:
            label = t("Show {n} more products that ended", n=number(n_more))
            if st.button(label, icon=":material/refresh:", key="live_more",
                         help=t("The page stands still while something is chosen on it.")):  # fmt: skip
                st.session_state[SHOW_ALL] = True
                st.rerun()


def _n_more(now: Job, shown: Job) -> int:
    return n_done(now) - n_done(shown)
