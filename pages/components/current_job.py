"""Which job is looked at: the address says it first, then the session; both are kept alike."""

from __future__ import annotations

import re

import streamlit as st

from classifier.bootstrap import services
from storage import Job, JobNotFound

JOB_ID = re.compile(r"[a-z2-7]{26}")


def current_job_id() -> str | None:
    """Return the id from ?job= or from the session, and write it to both (a click in the navigation drops the URL)."""
    told = st.query_params.get("job") or st.session_state.get("job_id") or ""
    if not JOB_ID.fullmatch(told):
        return None
    remember(told)
    return str(told)


def remember(job_id: str) -> None:
    """Make a job the current one."""
    st.session_state["job_id"] = job_id
    if st.query_params.get("job") != job_id:
        st.query_params["job"] = job_id


def current_job() -> Job | None:
    """Return the current job; None when there is none, or no longer."""
    job_id = current_job_id()
    try:
        return services().store.job(job_id) if job_id else None
    except JobNotFound:
        return None
