"""A taxonomy version: its figures, its tree, and what was mended when it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.figures import figure
from pages.components.formats import number
from pages.components.texts import language, t, told

INDENT = "\u2003"


def figures_of(version: Mapping[str, Any], taxonomy: Taxonomy) -> None:
    """Draw counts, with their denominators."""
    n = len(taxonomy.concepts)
    n_leaves = sum(taxonomy.is_leaf(notation) for notation in taxonomy.concepts)
    n_alt = sum(len(texts) for c in taxonomy.concepts.values() for texts in c.alt_labels.values())
    with st.grid(4):
        depth = max(map(taxonomy.level, taxonomy.concepts), default=0)
        tops = number(len(taxonomy.children.get("", ())))
        figure(t("Categories"), number(n), t("{n} at the top, {k} levels", n=tops, k=number(depth)))
        figure(t("Leaves"), number(n_leaves), t("of {n}: nothing is below them", n=number(n)))
        figure(t("Other names"), number(n_alt), t("altLabels of {n} categories", n=number(n)))
        languages = ", ".join(version["languages"] or []) or "–"
        figure(t("Languages"), number(len(version["languages"] or [])), languages)


def edition_marks() -> dict[str, str]:
    """Say of each taxonomy version with editions (by its id) which one it is, and whether it is in use; plain text."""
    marks: dict[str, str] = {}
    in_use: dict[str, str] = {}
    for edition in services().store.editions():  # the newest first
        taxonomy_id = str(edition.taxonomy_id)
        in_use.setdefault(edition.base_id, taxonomy_id)
        marks.setdefault(taxonomy_id, t("edition {n}", n=number(edition.number)))
    for base_id, taxonomy_id in in_use.items():
        marks.setdefault(base_id, t("as imported"))
        marks[taxonomy_id] = t("{edition}, in use", edition=marks[taxonomy_id])
    return {taxonomy_id: f" · {mark}" for taxonomy_id, mark in marks.items()}


def check_report(report: Mapping[str, Any] | None) -> None:
    """Draw what the reading found; sentences hold data, so they are plain text."""
    if not report:
        return
    mended = report.get("mended") or {}
    label = (
        t("Check report: {n} kinds of remarks", n=number(len(mended))) if mended else t("Check report: nothing to mend")
    )
    with st.expander(label, icon=":material/fact_check:", expanded=bool(mended)):
        for sentence in report.get("sentences") or ():
            st.text(told(sentence))


def tree(taxonomy: Taxonomy, search: str) -> None:
    """Draw the concepts in their order, each below the one it is part of."""
    folded = search.strip().casefold()
    rows = [row for row in _rows(taxonomy) if not folded or folded in row["find"]]
    st.caption(t("{k} of {n} categories", k=number(len(rows)), n=number(len(taxonomy.concepts))))
    columns = ["notation", "name", "narrower", "other", "definition"]
    st.dataframe(
        pd.DataFrame(rows, columns=[*columns, "find"])[columns],
        hide_index=True,
        height=520,
        alt=t("The taxonomy's tree"),
        column_config={
            "notation": st.column_config.TextColumn(t("Notation"), width="small"),
            "name": st.column_config.TextColumn(t("Category"), width="medium"),
            "narrower": st.column_config.NumberColumn(t("Below"), width=70),
            "other": st.column_config.TextColumn(t("Other names"), width="large"),
            "definition": st.column_config.TextColumn(t("Definition"), width="large"),
        },
    )


def _rows(taxonomy: Taxonomy) -> Iterator[dict[str, Any]]:
    waiting = [(n, 0) for n in reversed(taxonomy.children.get("", ()))]
    seen: set[str] = set()
    tongue = language()
    while waiting:
        notation, depth = waiting.pop()
        if notation in seen:
            continue
        seen.add(notation)
        concept, below = taxonomy.concepts[notation], taxonomy.children.get(notation, ())
        name, other = concept.label(tongue), ", ".join(concept.alt_labels.get(tongue, ()))
        yield {"notation": notation, "name": INDENT * depth + name, "narrower": len(below), "other": other,
               "definition": concept.definitions.get(tongue) or next(iter(concept.definitions.values()), ""),
               "find": f"{notation} {name} {other}".casefold()}  # fmt: skip
        waiting += [(n, depth + 1) for n in reversed(below)]
