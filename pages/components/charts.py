"""Figures for Plotly as plain dictionaries: quick to build, drawn in the theme's own colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from pages.components.escaping import chart_label
from pages.components.formats import number
from pages.components.texts import language

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
ROW_PX, FRAME_PX, BARE_PX, LABEL_LENGTH = 26, 64, 12, 46
TRACK = "rgba(128,128,128,.12)"


@dataclass(frozen=True)
class Bar:
    """One bar: key comes back when it is clicked; note is shown beside the value when pointed at.

    counts: stands after the label, whole however long the label is.
    """

    key: str
    label: str
    value: float
    note: str = ""
    spread: tuple[float, float] | None = None  # an interval in the value's unit
    written: str = ""  # the value as it is written at the bar's end
    counts: str = ""


def bars(rows: Sequence[Bar], *, title: str, unit: str, key: str, percent: bool = False, alt: str = "") -> str | None:
    """Draw horizontal bars, the first on top, and return the key of the clicked one."""
    event = st.plotly_chart(
        go.Figure(bar_figure(rows, unit=unit, percent=percent)), key=key, on_select="rerun", selection_mode="points",
        config=CONFIG, alt=alt or title,
    )  # fmt: skip
    points = event["selection"]["points"] if event else []
    index = points[0].get("point_index") if points else None
    return rows[index].key if index is not None and index < len(rows) else None


def bar_figure(rows: Sequence[Bar], *, unit: str, percent: bool) -> dict[str, Any]:
    """Build the figure; labels are made harmless here."""
    texts = [row.written or number(row.value) for row in rows]
    trace: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": [row.value for row in rows], "y": list(range(len(rows))),
        "text": texts, "textposition": "outside" if not percent else "none", "cliponaxis": False,
        "customdata": [[_label(row, 80), chart_label(row.note, 160)] for row in rows],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }  # fmt: skip
    if any(row.spread for row in rows):
        trace["marker"] = {"opacity": 0.7}  # an interval is seen on its bar and beyond it
        trace["error_x"] = {
            "type": "data", "symmetric": False, "thickness": 1.4, "width": 3, "color": ink(),
            "array": [row.spread[1] - row.value if row.spread else 0 for row in rows],
            "arrayminus": [row.value - row.spread[0] if row.spread else 0 for row in rows],
        }  # fmt: skip
    axis: dict[str, Any] = {"fixedrange": True, "rangemode": "tozero", "visible": percent}  # else bars say their value
    if percent:
        axis |= {"range": [0, 1.02], "tickformat": ".0%", "title": {"text": unit}}
    names = [_label(row, LABEL_LENGTH) for row in rows]
    labels = {"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": names}
    layout = {
        "height": (FRAME_PX if percent else BARE_PX) + ROW_PX * len(rows), "bargap": 0.35, "barmode": "overlay",
        "margin": {"l": 8, "r": 16 if percent else 64, "t": 4, "b": 40 if percent else 4}, "uirevision": "kept",
        "xaxis": axis, "yaxis": labels | {"autorange": "reversed", "automargin": True, "fixedrange": True},
        "separators": ",." if language() == "es" else ".,", "showlegend": False, "dragmode": False,
    }  # fmt: skip
    return {"data": [trace, _track(trace)] if percent else [trace], "layout": layout}


def _label(row: Bar, length: int) -> str:
    if not row.counts:
        return chart_label(row.label, length)
    counts = f" · {chart_label(row.counts)}"
    return chart_label(row.label, max(12, length - len(counts))) + counts


def _track(trace: dict[str, Any]) -> dict[str, Any]:
    """Return the faint whole over shares: what is nothing can be seen, and clicked, too."""
    kept = {name: trace[name] for name in ("type", "orientation", "y", "customdata", "hovertemplate")}
    return kept | {"x": [1] * len(trace["y"]), "marker": {"color": TRACK}}


def draw(data: Sequence[dict[str, Any]], layout: dict[str, Any], *, key: str, alt: str, selects: bool = False,
         width: Literal["stretch", "content"] = "stretch") -> Any:  # fmt: skip
    """Draw traces in the frame that all charts share; selects: return the event of a click, else None."""
    frame: dict[str, Any] = {
        "margin": {"l": 8, "r": 16, "t": 8, "b": 40}, "separators": ",." if language() == "es" else ".,",
        "showlegend": False, "dragmode": False, "uirevision": "kept",
    }  # fmt: skip
    figure = go.Figure({"data": list(data), "layout": frame | layout})
    if selects:
        return st.plotly_chart(figure, key=key, on_select="rerun", selection_mode="points", config=CONFIG, alt=alt,
                               width=width)  # fmt: skip
    st.plotly_chart(figure, key=key, width=width, config=CONFIG, alt=alt)
    return None


def ink() -> str:
    """Return the colour of text on a pale ground, for places that do not follow the theme by themselves."""
    return "#ECEAE3" if st.context.theme.type == "dark" else "#141813"


def clicked_value(event: Any) -> Any:
    """Return the customdata of the clicked point, None when nothing is chosen."""
    points = event["selection"]["points"] if event else []
    return points[0].get("customdata") if points else None
