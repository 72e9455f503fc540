"""Precision, recall and F1 of every category with their intervals, in one sortable table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from classifier.metrics import CategoryRow, Report, Share
from classifier.taxonomy import Taxonomy
from pages.components.formats import NOTHING, bounds_of, number, rounded
from pages.components.labels import category_and_branch
from pages.components.tables import selected_row
from pages.components.texts import t

ROW_PX, MAX_ROWS = 33, 14


def category_table(report: Report, taxonomy: Taxonomy, key: str) -> str | None:
    """Draw all categories, sortable, and return the chosen one."""
    st.subheader(t("How good is every category?"))
    st.caption(t("{n} categories with labelled or answered products. A column’s head sorts; choose a row for its "
                 "products. Support counts labelled products that were answered; the failed ones stand beside it.",
                 n=number(len(report.categories))))  # fmt: skip
    event = st.dataframe(
        pd.DataFrame([_row(row, taxonomy) for row in report.categories], columns=list(_columns())), hide_index=True,
        placeholder=NOTHING, key=key, on_select="rerun", selection_mode="single-row",
        height=ROW_PX * (1 + min(MAX_ROWS, max(1, len(report.categories)))) + 3,
        alt=t("Precision, recall and F1 of every category"), column_config=_columns(),
    )  # fmt: skip
    row = selected_row(event)
    return None if row is None or row >= len(report.categories) else report.categories[row].notation


def _row(row: CategoryRow, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "name": category_and_branch(taxonomy, row.notation), "support": row.support,
        "recall": rounded(row.recall.value), "recall_interval": _interval(row.recall),
        "precision": rounded(row.precision.value), "precision_interval": _interval(row.precision),
        "f1": rounded(row.f1), "f1_interval": bounds_of(row.f1_interval), "predicted": row.n_predicted,
        "failed": row.n_failed,
    }  # fmt: skip


def _interval(share: Share) -> str:
    return bounds_of(share.interval)


def _columns() -> dict[str, Any]:
    return {
        "name": st.column_config.TextColumn(t("Category"), width=225),
        "support": _count(t("Support"), t("Labelled products of this category that were answered"), 72),
        "recall": _share(t("Recall"), t("Of the products that belong here, how many were put here")),
        "recall_interval": _bounds(t("95% interval")),
        "precision": _share(t("Precision"), t("Of the products put here, how many belong here")),
        "precision_interval": _bounds(t("95% interval")),
        "f1": st.column_config.NumberColumn("F1", format="percent", width=64,
                                            help=t("Harmonic mean of precision and recall")),
        "f1_interval": _bounds(t("95% interval")),
        "predicted": _count(t("Put here"), t("Labelled products that were put here"), 74),
        "failed": _count(t("Failed"), t("Labelled products of this category without an answer"), 60),
    }  # fmt: skip


def _share(label: str, explanation: str) -> Any:
    return st.column_config.ProgressColumn(label, format="percent", min_value=0, max_value=1, width=104,
                                           help=explanation)  # fmt: skip


def _count(label: str, explanation: str, width: int) -> Any:
    return st.column_config.NumberColumn(label, width=width, format="localized", help=explanation)


def _bounds(label: str) -> Any:
    return st.column_config.TextColumn(label, width=86)
