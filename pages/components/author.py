"""Who is at work: a name that this browser session keeps, for drafts and editions."""

from __future__ import annotations

import streamlit as st

from pages.components.job_actions import ACTOR
from pages.components.texts import t

MAX_NAME_CHARS = 60


def author(key: str) -> str:
    """Draw the field and return the name; a name that nobody gave is the analyst's."""
    kept = st.session_state.get("author", "")
    name = st.text_input(
        t("Your name"), value=kept, key=key, max_chars=MAX_NAME_CHARS, placeholder=t("analyst"), width=220
    )
    st.session_state["author"] = (name or "").strip()
    return st.session_state["author"] or ACTOR
