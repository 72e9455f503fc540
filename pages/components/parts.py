"""A long page in parts, one of them open at a time, and which one stands in the address."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.texts import language

PART = "part"


def parts(names: Mapping[str, str], key: str) -> Mapping[str, DeltaGenerator]:
    """Draw a tab for every part and return their places; names: what stands in the address, and what is read.

    All parts are filled at each run: what was clicked in one is kept while another is looked at.
    """
    here = f"{key}_{language()}"  # Streamlit remembers an open tab by what is read on it

    def remember() -> None:
        opened = st.session_state.get(here)
        st.query_params[PART] = next((name for name, label in names.items() if label == opened), next(iter(names)))

    asked = names.get(st.query_params.get(PART, ""))
    tabs = st.tabs(list(names.values()), default=asked, key=here, on_change=remember)
    return dict(zip(names, tabs, strict=True))
