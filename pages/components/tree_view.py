"""The taxonomy as a map: areas are products, colours are accuracy; a click goes down a branch."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from classifier.analysis.tree import Node
from classifier.metrics import Share
from classifier.taxonomy import Taxonomy
from pages.components.charts import draw
from pages.components.escaping import chart_label
from pages.components.formats import number, of, percent
from pages.components.labels import category_label
from pages.components.snapshots import tree_of
from pages.components.texts import t
from storage import Job

MAX_NODES = 1_500
SCALE = ("#B3372F", "#C96A3B", "#D19A4A", "#7FA86B", "#2E8B6D")  # each legible with white or black text
FROM = (0.0, 0.5, 0.7, 0.85, 0.95)  # the accuracy from which a colour is used
UNLABELLED = "#7A7468"
TEXT_ON = {"#D19A4A": "#141813", "#7FA86B": "#141813"}  # white on the others


def tree_view(job: Job, taxonomy: Taxonomy) -> None:
    """Draw the map of the job's products."""
    nodes = tree_of(job)
    if not nodes:
        return
    st.subheader(t("The shelves at a glance"))
    st.caption(t("Area: products, by expected category, else by answer. Colour: accuracy, green from 95%, red below "
                 "50%, grey where no label says. Click a shelf to go into it, and the bar above to come back.")
    )  # fmt: skip
    trace = {
        "type": "treemap", "branchvalues": "total", "maxdepth": 2, "tiling": {"pad": 2}, **_columns(taxonomy, nodes),
        "hovertemplate": "%{label}<br>%{customdata}<extra></extra>", "textinfo": "label+text",
        "pathbar": {"visible": True}, "root": {"color": "rgba(0,0,0,0)"},
    }  # fmt: skip
    frame = {"l": 4, "r": 4, "t": 28, "b": 4}
    layout = {"height": 460, "margin": frame, "uniformtext": {"minsize": 10, "mode": "hide"}}
    draw([trace], layout, key=f"tree_{job.id}", alt=t("Products by category, coloured by accuracy"))


def _columns(taxonomy: Taxonomy, nodes: Sequence[Node]) -> dict[str, object]:
    shown = nodes[:MAX_NODES]  # parents come before their children, so that no child is left without its parent
    return {
        "ids": [node.notation for node in shown], "parents": [node.parent for node in shown],
        "labels": [chart_label(category_label(taxonomy, node.notation), 30) for node in shown],
        "values": [node.n for node in shown], "text": [percent(node.accuracy.value, 0) for node in shown],
        "customdata": [_note(node) for node in shown], "marker": {"colors": [colour(node.accuracy) for node in shown]},
        "textfont": {"color": [TEXT_ON.get(colour(node.accuracy), "#FFFFFF") for node in shown]},
    }  # fmt: skip


def colour(accuracy: Share) -> str:
    """Return the colour of an accuracy; grey when nothing is labelled."""
    if accuracy.value is None:
        return UNLABELLED
    return SCALE[max(i for i, start in enumerate(FROM) if accuracy.value >= start)]


def _note(node: Node) -> str:
    right = t("{counts} right", counts=of(node.accuracy)) if node.accuracy.n else t("no labels")
    return t("{n} products, {right}, {failed} failed", n=number(node.n), right=right, failed=number(node.n_failed))
