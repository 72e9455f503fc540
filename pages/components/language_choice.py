"""The choice of the interface's language: at the foot of the sidebar, or on the page of the sign-in."""

from __future__ import annotations

import streamlit as st

from pages.components.texts import LANGUAGES, language


def language_choice() -> None:
    """Draw the choice; it is kept in the session and in the address, so that a refresh keeps it."""
    if st.session_state.get("language") and st.query_params.get("lang") != st.session_state["language"]:
        st.query_params["lang"] = st.session_state["language"]

    def choose() -> None:
        chosen = st.session_state["language_choice"]
        if chosen in LANGUAGES:
            st.session_state["language"] = chosen
            st.query_params["lang"] = chosen

    st.segmented_control(
        "Idioma · Language", list(LANGUAGES), default=language(), required=True, key="language_choice",
        format_func=LANGUAGES.__getitem__, on_change=choose, label_visibility="collapsed",
    )  # fmt: skip
