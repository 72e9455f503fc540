"""Both answers of the same products, each with its reason: the columns that every comparison shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from classifier.taxonomy import Taxonomy
from pages.components.tables import outcome
from pages.components.texts import t, told
from storage import Item

Pair = tuple[Item, Item | None]


def side_by_side(
    pairs: Iterable[Pair], before: Taxonomy, after: Taxonomy
) -> tuple[list[dict[str, Any]], Mapping[str, Any]]:
    """Give a row for each pair and its columns' widths and titles; before, after: the taxonomies of the two jobs."""
    columns = {
        "text": st.column_config.TextColumn(t("Product"), width=210),
        "before": st.column_config.TextColumn(t("Before"), width=160),
        "after": st.column_config.TextColumn(t("After"), width=160),
        "why_before": st.column_config.TextColumn(t("Why before"), width=220),
        "why_after": st.column_config.TextColumn(t("Why after"), width=220),
    }
    return [_row(pair, before, after) for pair in pairs], columns


def _row(pair: Pair, before: Taxonomy, after: Taxonomy) -> dict[str, Any]:
    one, other = pair
    return {"text": one.text, "before": outcome(before, one),
            "after": t("Not in the second job") if other is None else outcome(after, other),
            "why_before": told(one.error or one.why),
            "why_after": "" if other is None else told(other.error or other.why)}  # fmt: skip
