"""A figure with its name above it and what it is counted over below: no number stands alone."""

from __future__ import annotations

import streamlit as st

from classifier.metrics import Share
from pages.components.formats import interval, of, percent
from pages.components.texts import t


def figure(label: str, value: str, note: str = "", explanation: str | None = None) -> None:
    """Draw one card; texts must be safe."""
    with st.container(border=True, height="stretch", gap="xxsmall"):
        st.metric(label, value, help=explanation)
        if note:
            st.caption(note)


def share_figure(label: str, share: Share, explanation: str | None = None, unit: str = "") -> None:
    """Draw a share with its counts and its 95 % interval."""
    if not share.n:
        figure(label, percent(None), t("Nothing to count yet"), explanation)
        return
    counts = f"{of(share)} {unit}".strip()
    figure(
        label,
        percent(share.value),
        t("{counts} · 95% interval {interval}", counts=counts, interval=interval(share)),
        explanation,
    )
