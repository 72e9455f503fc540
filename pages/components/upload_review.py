"""What was found in an upload: figures, first rows, rejected rows, and which field means what."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pandas as pd
import streamlit as st

from classifier.languages_seen import UNKNOWN, languages_seen
from classifier.products import FieldMapping, ImportReport, Preview, Problem, Product, Severity
from classifier.products.product import shown
from pages.components.draft import Draft, choose, read
from pages.components.escaping import plain, safe
from pages.components.figures import figure
from pages.components.formats import number, percent, size
from pages.components.texts import t, tn, told

N_PROBLEMS = 200
N_NAMED = 12  # fields that a sentence names


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
    _remarkable(report)
    _rows(draft)
    if report.problems:
        _rejected(draft)
    return True


def _remarkable(report: ImportReport) -> None:
    """Say which languages the texts are in, and show what will hardly be a product's name."""
    seen = languages_seen(report.sample)
    tongues = {"es": t("Spanish"), "en": t("English"), "pt": t("Portuguese"), UNKNOWN: t("not told by their words")}
    shares = ", ".join(f"{tongues[tag]} {percent(n / len(report.sample))}" for tag, n in seen.items())
    st.caption(t("Languages seen in {n} texts: {shares}.", n=number(len(report.sample)), shares=shares))
    kinds = {"code": t("codes"), "html": t("HTML"), "control": t("control characters"),
             "direction": t("characters that turn the direction of writing")}  # fmt: skip
    rows = [{"kind": t("empty"), "n": report.n_empty, "examples": ""}] if report.n_empty else []
    rows += [{"kind": t("shortened"), "n": report.n_cut, "examples": ""}] if report.n_cut else []
    rows += [{"kind": kinds[kind], "n": n, "examples": " · ".join(shown(text) for text in report.examples[kind])}
             for kind, n in report.suspicious.most_common()]  # fmt: skip
    if not rows:
        return
    with st.expander(t("Worth a look before you pay"), icon=":material/visibility:"):
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, alt=t("Rows that will hardly name a product, by kind"),
            column_config={
                "kind": st.column_config.TextColumn(t("What"), width="medium"),
                "n": st.column_config.NumberColumn(t("Rows"), width="small"),
                "examples": st.column_config.TextColumn(t("Examples"), width="large"),
            },
        )  # fmt: skip
        st.caption(t("These rows are asked like the others, but for empty ones."))


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
    if draft.is_recalled:
        st.caption(t("The fields are read as you chose for the last file of this shape."))
    now, mark = first.mapping, f"_{draft.n_guesses}" if draft.n_guesses else ""
    with st.grid(4, vertical_alignment="bottom"):
        text = st.multiselect(
            t("Fields with the text"), list(first.columns), default=[n for n in now.text if n in first.columns],
            format_func=plain, key=f"map_text{mark}", help=t("Several are joined in this order, with a space between."),
        )  # fmt: skip
        identity = _field(first, t("Field with the id"), now.product_id, f"map_id{mark}")
        expected = _field(first, t("Field with the expected category"), now.expected, f"map_expected{mark}")
        language = _field(first, t("Field with the language"), now.language, f"map_language{mark}")
    _kept(first, {*text, identity, expected, language})
    mapping = FieldMapping(tuple(text), identity, expected, language)
    if text and mapping != replace(now, guessed=False):
        choose(draft, mapping)
        st.rerun()
    if draft.mapping and st.button(t("Guess the fields again"), icon=":material/restart_alt:", type="tertiary"):
        choose(draft, None)
        st.rerun()


def _field(first: Preview, label: str, now: str | None, key: str) -> str | None:
    names = list(first.columns)
    at = names.index(now) if now in names else None
    return st.selectbox(label, names, index=at, format_func=plain, key=key, placeholder=t("None"))


def _kept(first: Preview, used: set[str | None]) -> None:
    """Say what becomes of the fields that nobody chose."""
    rest = [name for name in first.columns if name not in used]
    if rest:
        names = ", ".join(safe(name, 40) for name in rest[:N_NAMED]) + (" …" if len(rest) > N_NAMED else "")
        st.caption(t("Kept beside each product: {names}. They group errors and come back in every file.", names=names))


def _rejected(draft: Draft) -> None:
    report = draft.report
    assert report is not None
    names = {Severity.REJECTED: t("rejected"), Severity.CUT: t("shortened"), Severity.NOTE: t("note")}
    label = tn("{n} remark on rows", "{n} remarks on rows", sum(report.reasons.values()))
    with st.expander(label, icon=":material/rule:"):
        rows = [{"place": told(p.place), "what": names[p.severity], "reason": told(p.reason), "raw": p.raw}
                for p in report.problems[:N_PROBLEMS]]  # fmt: skip
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            placeholder="–",
            alt=t("Rows that were rejected or changed, with the reason"),
            column_config={
                "place": st.column_config.TextColumn(t("Where"), width="small"),
                "what": st.column_config.TextColumn(t("What happened"), width="small"),
                "reason": st.column_config.TextColumn(t("Why"), width="large"),
                "raw": st.column_config.TextColumn(t("The row"), width="medium"),
            },
        )
        st.download_button(t("Download the remarks (JSON)"), lambda: _as_json(report.problems), "rejected-rows.json",
                           "application/json", on_click="ignore", icon=":material/download:")  # fmt: skip


def _as_json(problems: list[Problem]) -> bytes:
    return json.dumps([asdict(p) for p in problems], ensure_ascii=False, indent=1).encode()
