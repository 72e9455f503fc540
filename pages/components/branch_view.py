"""The branches of the taxonomy at a glance: how accurate each is, or where failures are when nothing is labelled."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.hierarchy import branch_of
from classifier.analysis.tree import Node
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars
from pages.components.clicks import is_new_click
from pages.components.formats import interval, number, of, percent
from pages.components.labels import category_label
from pages.components.shelf_view import shelf_view
from pages.components.snapshots import tree_of
from pages.components.texts import t
from storage import Job

N_BARS = 8


def branch_view(job: Job, taxonomy: Taxonomy) -> None:
    """Draw the least accurate branches, or the branches by size when no label says how accurate they are."""
    nodes = [node for node in tree_of(job) if node.n_labelled and branch_of(taxonomy, node.notation) == node.notation]
    if not nodes:
        shelf_view(job, taxonomy)
        return
    st.subheader(t("Which branches are least accurate?"))
    shown = sorted(nodes, key=_ceiling)[:N_BARS]
    st.caption(t("Right to the exact category, of each branch's labelled, answered products, with 95% intervals; {k} "
                 "of {n} branches. Click one for its wrong answers.", k=number(len(shown)), n=number(len(nodes)))
    )  # fmt: skip
    key = f"branches_{job.id}"
    clicked = bars([_bar(node, taxonomy) for node in shown], title=t("Least accurate branches"), unit="", key=key,
                   percent=True)  # fmt: skip
    if is_new_click(key, clicked) and clicked is not None:
        query = {"category": clicked} if clicked in taxonomy.concepts else {}
        st.switch_page("errors.py", query_params={"job": job.id, "show": "wrong"} | query)


def _ceiling(node: Node) -> tuple[float, int]:
    bounds = node.accuracy.interval
    return (bounds[1] if bounds else 1.0, -node.n_labelled)


def _bar(node: Node, taxonomy: Taxonomy) -> Bar:
    note = f"{percent(node.accuracy.value)} ({interval(node.accuracy)})"
    return Bar(node.notation, category_label(taxonomy, node.notation), node.accuracy.value or 0.0, note,
               node.accuracy.interval, counts=of(node.accuracy))  # fmt: skip
