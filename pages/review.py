import streamlit as st

from pages.components.audit_view import audit_view
from pages.components.header import job_page
from pages.components.labels import n_done
from pages.components.review_control import disagreements
from pages.components.review_view import queue, twins
from pages.components.snapshots import analysis_of, taxonomy_of
from pages.components.texts import t
from storage import ACTIVE

job = job_page(t("Review"))
taxonomy = taxonomy_of(job)
if job.status in ACTIVE:
    st.info(t("The job is still running: these are the figures so far."), icon=":material/hourglass:")
if n_done(job) - job.n_cancelled - job.n_failed <= 0:
    st.caption(t("No product of this job has an answer yet."))
    st.stop()
views = {"audit": t("Check a sample"), "queue": t("Answers worth a look"), "twins": t("Twins that disagree"),
         "people": t("Reviewers who disagree")}  # fmt: skip
linked = st.query_params.get("view")
view = st.segmented_control(t("View"), list(views), default=linked if linked in views else "audit", required=True,
                            key="review_view", format_func=views.__getitem__, label_visibility="collapsed")  # fmt: skip
if view == "audit":
    audit_view(job, taxonomy)
    st.stop()
if view == "people":
    disagreements(job, taxonomy)
    st.stop()
found = analysis_of(job)
if found is None:
    st.info(t("The answers are being compared: this takes a moment."), icon=":material/manage_search:")
    st.button(t("Look again"), icon=":material/refresh:")
elif view == "queue":
    queue(job, taxonomy, found)
else:
    twins(job, taxonomy, found)
