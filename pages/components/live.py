"""Pages that fill while a job runs: figures every few seconds, charts when there is much more to show.

A chart whose data changes is made anew by Streamlit: it flashes and forgets its selection and the branch it shows. So
charts keep the job as it was when they were drawn, until a quarter more has ended, and never change under a selection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from classifier.bootstrap import services
from pages.components.formats import number
from pages.components.labels import n_done
from pages.components.person import person
from pages.components.texts import t
from storage import ACTIVE, Job

EVERY_S = 2.0
GROWTH = 1.25  # charts are drawn anew when so many times the products have ended
SHOWN, SHOW_ALL, HOLD = "live_shown", "live_show_all", "live_hold"


def steady(job: Job) -> Job:
    """Return the job as charts and tables are to show it, and draw what tells of newer products."""
    kept: Job | None = st.session_state.get(SHOWN)
    is_asked = st.session_state.pop(SHOW_ALL, False)
    is_kept = kept is not None and kept.id == job.id and not is_asked and not (_is_due(job, kept) and not _is_held())
    shown = kept if kept is not None and is_kept and job.label_seq == kept.label_seq else job
    st.session_state[SHOWN] = shown
    with st.container():  # always there: what follows keeps its place on the page, and its charts are not made anew
        if job.status in ACTIVE or _n_more(job, shown):
            _watch(shown)
    return shown


def follow(job: Job, draw: Callable[[Job], None]) -> None:
    """Draw figures, and again every few seconds while the job runs, each time with the job as it is then."""

    @st.fragment(run_every=EVERY_S if job.status in ACTIVE else None)
    def _figures() -> None:
        person()
        draw(services().store.job(job.id))

    _figures()


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


@st.fragment(run_every=EVERY_S)
def _watch(shown: Job) -> None:
    person()
    now = services().store.job(shown.id)
    if _is_due(now, shown) and not _is_held():
        st.rerun()
    n_more = _n_more(now, shown)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.badge(t("still running") if now.status in ACTIVE else t("ended"), icon=":material/sync:", color="blue")
        st.caption(t("Figures are of now; charts and tables show the first {n} products that ended.",
                     n=number(n_done(shown))), width="content")  # fmt: skip
        st.toggle(t("Hold still"), key=HOLD, help=t("Else they are drawn anew when a quarter more has ended, but never "
                                                    "while something is chosen on the page."))  # fmt: skip
        if st.button(t("Show {n} more", n=number(n_more)), icon=":material/refresh:", key="live_more", type="tertiary",
                     disabled=not n_more):  # fmt: skip
            st.session_state[SHOW_ALL] = True
            st.rerun()


def _is_due(now: Job, shown: Job) -> bool:
    """Tell whether charts of a job as it was are worth drawing anew."""
    n_more = _n_more(now, shown)
    return bool(n_more or now.status != shown.status) and (
        now.status not in ACTIVE or n_done(now) >= GROWTH * n_done(shown))  # fmt: skip


def _is_held() -> bool:
    return bool(st.session_state.get(HOLD)) or has_selection()


def has_selection() -> bool:
    """Tell whether a point or a row of any chart or table on this page is chosen."""
    for value in st.session_state.to_dict().values():
        chosen = value.get("selection") if isinstance(value, Mapping) else None
        if isinstance(chosen, Mapping) and (chosen.get("points") or chosen.get("rows")):
            return True
    return False


def _n_more(now: Job, shown: Job) -> int:
    return n_done(now) - n_done(shown)
