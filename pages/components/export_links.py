"""The files that a job can become: one link each, made by the server when it is clicked."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from classifier.exports.notes import notes
from pages.components.escaping import plain
from pages.components.texts import language, mark, t
from storage import FINAL, Job

FORMS = {"xlsx": "Excel", "csv": "CSV", "own": mark("Your own file"), "jsonl": "JSON Lines", "parquet": "Parquet",
         "json": "JSON"}  # fmt: skip
SUBSETS = {"": mark("All products"), "answered": mark("Only with a category"), "wrong": mark("Only wrong answers"),
           "failed": mark("Only failed ones"), "unsure": mark("Only unsure ones"),
           "not_a_product": mark("Only what is not a product")}  # fmt: skip


def link(job: Job, form: str, **asked: str) -> str:
    """Return the address of a job's file."""
    told = urlencode({name: value for name, value in asked.items() if value} | {"lang": language()})
    return f"/export/{job.id}.{form}?{told}"


def files(job: Job, others: list[Job], *, partial: bool) -> None:
    """Choose a format and which products; others: jobs that can stand beside this one."""
    form = st.segmented_control(t("Format"), list(FORMS), default="xlsx", required=True, key="export_form",
                                format_func=lambda f: t(FORMS[f])) or "xlsx"  # fmt: skip
    asked = {"partial": "1" if partial else ""}
    if form == "own":
        st.caption(t("The file you uploaded, in its order and format, with the results in new columns. Where it was "
                     "not kept, a CSV with the same products and fields."))  # fmt: skip
    else:
        first, second = st.columns(2)
        asked["only"] = first.selectbox(t("Which products"), list(SUBSETS), key="export_only",
                                        format_func=lambda s: t(SUBSETS[s]))  # fmt: skip
        if others:
            by_id = {other.id: other for other in others}
            asked["with"] = second.selectbox(
                t("Beside another job"), ["", *by_id], key="export_with",
                format_func=lambda i: plain(by_id[i].name) if i else t("None"),
            )  # fmt: skip
        if form == "json" and st.toggle(t("Indented, for people"), key="export_pretty"):
            asked["pretty"] = "1"
    st.link_button(t("Download the file"), link(job, form, **asked), icon=":material/download:")
    for note in notes(form, language()):
        st.caption(note)


def documents(job: Job) -> None:
    """Link the report to hand in and the bundle."""
    with st.container(horizontal=True):
        st.link_button(t("Report (HTML)"), link(job, "html"), icon=":material/summarize:")
        st.link_button(t("Report (Markdown)"), link(job, "md"), icon=":material/markdown:")
        if job.status in FINAL:
            st.link_button(t("Bundle (.zip)"), link(job, "zip"), icon=":material/archive:")
    st.caption(t("The report is one file without anything from elsewhere, made to be printed. The bundle holds the "
                 "whole job, without any key: another installation can import it and shows the same."))  # fmt: skip
