"""The filters of a page in its address, so that a link shows another analyst the same products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

KEPT = "address_kept"
MAX_LENGTH = 200


def told_anew(names: Sequence[str], *, is_fresh: bool) -> dict[str, str]:
    """Return what the address says of these names when somebody else wrote it: a link, or the way back; else nothing.

    is_fresh: the page's own state is gone, so that what this session wrote counts too. Values are not checked.
    """
    told = {name: st.query_params[name][:MAX_LENGTH] for name in names if name in st.query_params}
    return told if told and (is_fresh or told != st.session_state.get(KEPT)) else {}


def keep(values: Mapping[str, str | None]) -> None:
    """Write a page's filters to its address; None: the usual, which needs no word."""
    kept = {name: value[:MAX_LENGTH] for name, value in values.items() if value}
    for name in values:
        if name not in kept:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != kept[name]:
            st.query_params[name] = kept[name]
    st.session_state[KEPT] = kept
