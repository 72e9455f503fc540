from collections.abc import Mapping
from typing import Any

import streamlit as st

from classifier import taxonomies
from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.repair import patches
from pages.components.assignable_view import assignable_view
from pages.components.escaping import plain, safe
from pages.components.formats import moment, number
from pages.components.learning_view import learning_view
from pages.components.local_settings import expected_of
from pages.components.person import allowed, must
from pages.components.taxonomy_view import check_report, edition_marks, figures_of, tree
from pages.components.texts import language, t, told
from storage import StorageError

MAX_MB = 50

st.title(t("Taxonomy"))
built_in = taxonomies.ensure_built_in(services())
with st.expander(t("Import a taxonomy"), icon=":material/upload_file:"):
    st.caption(t("SKOS as JSON-LD, Turtle, RDF/XML, N-Triples or TriG; a table (id, label, parent or path) as CSV or "
                 "Excel; lines like \"12 - A > B\"; a JSON list. Nothing is fetched from the network. A file with "
                 "changes becomes a new version; jobs keep the version they began with."))  # fmt: skip
    st.caption(t("A patch that was exported from the page Fix becomes a new edition."))
    n = st.session_state.setdefault("n_taxonomies", 0)
    may_edit = allowed(Act.EDIT)
    upload = st.file_uploader(t("A taxonomy file"), key=f"taxonomy_{n}", max_upload_size=MAX_MB) if may_edit else None
    if upload is not None and st.button(t("Import"), type="primary"):
        try:
            content, here, who = upload.getvalue(), services(), must(Act.EDIT)
            patched = patches.import_patch(here, content, who.name, st.session_state.get("taxonomy_id"))
            taxonomy_id = patched.taxonomy_id if patched else taxonomies.add(here, content, upload.name, who.name)[0]
            st.session_state["n_taxonomies"] += 1
            st.session_state["taxonomy_id"] = taxonomy_id
            st.session_state["imported"] = taxonomy_id
            st.rerun()
        except (ClassifierError, StorageError) as error:
            st.error(safe(told(str(error)), 500), title=t("This file cannot be used"))
if st.session_state.pop("imported", None):
    st.toast(t("The taxonomy was imported."), icon=":material/check:")
if made := st.session_state.pop("next_taxonomy_id", None):
    st.session_state["taxonomy_id"] = made
    st.toast(t("The choice is a version of its own; jobs can use it from now on."), icon=":material/check:")
versions = {str(row["id"]): row for row in services().store.taxonomies()}
if st.session_state.get("taxonomy_id") not in versions:
    st.session_state["taxonomy_id"] = built_in if built_in in versions else next(iter(versions))


def _assignable(version: Mapping[str, Any]) -> str:
    if version["n_assignable"] == version["n_concepts"]:
        return ""
    return t("{n} assignable", n=number(version["n_assignable"])) + " · "


marks = edition_marks()
chosen = st.selectbox(
    t("Version"), list(versions), key="taxonomy_id", width=520,
    format_func=lambda i: f"{plain(versions[i]['name'])} · {number(versions[i]['n_concepts'])} · "
                          f"{_assignable(versions[i])}{moment(versions[i]['created_at'])}{marks.get(i, '')} · {i[:6]}",
)  # fmt: skip
taxonomy = services().builder.taxonomy(chosen)
figures_of(versions[chosen], taxonomy)
check_report(versions[chosen]["report"])
tree(taxonomy, st.text_input(t("Search"), type="search", placeholder=t("Name, other name or notation"), live="300ms",
                             width=520))  # fmt: skip
assignable_view(chosen, taxonomy)
learning_view(expected_of(chosen, language(), learn=True, learn_expected=False))
