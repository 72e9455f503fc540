"""What was found in an upload: figures, first rows, rejected rows, and which field means what."""

from __future__ import annotations

import json
from dataclasses import asdict

import pandas as pd
import streamlit as st

from classifier.products import FieldMapping, Problem, Product, Severity
from pages.components.draft import Draft, read
from pages.components.escaping import plain, safe
from pages.components.figures import figure
from pages.components.formats import number, size
from pages.components.texts import t, told

N_PROBLEMS = 200


def read_with_progress(draft: Draft) -> None:
    """Read the whole file once and say how far it is."""
    bar = st.progress(0.0, t("Reading the file…"))
    read(draft, lambda share, n: bar.progress(share, t("Reading the file… {n} rows", n=number(n))))
    bar.empty()


def review(draft: Draft) -> bool:
    """Draw the review; False when no job can come of the file."""
    if draft.report is None:
        read_with_progress(draft)
    report = draft.report
    assert report is not None
    if draft.error:
        st.error(safe(told(draft.error), 500), title=t("This file cannot be used"))
        if report.problems:
            _rejected(draft)
        return False
    with st.grid(4):
        figure(t("Accepted"), number(report.n_accepted), t("of {n} rows", n=number(report.n_rows)))
        figure(t("Rejected"), number(report.n_rejected), t("of {n} rows", n=number(report.n_rows)))
        figure(t("With an expected category"), number(report.n_with_expected),
               t("of {n} accepted: accuracy is measured on these", n=number(report.n_accepted)))  # fmt: skip
        figure(t("Repeated texts"), number(report.n_duplicates), t("asked once, answered for all"))
    _rows(draft)
    if report.problems:
        _rejected(draft)
    return True


def _rows(draft: Draft) -> None:
    first = draft.first
    assert first is not None
    found = [item for item in first.items if isinstance(item, Product)]
    label = t("First rows · {format} · {size}", format=first.format, size=size(draft.n_bytes))
    with st.expander(label, expanded=True, icon=":material/table_rows:"):
        rows = [{"id": p.product_id, "text": p.text, "expected": p.expected} for p in found]
        st.dataframe(
            pd.DataFrame(rows, columns=["id", "text", "expected"]), hide_index=True, placeholder="–", height=185,
            alt=t("The first accepted products"), column_config={
                "id": st.column_config.TextColumn(t("Id"), width="small"),
                "text": st.column_config.TextColumn(t("Product"), width="large"),
                "expected": st.column_config.TextColumn(t("Expected category"), width="medium"),
            },
        )  # fmt: skip
        _mapping(draft)


def _mapping(draft: Draft) -> None:
    first = draft.first
    assert first is not None
    if not first.columns:
        st.caption(t("Every row is a text: there are no fields to choose."))
        return
    names, now = list(first.columns), first.mapping
    known = {name: i for i, name in enumerate(names)}
    columns = st.columns(3)
    text = columns[0].multiselect(t("Field with the text"), names, default=[n for n in now.text if n in known],
                                  format_func=plain, key="map_text")  # fmt: skip
    identity = columns[1].selectbox(t("Field with the id"), names, index=known.get(now.product_id or ""),
                                    format_func=plain, key="map_id", placeholder=t("None"))  # fmt: skip
    expected = columns[2].selectbox(t("Field with the expected category"), names, index=known.get(now.expected or ""),
                                    format_func=plain, key="map_expected", placeholder=t("None"))  # fmt: skip
    if text and (tuple(text), identity, expected) != (now.text, now.product_id, now.expected):
        draft.mapping = FieldMapping(tuple(text), identity, expected, now.language)
        draft.report = None
        st.rerun()


def _rejected(draft: Draft) -> None:
    report = draft.report
    assert report is not None
    names = {Severity.REJECTED: t("rejected"), Severity.CUT: t("shortened"), Severity.NOTE: t("note")}
    label = t("{n} remarks on rows", n=number(sum(report.reasons.values())))
    with st.expander(label, icon=":material/rule:"):
        rows = [{"place": p.place, "what": names[p.severity], "reason": told(p.reason), "raw": p.raw}
                for p in report.problems[:N_PROBLEMS]]  # fmt: skip
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            placeholder="–",
            alt=t("Rows that were rejected or changed, with the reason"),
            column_config={
                "place": st.column_config.TextColumn(t("Where"), width="small"),
                "what": st.column_config.TextColumn(t("What happened"), width="small"),
                "reason": st.column_config.TextColumn(t("Why"), width="medium"),
                "raw": st.column_config.TextColumn(t("The row"), width="large"),
            },
        )
        st.download_button(t("Download the remarks (JSON)"), lambda: _as_json(report.problems), "rejected-rows.json",
                           "application/json", on_click="ignore", icon=":material/download:")  # fmt: skip


def _as_json(problems: list[Problem]) -> bytes:
    return json.dumps([asdict(p) for p in problems], ensure_ascii=False, indent=1).encode()
