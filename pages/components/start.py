"""From a draft to a running job, once however often the button is pressed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from classifier import jobs
from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from pages.components.draft import Draft
from pages.components.escaping import safe
from pages.components.formats import number
from pages.components.person import must
from pages.components.texts import t, told
from storage import StorageError

MANY = 50_000  # products: below that they are written before anybody wonders


def start(draft: Draft, asked: jobs.Submission) -> None:
    """Submit the draft and go to the job's page; one sentence when it cannot be.

    The draft leaves the session before anything is written, and nothing is drawn between: a second press, which
    breaks this run off at the next thing drawn, finds no draft and follows `started`.
    """
    n_products = draft.report.n_accepted if draft.report else 0
    if n_products >= MANY:
        st.info(t("{n} products are being written, a million in about a minute. This page goes on by itself.",
                  n=number(n_products)), icon=":material/hourglass_top:")  # fmt: skip
    if st.session_state.pop("draft", None) is None:
        return
    try:
        who = must(Act.START)
        mine = replace(asked, actor=who.name, owner=who.owner)
        st.session_state["started"] = jobs.submit_file(services(), mine, draft.path, draft.mapping)
    except (ClassifierError, StorageError) as error:
        st.session_state["draft"] = draft
        st.error(safe(told(str(error)), 500), title=t("The job was not started"))
        return
    draft.drop()
    follow_started()


def follow_started() -> None:
    """Go to the job that this session has just started, if any."""
    job_id = st.session_state.pop("started", None)
    if job_id is not None:
        st.session_state["job_id"] = job_id
        st.switch_page("progress.py", query_params={"job": job_id})
