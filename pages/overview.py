import streamlit as st

from classifier.bootstrap import services
from classifier.overview import overview
from pages.components.branch_view import branch_view
from pages.components.ending_view import ending_view
from pages.components.header import job_page
from pages.components.labels import state_of
from pages.components.live import nothing_yet
from pages.components.next_step_view import next_step_view
from pages.components.overview_view import money_and_time, shares, standing_out
from pages.components.progress_view import is_over
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t
from storage import ACTIVE

LIVE_S = 3.0

job = job_page(t("Overview"))
taxonomy, drawn_state = taxonomy_of(job), state_of(job)
first = overview(services(), job)
is_waiting = bool(first.n_ended) and (first.n_surveyed is None or first.n_surveyed < first.n_ended)
is_live = not is_over(job)


@st.fragment(run_every=LIVE_S if is_live or is_waiting else None)
def _live() -> None:
    now = services().store.job(job.id)
    found = overview(services(), now)
    if now.status in ACTIVE:
        st.info(t("The job is still running: these are the figures so far."), icon=":material/hourglass:")
    if not found.n_ended and not found.n_cancelled:
        nothing_yet(now)
    else:
        standing_out(now, taxonomy, found)
        shares(now, found)
        money_and_time(found)
        ending_view(now, found)
        grid = st.grid(2, min_column_width=430, gap="medium")
        with grid.cell():
            next_step_view(found)
        with grid.cell():
            branch_view(now, taxonomy)
    is_done = found.n_surveyed is not None and found.n_surveyed >= found.n_ended
    if (is_live and state_of(now) != drawn_state) or (not is_live and is_waiting and is_done):
        st.rerun()


_live()
