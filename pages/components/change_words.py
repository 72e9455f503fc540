"""Changes, their reasons and differences in words; texts of products and labels are data, never markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from classifier.editions import Change, ChangeKind, Difference
from classifier.remedies import Cause
from classifier.taxonomy import Taxonomy
from pages.components.labels import category_label
from pages.components.texts import mark, t

KINDS: Mapping[str, str] = {
    ChangeKind.ALT_LABEL: mark("Other name (altLabel)"),
    ChangeKind.HIDDEN_LABEL: mark("Hidden name (hiddenLabel)"),
    ChangeKind.CONCEPT: mark("New category"),
    ChangeKind.GUIDANCE: mark("Note for the prompt"),
    ChangeKind.FEW_SHOT: mark("Example"),
    ChangeKind.NOT_A_PRODUCT: mark("No product when alone"),
}
CAUSES: Mapping[str, str] = {
    Cause.WORD_UNKNOWN: mark("no label of the category has the word"),
    Cause.MISSPELT: mark("a misspelling or a brand: found, not shown"),
    Cause.RUNNER_UP: mark("a guess from runners-up: nobody said so"),
    Cause.CONFUSED: mark("taken for another category"),
    Cause.HARD: mark("no shared word tells these products"),
    Cause.EMPTY_WORD: mark("answered with a category, and names no product"),
    Cause.NO_CATEGORY: mark("the file expects a category that is missing"),
    Cause.MODEL: mark("proposed by the model"),
}
PARTS: Mapping[str, str] = {"role": mark("Role of the prompt"), "answer_rules": mark("Answer rules of the prompt")}


def kind_words(change: Change) -> str:
    """Say what kind of change it is."""
    return t(KINDS[change.kind])


def category_words(taxonomy: Taxonomy, change: Change) -> str:
    """Name the category that a change is about; not escaped."""
    if change.kind is ChangeKind.CONCEPT:
        return t(
            "below {category}", category=category_label(taxonomy, change.broader) if change.broader else t("the top")
        )
    if change.kind is ChangeKind.NOT_A_PRODUCT:
        return t("Not a product")
    return category_label(taxonomy, change.notation) if change.notation else t("all categories")


def differences_table(found: Sequence[Difference], taxonomy: Taxonomy, key: str, *, choose: bool = False) -> int | None:
    """Draw differences in words; choose: rows can be selected, and the one chosen is returned."""
    rows = [_row(difference, taxonomy) for difference in found]
    columns = {
        "what": st.column_config.TextColumn(t("What"), width=110),
        "kind": st.column_config.TextColumn(t("Change"), width=185),
        "text": st.column_config.TextColumn(t("Text"), width=260),
        "category": st.column_config.TextColumn(t("Category"), width="large"),
    }
    height = min(38 + 35 * len(rows), 360)
    alt = t("What is different, change by change")
    frame = pd.DataFrame(rows, columns=list(columns))
    if not choose:
        st.dataframe(frame, hide_index=True, key=key, alt=alt, column_config=columns, height=height)
        return None
    event = st.dataframe(frame, hide_index=True, key=key, alt=alt, column_config=columns, height=height,
                         on_select="rerun", selection_mode="single-row")  # fmt: skip
    chosen = event["selection"]["rows"]
    return chosen[0] if chosen else None


def _row(difference: Difference, taxonomy: Taxonomy) -> dict[str, str]:
    change = difference.change
    if change is None:
        return {"what": t("reworded"), "kind": t(PARTS[difference.part]), "category": t("all categories"),
                "text": difference.after}  # fmt: skip
    return {"what": t("added") if difference.is_added else t("taken away"), "kind": kind_words(change),
            "category": category_words(taxonomy, change), "text": change.text}  # fmt: skip
