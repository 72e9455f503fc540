"""The top of a job's page: which job, in which state, over how many products; and the way to another one."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from classifier.repair.rerunning import rerun_of
from pages.components.current_job import current_job
from pages.components.escaping import safe
from pages.components.formats import moment, number
from pages.components.job_picker import no_job, picker
from pages.components.labels import STATES, engine_label, state_of
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t, tn, told
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
            st.caption(safe(told(job.name)))
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
        st.badge(_taxonomy_words(job), icon=":material/account_tree:", color="gray")
        st.badge(tn("{n} product", "{n} products", job.n_items), icon=":material/inventory_2:", color="gray")
        labelled = t("{n} with an expected category", n=number(job.n_labelled))
        st.badge(labelled, icon=":material/label:", color="gray")
        st.badge(moment(job.created_at), icon=":material/calendar_today:", color="gray")
    if job.parent_id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_parent_words(job, job.parent_id), width="content")
            st.page_link("compare.py", label=t("Compare the two"), icon=":material/difference:",
                         query_params={"a": job.parent_id, "b": job.id}, width="content")  # fmt: skip


def _parent_words(job: Job, parent_id: str) -> str:
    """Say what a job that came from another one is."""
    about = rerun_of(job)
    if about is None:
        return t("Repeats the failed products of job {job}.", job=_name(parent_id))
    return t("Runs {k} products of job {job} again, with a guard of {n} right ones.", job=_name(parent_id),
             k=number(about["n_cluster"]), n=number(about["n_guard"]))  # fmt: skip


def _taxonomy_words(job: Job) -> str:
    """Name the taxonomy and the edition that a job uses."""
    name, edition = safe(taxonomy_of(job).name), (job.spec or {}).get("edition")
    return t("{taxonomy}, edition {n}", taxonomy=name, n=number(edition)) if edition else name


def _name(job_id: str) -> str:
    known = {job.id: job.name for job in services().store.jobs(n=200)}
    return safe(told(known.get(job_id, job_id)))
