"""How good a job was: its figures, its weakest categories, what it confuses."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from classifier.metrics import CategoryRow, Report
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars
from pages.components.figures import figure, share_figure
from pages.components.formats import interval, number, of, percent
from pages.components.labels import category_label
from pages.components.tables import selected_row
from pages.components.texts import t
from storage import Job

N_BARS, N_CONFUSIONS = 12, 100
ROW_PX, MAX_ROWS = 33, 10


def level_names(taxonomy: Taxonomy) -> dict[int, str]:
    """Name the levels at which answers can be compared: 1 is the top, 0 the exact category."""
    deepest = max((taxonomy.level(n) for n in taxonomy.concepts), default=1)
    named = {1: t("Top categories"), 2: t("Second level")}
    between = {level: named.get(level) or t("Level {n}", n=number(level)) for level in range(1, min(deepest, 6))}
    return between | {0: t("Exact category")}


def headline(job: Job, report: Report) -> None:
    """Coverage beside accuracy, each with its denominator; what is counted nowhere is said."""
    with st.grid(4):
        share_figure(
            t("Coverage"), report.coverage, t("Products that got an answer, of those that ended."), t("answered")
        )
        share_figure(t("Accuracy"), report.accuracy, t("Right answers, of the labelled products that were answered."),
                     t("right"))  # fmt: skip
        share_figure(t("Right of all labelled"), report.right_of_labelled,
                     t("Right answers of all labelled products, failed ones included."), t("right"))  # fmt: skip
        n = sum(1 for row in report.categories if row.support)
        figure(t("Macro F1"), percent(report.macro_f1), t("mean over {n} categories", n=number(n)),
               t("The plain mean of F1, so that small categories weigh as much as large ones."))  # fmt: skip
    n_open = job.n_items - report.n_items
    parts = [t("{n} failed", n=number(report.n_failed)),
             t("{n} without an expected category", n=number(report.n_items - report.n_labelled))]  # fmt: skip
    if n_open > 0:
        parts.append(t("{n} not answered yet or cancelled", n=number(n_open)))
    st.caption(t("Not in the accuracy, neither right nor wrong: {parts}.", parts=", ".join(parts)))


def weakest(report: Report, taxonomy: Taxonomy, key: str) -> str | None:
    """Draw the least accurate categories and return the one clicked."""
    st.subheader(t("Which categories are least accurate?"))
    missed = [row for row in report.categories if row.support and row.n_correct < row.support]
    if not missed:
        st.success(t("No labelled product was put on a wrong shelf."))
        return None
    worst = sorted(missed, key=_ceiling)[:N_BARS]
    st.caption(
        t(
            "Share of each category's products that were put there (recall) with its 95% interval. Ordered by the "
            "interval's upper end: a category with one product does not lead. Click a bar for its products."
        )
    )
    return bars([_bar(row, taxonomy) for row in worst], title=t("Least accurate categories"), unit=t("recall"), key=key,
                percent=True)  # fmt: skip


def _ceiling(row: CategoryRow) -> tuple[float, int]:
    bounds = row.recall.interval
    return (bounds[1] if bounds else 1.0, -row.support)


def _bar(row: CategoryRow, taxonomy: Taxonomy) -> Bar:
    note = t("{counts} right ({interval}), precision {precision}", counts=of(row.recall), interval=interval(row.recall),
             precision=percent(row.precision.value))  # fmt: skip
    return Bar(row.notation, category_label(taxonomy, row.notation), row.recall.value or 0.0, note,
               row.recall.interval, counts=of(row.recall))  # fmt: skip


def confusion_table(pairs: Sequence[tuple[str, str, int]], taxonomy: Taxonomy, key: str) -> tuple[str, str] | None:
    """Draw the most frequent confusions and return the chosen pair."""
    st.subheader(t("What is taken for what?"))
    if not pairs:
        st.caption(t("There are no wrong answers among the labelled products."))
        return None
    shown = pairs[:N_CONFUSIONS]
    total = sum(n for _, _, n in pairs)
    st.caption(t("{n} wrong answers in {pairs} pairs, the most frequent first. Choose a row for its products.",
                 n=number(total), pairs=number(len(pairs))))  # fmt: skip
    rows = [
        {"n": n, "expected": category_label(taxonomy, e), "answered": category_label(taxonomy, a)} for e, a, n in shown
    ]
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="–",
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        height=ROW_PX * (1 + min(MAX_ROWS, len(rows))) + 3,
        alt=t("Pairs of expected and answered category"),
        column_config={
            "n": st.column_config.NumberColumn(t("Times"), width=60),
            "expected": st.column_config.TextColumn(t("Expected"), width=180),
            "answered": st.column_config.TextColumn(t("Answer"), width=180),
        },
    )
    row = selected_row(event)
    return None if row is None or row >= len(shown) else (shown[row][0], shown[row][1])
