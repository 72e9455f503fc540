"""The script that Streamlit runs for every page: frame and navigation, no logic."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.current_job import current_job_id
from pages.components.language_choice import language_choice
from pages.components.sign_in_view import gate, signed_in
from pages.components.texts import t

HERE = Path(__file__).parent
st.set_page_config(page_title="Anaquel", page_icon=HERE / "components" / "icon.svg", layout="wide")
gate()  # nothing above it reads a job, and nothing below it runs for who may not read
st.logo(HERE / "components" / "logo.svg", size="large")
page = st.navigation(
    {
        t("Work"): [
            st.Page("new_job.py", title=t("New job"), icon=":material/add_circle:", default=True),
            st.Page("jobs.py", title=t("Jobs"), icon=":material/list_alt:", url_path="all-jobs"),
        ],
        t("This job"): [
            st.Page("progress.py", title=t("Progress"), icon=":material/hourglass:", url_path="progress"),
            st.Page("overview.py", title=t("Overview"), icon=":material/dashboard:", url_path="overview"),
            st.Page("costs.py", title=t("Costs"), icon=":material/payments:", url_path="costs"),
            st.Page("export.py", title=t("Export"), icon=":material/download:", url_path="export-result"),
        ],
        t("Understand"): [
            st.Page("accuracy.py", title=t("Accuracy"), icon=":material/target:", url_path="accuracy"),
            st.Page("errors.py", title=t("Errors"), icon=":material/report:", url_path="errors"),
            st.Page("review.py", title=t("Review"), icon=":material/fact_check:", url_path="review"),
        ],
        t("Improve"): [
            st.Page("fix.py", title=t("Fix"), icon=":material/build:", url_path="fix"),
            st.Page("prompt.py", title=t("Prompt"), icon=":material/edit_note:", url_path="prompt"),
            st.Page("compare.py", title=t("Compare"), icon=":material/difference:", url_path="compare"),
        ],
        t("Set-up"): [
            st.Page("taxonomy.py", title=t("Taxonomy"), icon=":material/account_tree:", url_path="taxonomy"),
            st.Page("settings.py", title=t("Settings"), icon=":material/settings:", url_path="settings"),
        ],
    },
    expanded=True,
)
current_job_id()
with st.sidebar:
    language_choice()
    signed_in()
page.run()
