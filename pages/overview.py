import streamlit as st

from classifier.bootstrap import services
from classifier.overview import overview
from pages.components.formats import number
from pages.components.header import job_page
from pages.components.labels import state_of
from pages.components.overview_view import money_and_time, shares, standing_out
from pages.components.progress_view import is_over
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t
from storage import ACTIVE

LIVE_S = 2.0

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
    if not found.n_ended:
        st.caption(t("No product has ended yet."))
    else:
        standing_out(now, taxonomy, found)
        shares(found)
        money_and_time(now, found)
        if not found.accuracy.n:
            st.caption(t("Accuracy needs labels: give expected categories with the file, or check a sample on the page "
                         "“Review”."))  # fmt: skip
        if found.n_open or found.n_cancelled:
            st.caption(t("{open} products have no outcome yet, {cancelled} were cancelled.", open=number(found.n_open),
                         cancelled=number(found.n_cancelled)))  # fmt: skip
    is_done = found.n_surveyed is not None and found.n_surveyed >= found.n_ended
    if (is_live and state_of(now) != drawn_state) or (not is_live and is_waiting and is_done):
        st.rerun()


_live()
with st.container(horizontal=True):
    query = {"job": job.id}
    st.page_link("accuracy.py", label=t("How accurate is it?"), icon=":material/target:", query_params=query)
    st.page_link("errors.py", label=t("What went wrong?"), icon=":material/report:", query_params=query)
    st.page_link("costs.py", label=t("What did it cost?"), icon=":material/payments:", query_params=query)
    st.page_link("export.py", label=t("Take the result"), icon=":material/download:", query_params=query)
