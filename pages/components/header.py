"""The top of a job's page: which job, in which state, over how many products; and the way to another one."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from pages.components.current_job import current_job
from pages.components.escaping import safe
from pages.components.formats import moment, number
from pages.components.job_picker import no_job, picker
from pages.components.labels import STATES, engine_label, state_of
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t, tn
from storage import Job


def job_page(title: str) -> Job:
    """Draw the header of a page about the current job; without one, draw the way to one and end the run."""
    job = current_job()
    if job is None or job.deleted_at is not None:
        st.title(title)
        no_job()
        st.stop()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        with st.container(gap=None):
            st.caption(safe(job.name))
            st.title(title)
        picker(job)
    badges(job)
    return job


def badges(job: Job) -> None:
    """State, engine, taxonomy and the denominators of everything below."""
    label, icon, colour = STATES[state_of(job)]
    with st.container(horizontal=True, gap="small"):
        st.badge(t(label), icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]
        st.badge(safe(engine_label(job)), icon=":material/memory:", color="gray")
        st.badge(safe(taxonomy_of(job).name), icon=":material/account_tree:", color="gray")
        st.badge(tn("{n} product", "{n} products", job.n_items), icon=":material/inventory_2:", color="gray")
        labelled = t("{n} with an expected category", n=number(job.n_labelled))
        st.badge(labelled, icon=":material/label:", color="gray")
        st.badge(moment(job.created_at), icon=":material/calendar_today:", color="gray")
    if job.parent_id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("Repeats the failed products of job {job}.", job=_name(job.parent_id)), width="content")
            st.page_link("compare.py", label=t("Compare the two"), icon=":material/difference:",
                         query_params={"a": job.parent_id, "b": job.id}, width="content")  # fmt: skip


def _name(job_id: str) -> str:
    known = {job.id: job.name for job in services().store.jobs(n=200)}
    return safe(known.get(job_id, job_id))
