"""Which two jobs are compared: the address says it (?a=..&b=..), else the current job and what it repeats."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from pages.components.current_job import JOB_ID, current_job
from pages.components.escaping import plain
from pages.components.formats import moment
from pages.components.labels import engine_label
from pages.components.texts import t, told
from storage import Job, JobNotFound

N_SHOWN = 50


def chosen_jobs() -> tuple[Job, Job] | None:
    """Draw the two pickers and return the jobs; None when there are not two different ones."""
    jobs = {job.id: job for job in services().store.jobs(n=N_SHOWN)}
    for name in ("a", "b"):
        if (told := _told(name)) is not None:
            jobs.setdefault(told.id, told)
    if len(jobs) < 2:
        st.info(t("There are not two jobs to compare yet: run the same file again with something changed."),
                icon=":material/difference:")  # fmt: skip
        return None
    address = (st.query_params.get("a"), st.query_params.get("b"))
    kept = [st.session_state.get("compare_a"), st.session_state.get("compare_b")]
    if st.session_state.get("compare_address") != address or not set(kept) <= set(jobs):
        st.session_state["compare_a"], st.session_state["compare_b"] = _start(jobs)
    grid = st.grid(2, min_column_width=330)
    one = grid.selectbox(t("Before"), list(jobs), key="compare_a", format_func=lambda i: _label(jobs[i]))
    other = grid.selectbox(t("After"), list(jobs), key="compare_b", format_func=lambda i: _label(jobs[i]))
    if one == other:
        st.caption(t("Choose two different jobs."))
        return None
    for name, job_id in (("a", one), ("b", other)):
        if st.query_params.get(name) != job_id:
            st.query_params[name] = job_id
    st.session_state["compare_address"] = (one, other)
    return jobs[one], jobs[other]


def _start(jobs: dict[str, Job]) -> tuple[str, str]:
    """Find which two to begin with: of the address, else the current job with what it repeats or what repeats it.

    Unless the address says otherwise, the earlier one is "before": a repair must not read as a loss.
    """
    told_a, told_b = _told("a"), _told("b")
    current = current_job()
    second = told_b.id if told_b else current.id if current and current.id in jobs else next(iter(jobs))
    parent = jobs[second].parent_id
    others = [job_id for job_id in jobs if job_id != second]
    alike = [job_id for job_id in others if jobs[job_id].n_items == jobs[second].n_items]
    children = [job_id for job_id in others if jobs[job_id].parent_id == second]
    first = str(told_a.id if told_a else parent if parent in jobs else (children or alike or others)[0])
    is_backwards = jobs[first].created_at > jobs[second].created_at and not (told_a or told_b)
    return (second, first) if is_backwards else (first, second)


def _told(name: str) -> Job | None:
    told = st.query_params.get(name) or ""
    if not JOB_ID.fullmatch(told):
        return None
    try:
        job = services().store.job(told)
    except JobNotFound:
        return None
    return None if job.deleted_at else job


def _label(job: Job) -> str:
    return f"{plain(told(job.name), 36)} · {plain(engine_label(job), 30)} · {moment(job.created_at)}"
