"""Clicks on charts and tables, each followed once: a selection stays, and something else may be clicked after it."""

from __future__ import annotations

import streamlit as st


def is_new_click(key: str, chosen: object) -> bool:
    """Tell whether a chart's or table's choice is another one than in the run before; None is no choice."""
    name = f"click_{key}"
    before = st.session_state.get(name)
    st.session_state[name] = chosen
    return chosen is not None and chosen != before
