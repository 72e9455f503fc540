"""Tables of products and how they ended: product texts stand only here, where they are never read as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from classifier.taxonomy import Taxonomy
from pages.components.formats import rounded
from pages.components.labels import category_label, kind_label
from pages.components.texts import t
from storage import Item, ItemStatus

# columns that are left out where they say nothing, and what nothing is there
OPTIONAL = {"id": (None,), "expected": ("–",), "mark": ("",), "attempts": (0, 1)}


def selected_row(event: object) -> int | None:
    """Return the row chosen in a table drawn with on_select="rerun"."""
    rows = event["selection"]["rows"] if event else []  # type: ignore[index]
    return rows[0] if rows else None


def outcome(taxonomy: Taxonomy, item: Item) -> str:
    """Say how an item ended, in a word or a category's name."""
    if item.status == ItemStatus.FAILED:
        return t("Failed: {kind}", kind=kind_label(item.error_kind or ""))
    if item.status != ItemStatus.CLASSIFIED:
        return t("Not answered")
    return category_label(taxonomy, item.notation if item.verdict == "concept" else item.verdict)


def verdict_mark(item: Item) -> str:
    """Right, wrong, or nothing to compare with."""
    if item.status != ItemStatus.CLASSIFIED or item.expected is None:
        return ""
    answer = item.notation if item.verdict == "concept" else item.verdict
    return t("right") if answer == item.expected else t("wrong")


def _inferred(taxonomy: Taxonomy, told: tuple[str, str] | None) -> str:
    if told is None:
        return ""
    source = t("another spelling") if told[1] == "twin" else t("similar words")
    return t("{category} (by {source})", category=category_label(taxonomy, told[0]), source=source)


def products(items: Sequence[Item], taxonomy: Taxonomy, *, key: str, alt: str,
             inferred: Mapping[int, tuple[str, str]] | None = None) -> Item | None:  # fmt: skip
    """Draw items and return the first one chosen; inferred: by position, where a failed one belongs and why."""
    rows = [
        {
            "n": item.position + 1, "id": item.product_id, "text": item.text,
            "expected": category_label(taxonomy, item.expected), "outcome": outcome(taxonomy, item),
            "mark": verdict_mark(item), "confidence": rounded(item.confidence), "attempts": item.n_attempts,
            "inferred": _inferred(taxonomy, (inferred or {}).get(item.position)),
        }
        for item in items
    ]  # fmt: skip
    columns = ["n", "id", "text", "expected", "outcome", "inferred", "mark", "confidence", "attempts"]
    optional = {"id", "expected", "inferred", "mark"}
    shown = [c for c in columns if c not in optional or any(row[c] not in (None, "", "–") for row in rows)]
    event = st.dataframe(
        pd.DataFrame(rows, columns=columns)[shown], key=key, on_select="rerun", selection_mode="multi-row",
        hide_index=True, placeholder="–", alt=alt, column_config={
            "n": st.column_config.NumberColumn(t("Row"), width=55, format="localized"),
            "id": st.column_config.TextColumn(t("Id"), width=70),
            "text": st.column_config.TextColumn(t("Product"), width=235),
            "expected": st.column_config.TextColumn(t("Expected"), width=180),
            "outcome": st.column_config.TextColumn(t("Answer"), width=180),
            "inferred": st.column_config.TextColumn(t("Belongs to (inferred)"), width=240),
            "mark": st.column_config.TextColumn(t("Right?"), width=62),
            "confidence": st.column_config.NumberColumn(t("Confidence"), format="percent", width=88),
            "attempts": st.column_config.NumberColumn(t("Attempts"), width=75),
        },
    )  # fmt: skip
    row = selected_row(event)
    return items[row] if row is not None and row < len(items) else None
