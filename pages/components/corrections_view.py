"""Files that come back: corrected results as labels, and bundles of jobs from elsewhere."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from classifier.bundle import load_bundle
from classifier.corrections import CorrectionReport, apply_corrections, read
from classifier.errors import ClassifierError
from classifier.people import Act
from pages.components.current_job import remember
from pages.components.escaping import safe
from pages.components.formats import number
from pages.components.person import allowed, must
from pages.components.texts import t, told
from storage import Job, StorageError


def corrections(job: Job) -> None:
    """Take a corrected export of this job and show what came of it."""
    if not allowed(Act.REVIEW):
        return
    upload = st.file_uploader(t("An exported file of this job with corrected categories"), key=f"corrected_{job.id}")
    if upload is None or not st.button(t("Import the corrections"), icon=":material/rule:"):
        return
    try:
        report = apply_corrections(services(), job.id, read(upload), must(Act.REVIEW).name)
    except (ClassifierError, StorageError) as error:
        st.error(safe(told(str(error)), 500))
        return
    _show(report)


def _show(report: CorrectionReport) -> None:
    st.success(t("{kept} of {n} rows became reviewed labels; {same} say nothing new, {rejected} were refused.",
                 kept=number(report.n_kept), n=number(report.n_rows), same=number(report.n_unchanged),
                 rejected=number(report.n_rejected)))  # fmt: skip
    if report.problems:
        st.dataframe({t("Place"): [p.place for p in report.problems],
                      t("Reason"): [told(p.reason) for p in report.problems],
                      t("Value"): [p.raw for p in report.problems]}, hide_index=True)  # fmt: skip


def bundles() -> None:
    """Take a bundle from another installation and go to its job."""
    if not allowed(Act.START):
        return
    upload = st.file_uploader(t("A bundle (.zip) of another installation"), key="bundle")
    if upload is None or not st.button(t("Import the job"), icon=":material/unarchive:"):
        return
    try:
        who = must(Act.START)
        job_id = load_bundle(services(), upload, who.name, owner=who.owner)
    except (ClassifierError, StorageError) as error:
        st.error(safe(told(str(error)), 500))
        return
    remember(job_id)
    st.rerun()
