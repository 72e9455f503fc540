"""One bar for all products of a job: how each of them ended."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from classifier.analysis.endings import Ending, endings
from pages.components.charts import draw
from pages.components.formats import number, percent
from pages.components.snapshots import tallies
from pages.components.texts import mark, t, tn
from storage import Job

LABELS: Mapping[Ending, tuple[str, str]] = {  # name, colour; each legible on light and dark
    Ending.RIGHT: (mark("Right"), "#2E8B6D"),
    Ending.ANSWERED: (mark("Answered, not labelled"), "#68AC95"),
    Ending.NOT_A_PRODUCT: (mark("Not a product, not labelled"), "#8A8376"),
    Ending.UNSURE: (mark("Unsure, not labelled"), "#C9A84A"),
    Ending.WRONG: (mark("Wrong answer"), "#C07A2C"),
    Ending.FAILED: (mark("Failed"), "#B3372F"),
    Ending.CANCELLED: (mark("Cancelled"), "#9A9AA0"),
    Ending.OPEN: (mark("Not answered yet"), "rgba(128,128,128,.28)"),
}


def ending_view(job: Job) -> None:
    """Draw the bar; every product of the job is in it once."""
    rows = tallies(job)
    n_open = max(0, job.n_items - job.n_cancelled - sum(row.n for row in rows))
    counts = endings(rows, job.n_cancelled, n_open)
    n_all = sum(counts.values())
    st.subheader(tn("How did the {n} product end?", "How did the {n} products end?", n_all))
    traces = [_segment(*LABELS[ending], n, n_all) for ending, n in counts.items()]
    axis = {"visible": False, "fixedrange": True}
    layout = {
        "height": 120, "barmode": "stack", "margin": {"l": 0, "r": 0, "t": 44, "b": 8}, "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.1, "yanchor": "bottom", "traceorder": "normal"},
        "xaxis": axis | {"range": [0, n_all]}, "yaxis": axis,
    }  # fmt: skip
    draw(traces, layout, key=f"endings_{job.id}", alt=t("Products by how they ended"))


def _segment(label: str, colour: str, n: int, n_all: int) -> dict[str, object]:
    share = percent(n / n_all)
    return {
        "type": "bar", "orientation": "h", "x": [n], "y": [""], "width": [0.8], "marker": {"color": colour},
        "name": f"{t(label)}: {number(n)} ({share})", "hovertemplate": f"{t(label)}: {number(n)} ({share})"
        "<extra></extra>",
    }  # fmt: skip
