"""The way from one job to another."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from pages.components.current_job import remember
from pages.components.escaping import plain
from pages.components.formats import moment
from pages.components.texts import t, told
from storage import Job

N_SHOWN = 50


def picker(current: Job | None) -> None:
    """Choose among the newest jobs; the page is drawn again for the one chosen."""
    jobs = {job.id: job for job in services().store.jobs(n=N_SHOWN)}
    if current is not None:
        jobs.setdefault(current.id, current)
    ids = list(jobs)

    def choose() -> None:
        if st.session_state["job_picker"] in jobs:
            remember(st.session_state["job_picker"])

    st.session_state["job_picker"] = None if current is None else current.id
    st.selectbox(
        t("Job"),
        ids,
        index=None if current is None else 0,  # a default beside the value that is kept would be a warning
        key="job_picker",
        on_change=choose,
        width=360,
        label_visibility="collapsed",
        placeholder=t("Choose a job"),
        format_func=lambda job_id: _label(jobs[job_id]),
    )


def no_job() -> None:
    """Say that no job is chosen, and what to do."""
    if not services().store.jobs(n=1):
        st.info(t("There is no job yet. Drop a file of products, or try the sample."), icon=":material/inventory_2:")
    elif st.query_params.get("job"):
        st.warning(t("The job in the address is not here (any more). Choose another one."))
        picker(None)
    else:
        st.info(t("Choose a job to see its answers."), icon=":material/inventory_2:")
        picker(None)
    st.page_link("new_job.py", label=t("New job"), icon=":material/add_circle:")


def _label(job: Job) -> str:
    return f"{plain(told(job.name), 28)} · {moment(job.created_at)}"
