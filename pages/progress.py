import streamlit as st

from classifier.bootstrap import services
from pages.components.batches_view import batches_view
from pages.components.fix_cluster import counts_of
from pages.components.header import job_page
from pages.components.job_actions import buttons, refusal
from pages.components.labels import state_of
from pages.components.person import person
from pages.components.progress_view import history, is_over, progress_view
from pages.components.texts import t
from storage import ACTIVE, JobStatus

job = job_page(t("Progress"))
is_live, drawn_state = not is_over(job), state_of(job)
refusal()


@st.fragment(run_every=1.0 if is_live else None)
def _live() -> None:
    person()
    now = services().store.job(job.id)
    progress_view(now)
    if is_live and state_of(now) != drawn_state:
        st.rerun()


_live()
batches_view(job)
buttons(job, "progress")
if job.status == JobStatus.COMPLETED:
    with st.container(horizontal=True):
        query = {"job": job.id}
        st.page_link("overview.py", label=t("How good is it?"), icon=":material/dashboard:", query_params=query)
        st.page_link("accuracy.py", label=t("How accurate is it?"), icon=":material/target:", query_params=query)
        st.page_link("errors.py", label=t("What went wrong?"), icon=":material/report:", query_params=query)
        if any(counts_of(job).values()):
            st.page_link("fix.py", label=t("Find the cause and fix it"), icon=":material/build:", query_params=query)
        st.page_link("costs.py", label=t("What did it cost?"), icon=":material/payments:", query_params=query)
        st.page_link("export.py", label=t("Take the result"), icon=":material/download:", query_params=query)
elif job.status in ACTIVE:
    st.caption(t("The job runs on the server: close this page if you like and come back by the same address."))
st.subheader(t("History"))
history(job)
