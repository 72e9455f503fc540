from datetime import datetime

import streamlit as st

from classifier.bootstrap import services
from pages.components.escaping import safe
from pages.components.formats import number
from pages.components.job_actions import act, refusal
from pages.components.jobs_table import jobs_table
from pages.components.person import person
from pages.components.texts import t
from storage import ACTIVE

N_A_PAGE = 50

store = services().store
opened = st.session_state.pop("open_job", None)
if opened is not None:
    landing = "progress.py" if store.job(opened).status in ACTIVE else "overview.py"
    st.switch_page(landing, query_params={"job": opened})
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.title(t("Jobs"), width="content")
    with st.container(horizontal=True, width="content"):
        st.page_link("compare.py", label=t("Compare two jobs"), icon=":material/difference:", width="content")
        st.page_link("new_job.py", label=t("New job"), icon=":material/add_circle:", width="content")
refusal()
pages: list[tuple[datetime, str] | None] = st.session_state.setdefault("jobs_pages", [None])
if not store.jobs(n=1):
    st.info(t("There is no job yet. Drop a file of products, or try the sample."), icon=":material/inventory_2:")
else:
    is_active = bool(store.jobs(n=1, statuses=ACTIVE))

    @st.fragment(run_every=2.0 if is_active else None)
    def _live() -> None:
        jobs = store.jobs(n=N_A_PAGE + 1, before=pages[-1])
        jobs_table(jobs[:N_A_PAGE])
        if st.session_state.get("open_job"):
            st.rerun()
        if is_active and not store.jobs(n=1, statuses=ACTIVE):
            st.rerun()

    _live()
    jobs = store.jobs(n=N_A_PAGE + 1, before=pages[-1])
    with st.container(horizontal=True, horizontal_alignment="center"):
        if len(pages) > 1 and st.button(t("Newer"), icon=":material/chevron_left:"):
            pages.pop()
            st.rerun()
        if len(jobs) > N_A_PAGE and st.button(t("Older"), icon=":material/chevron_right:"):
            pages.append((jobs[N_A_PAGE - 1].created_at, jobs[N_A_PAGE - 1].id))
            st.rerun()
    st.caption(t("Coverage: answered of all that ended. Accuracy: right of the labelled ones that were answered. "
                 "Nothing is counted where no category was expected."))  # fmt: skip
deleted = store.jobs(deleted=True)
if deleted:
    with st.expander(t("Deleted: {n}", n=number(len(deleted))), icon=":material/delete:", expanded=True):
        st.caption(t("They are removed for good ten minutes after they were deleted."))
        who = person()
        for job in deleted:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(safe(job.name), width="content")
                if who.may(who.steering(job.owner)):
                    st.button(t("Undo"), key=f"undo_{job.id}", icon=":material/undo:", type="tertiary",
                              on_click=act, args=("undelete", job.id))  # fmt: skip
