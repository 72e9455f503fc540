"""A confusion matrix of one branch at a time: the area of a square is a share of its row's products."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.confusion import ELSEWHERE, FAILED, ConfusionMatrix
from classifier.taxonomy import Taxonomy
from pages.components.charts import clicked_value, draw, ink
from pages.components.escaping import chart_label
from pages.components.formats import number, percent
from pages.components.labels import category_label
from pages.components.products_behind import of_cell
from pages.components.snapshots import matrix_of, tallies
from pages.components.texts import t
from storage import Job

CELL_PX, HEAD_PX, SIDE_PX, TAIL_PX = 34, 140, 180, 96  # TAIL_PX: room for the last column's slanted name
RIGHT, ASIDE = "rgba(67,149,123,{opacity})", "rgba(208,122,44,{opacity})"  # legible on light and dark


def matrix_view(job: Job, taxonomy: Taxonomy) -> None:
    """Draw the choice of a branch, its matrix, and the products of the clicked square."""
    st.subheader(t("Expected against answered, a branch at a time"))
    rows = tallies(job)
    steps = {step for row in rows if row.expected in taxonomy.concepts for step in taxonomy.path(row.expected)}
    branches = [None, *(n for n in taxonomy.concepts if n in steps and n in taxonomy.children)]
    branch = st.selectbox(
        t("Branch"), branches, key=f"matrix_{job.id}", width=420,
        format_func=lambda n: t("Top categories") if n is None else category_label(taxonomy, n, path=True),
    )  # fmt: skip
    matrix = matrix_of(job, branch)
    if not matrix.rows:
        st.caption(t("No labelled product belongs here."))
        return
    st.caption(t("Rows: expected. Columns: answered. Green is right, orange is not; the darker, the larger the share "
                 "of its row. Click a square for its products."))  # fmt: skip
    cell = _draw(job, taxonomy, matrix)
    if matrix.n_left_out:
        st.caption(t("{n} products of smaller categories are not shown.", n=number(matrix.n_left_out)))
    if cell is not None:
        of_cell(job, taxonomy, matrix, *cell)


def _draw(job: Job, taxonomy: Taxonomy, matrix: ConfusionMatrix) -> tuple[str, str] | None:
    cells = [(i, j, n) for i, row in enumerate(matrix.counts) for j, n in enumerate(row) if n]
    totals = [sum(row) for row in matrix.counts]
    shares = [n / totals[i] for i, _, n in cells]
    colours = [RIGHT if matrix.rows[i] == matrix.columns[j] else ASIDE for i, j, _ in cells]
    trace = {
        "type": "scatter", "mode": "markers+text", "x": [j for _, j, _ in cells], "y": [i for i, _, _ in cells],
        "text": [number(n) for _, _, n in cells], "textposition": "middle center",
        "textfont": {"size": 12, "color": ["#FFFFFF" if share > 0.5 else ink() for share in shares]},
        "marker": {
            "symbol": "square", "line": {"width": 0}, "size": CELL_PX - 2, "opacity": 1,
            "color": [colour.format(opacity=round(0.14 + 0.76 * share, 2))
                      for colour, share in zip(colours, shares, strict=True)],
        },
        "customdata": [[matrix.rows[i], matrix.columns[j], chart_label(_name(taxonomy, matrix.rows[i])),
                        chart_label(_name(taxonomy, matrix.columns[j])), percent(n / totals[i])] for i, j, n in cells],
        "hovertemplate": "%{customdata[2]} → %{customdata[3]}<br>%{text} · %{customdata[4]}<extra></extra>",
    }  # fmt: skip
    n_rows, n_columns = len(matrix.rows), len(matrix.columns)
    layout = {
        "height": HEAD_PX + CELL_PX * n_rows + 8, "width": SIDE_PX + CELL_PX * n_columns + TAIL_PX,
        "margin": {"l": SIDE_PX, "r": TAIL_PX, "t": HEAD_PX, "b": 8, "autoexpand": False},
        "xaxis": _axis(taxonomy, matrix.columns) | {"side": "top", "tickangle": -45, "range": [-0.5, n_columns - 0.5]},
        "yaxis": _axis(taxonomy, matrix.rows) | {"autorange": False, "range": [n_rows - 0.5, -0.5]},
    }  # fmt: skip
    key = f"matrix_cells_{job.id}_{matrix.branch}"
    value = clicked_value(draw([trace], layout, key=key, alt=t("Confusion matrix of a branch"), selects=True,
                               width="content"))  # fmt: skip
    return (str(value[0]), str(value[1])) if value else None


def _axis(taxonomy: Taxonomy, names: tuple[str, ...]) -> dict[str, object]:
    return {"tickmode": "array", "tickvals": list(range(len(names))), "fixedrange": True, "zeroline": False,
            "showgrid": False, "ticks": "",
            "ticktext": [chart_label(_name(taxonomy, name), 24) for name in names]}  # fmt: skip


def _name(taxonomy: Taxonomy, name: str) -> str:
    return {ELSEWHERE: t("elsewhere"), FAILED: t("failed")}.get(name) or category_label(taxonomy, name)
