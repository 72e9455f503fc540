"""What a confidence is worth: how often answers are right at each, and what a threshold would cost."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from classifier.analysis.calibration import ConfidenceBin, expected_calibration_error, thresholds
from classifier.analysis.job_analysis import Analysis
from classifier.taxonomy import Taxonomy
from pages.components.charts import clicked_value, draw
from pages.components.figures import share_figure
from pages.components.formats import number, of, percent
from pages.components.products_behind import of_confidence
from pages.components.texts import t
from storage import Job

GREY, RIGHT = "rgba(128,128,128,.75)", "#43957B"


@st.fragment
def calibration_view(job: Job, taxonomy: Taxonomy, found: Analysis | None) -> None:
    """Draw the reliability curve and the trade-off of a threshold; the clicked point's products below."""
    if found is None or not any(b.n for b in found.bins):
        st.caption(t("The confidences are being read, or no answer has one."))
        return
    clicked = None
    grid = st.grid(2, min_column_width=430, gap="medium")
    with grid.cell():
        clicked = _reliability(job, found.bins)
    with grid.cell():
        _threshold(job, found.bins)
    if found.is_partial:
        st.caption(t("Of the first {n} products that ended.", n=number(found.n_seen)))
    if clicked is not None:
        of_confidence(job, taxonomy, *clicked)


def _reliability(job: Job, bins: Sequence[ConfidenceBin]) -> tuple[float, float] | None:
    st.subheader(t("Can the confidence be believed?"))
    shown = [b for b in bins if b.n_labelled]
    if not shown:
        st.caption(t("No answered product carries an expected category, so this cannot be said."))
        return None
    st.caption(t("Share of right answers at each confidence, with 95% intervals; on the line, the confidence is true. "
                 "Mean gap: {gap} over {n} labelled answers. Click a point for its products.",
                 gap=percent(expected_calibration_error(bins)), n=number(sum(b.n_labelled for b in bins))))  # fmt: skip
    event = draw([_diagonal(), _points(shown)], _axes(t("confidence"), t("right")), key=f"reliability_{job.id}",
                 alt=t("Accuracy by confidence"), selects=True)  # fmt: skip
    value = clicked_value(event)
    return (float(value[0]), float(value[1])) if value else None


def _points(shown: Sequence[ConfidenceBin]) -> dict[str, object]:
    values, spreads = [b.n_correct / b.n_labelled for b in shown], [b.accuracy.interval or (0, 1) for b in shown]
    return {
        "type": "scatter", "mode": "lines+markers", "x": [b.mean_confidence for b in shown], "y": values,
        "marker": {"size": 9, "color": RIGHT}, "line": {"width": 1.5, "color": RIGHT}, "error_y": {
            "type": "data", "symmetric": False, "color": GREY, "thickness": 1.2, "width": 3,
            "array": [s[1] - v for v, s in zip(values, spreads, strict=True)],
            "arrayminus": [v - s[0] for v, s in zip(values, spreads, strict=True)],
        },
        "customdata": [[b.low, b.high, of(b.accuracy)] for b in shown],
        "hovertemplate": "%{x:.0%} → %{y:.0%}<br>%{customdata[2]}<extra></extra>",
    }  # fmt: skip


def _diagonal() -> dict[str, object]:
    return {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
            "line": {"dash": "dot", "width": 1, "color": GREY}}  # fmt: skip


def _threshold(job: Job, bins: Sequence[ConfidenceBin]) -> None:
    st.subheader(t("What would a threshold do?"))
    steps = thresholds(bins)
    at = st.slider(t("Accept answers from this confidence on"), 0, 95, 50, 5, format="%d %%", key=f"threshold_{job.id}")
    chosen = min(steps, key=lambda step: abs(step.confidence * 100 - at))
    with st.grid(2):
        share_figure(t("Accepted"), chosen.coverage, t("Of the answers that name a category."), t("answers"))
        share_figure(t("Accuracy of these"), chosen.accuracy, t("Right, of the labelled ones among them."), t("right"))
    x = [step.confidence for step in steps]
    lines = [(t("accepted"), [s.coverage.value for s in steps], [of(s.coverage) for s in steps]),
             (t("right"), [s.accuracy.value for s in steps], [of(s.accuracy) for s in steps])]  # fmt: skip
    data: list[dict[str, object]] = [
        {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "text": text,
         "hovertemplate": "%{x:.0%}: %{y:.1%} (%{text})"} for name, y, text in lines
    ]  # fmt: skip
    layout = _axes(t("threshold"), "") | {"height": 210, "showlegend": True, "shapes": [
        {"type": "line", "x0": chosen.confidence, "x1": chosen.confidence, "y0": 0, "y1": 1,
         "line": {"dash": "dot", "width": 1, "color": GREY}}]}  # fmt: skip
    draw(data, layout, key=f"trade_off_{job.id}", alt=t("Accepted answers and their accuracy by threshold"))


def _axes(x: str, y: str) -> dict[str, object]:
    axis = {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True}
    return {"height": 330, "xaxis": axis | {"title": {"text": x}}, "yaxis": axis | {"title": {"text": y}}}
