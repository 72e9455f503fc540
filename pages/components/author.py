"""Who is at work: the person who signed in, else a name that is typed and kept for this browser session."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from pages.components.person import ANALYST, person
from pages.components.texts import t

MAX_NAME_CHARS = 60


def author(key: str) -> str:
    """Return the name, from a field where nobody signs in; a name that nobody gave is the analyst's."""
    if services().settings.sign_in.is_on:
        return person().name
    kept = st.session_state.get("author", "")
    name = st.text_input(
        t("Your name"), value=kept, key=key, max_chars=MAX_NAME_CHARS, placeholder=t("analyst"), width=220
    )
    st.session_state["author"] = (name or "").strip()
    return st.session_state["author"] or ANALYST
