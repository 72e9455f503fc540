"""The products behind a comparison: both answers side by side, each with its reason."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.comparing.comparison import Comparison, items_of
from classifier.comparing.pairing import Change
from pages.components.compare_figures import NAMES
from pages.components.formats import number
from pages.components.item_detail import item_detail
from pages.components.labels import category_label
from pages.components.review_control import review_control
from pages.components.side_by_side import side_by_side
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t
from storage import Item

N_A_PAGE = 50
ORDER = ("text", "expected", "before", "after", "why_before", "why_after")
FIRST = (Change.BROKEN, Change.FIXED, Change.CHANGED)  # what is shown unless something is chosen


def products_compared(found: Comparison, clicked: Change | None, labels: Collection[str] | None) -> None:
    """Draw the list, its filter and the chosen product in both jobs."""
    st.subheader(t("Products"))
    options: list[Change | None] = [None, *(change for change, n in found.counts.items() if n)]
    key = f"compare_kind_{found.first.id}_{found.second.id}"
    if clicked is not None and st.session_state.get("compare_clicked") != (key, clicked):
        st.session_state[key] = clicked
    st.session_state["compare_clicked"] = (key, clicked)
    if st.session_state.get(key, "") not in options:
        st.session_state[key] = next((change for change in FIRST if found.counts[change]), None)
    change = st.selectbox(t("Show"), options, key=key, width=360, placeholder=t("All products"),
                          format_func=lambda c: t("All products") if c is None
                          else f"{t(NAMES[c])} ({number(found.counts[c])})")  # fmt: skip
    places = found.positions(change, labels)
    if not places:
        st.caption(t("No product matches these filters."))
        return
    n, page = len(places), 1
    if n > N_A_PAGE:
        page = st.number_input(t("Page"), 1, -(-n // N_A_PAGE), key=f"{key}_page_{change}", width=140)
    rows = items_of(services(), found, places[(page - 1) * N_A_PAGE : page * N_A_PAGE])
    st.caption(t("{shown} of {n} products. Choose one to see how both jobs answered it.", shown=number(len(rows)),
                 n=number(n)))  # fmt: skip
    _table(found, rows, f"compare_items_{change}_{page}")


def _table(found: Comparison, rows: list[tuple[Item, Item | None]], key: str) -> None:
    one, other = taxonomy_of(found.first), taxonomy_of(found.second)
    answers, columns = side_by_side(rows, one, other)
    for answer, (a, b) in zip(answers, rows, strict=True):
        answer["expected"] = category_label(other, b.expected if b and b.expected else a.expected)
    event = st.dataframe(
        pd.DataFrame(answers), hide_index=True, key=key, on_select="rerun", selection_mode="multi-row",
        alt=t("Products with the answers of both jobs"), column_order=ORDER,
        column_config={**columns, "expected": st.column_config.TextColumn(t("Expected"), width=160)},
    )  # fmt: skip
    review_control(found.second, other, [b or a for a, b in rows], key)
    chosen = event["selection"]["rows"] if event else []
    if chosen and chosen[0] < len(rows):
        mine, theirs = rows[chosen[0]]
        left, right = st.columns(2)
        with left:
            st.caption(t("Before"))
            item_detail(found.first, one, mine)
        if theirs is not None:
            with right:
                st.caption(t("After"))
                item_detail(found.second, other, theirs)
