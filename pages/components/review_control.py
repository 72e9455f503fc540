"""Say what the chosen products of a list are: confirm, correct by typing, many at once, undo; and who said what."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from classifier import reviewing
from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.taxonomy import Taxonomy
from pages.components.author import author
from pages.components.escaping import safe
from pages.components.formats import moment, number
from pages.components.labels import NOT_A_PRODUCT, category_label
from pages.components.person import allowed, must
from pages.components.texts import mark, t, tn, told
from storage import Item, Job, Kind, StorageError, Told

CONFIRM_KEY, SET_KEY, UNDO_KEY = "Alt+Enter", "Ctrl+Enter", "Alt+Z"
KINDS = {Kind.SAID: mark("said"), Kind.IMPORTED: mark("said in a file"), Kind.DECIDED: mark("decided"),
         Kind.UNDONE: mark("taken back"), Kind.DISPUTED: mark("said, but somebody else was first")}  # fmt: skip


def chosen_items(items: Sequence[Item], key: str) -> list[Item]:
    """Return the items whose rows are chosen in a table drawn under this key."""
    selection = (st.session_state.get(key) or {}).get("selection") or {}
    return [items[row] for row in selection.get("rows", []) if row < len(items)]


def review_control(job: Job, taxonomy: Taxonomy, items: Sequence[Item], key: str) -> None:
    """Draw the control for the rows chosen in the table `key`; what others say while it is open is not overwritten."""
    _outcome(taxonomy)
    if not allowed(Act.REVIEW):
        return
    chosen = chosen_items(items, key)
    if not chosen:
        st.caption(t("Choose one or more rows to say what they are: the labels hold for all jobs, past ones too."))
        return
    seen = services().store.last_label_event()
    with st.container(border=True):
        st.markdown(f"**{tn('What is it? {n} product chosen', 'What are they? {n} products chosen', len(chosen))}**")
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with right:
            actor = author(f"author_{key}")
        notation = left.selectbox(
            t("Category"), [*taxonomy.concepts, NOT_A_PRODUCT], index=None, key=f"category_{key}",
            placeholder=t("Type to search the taxonomy"),
            format_func=lambda n: f"{category_label(taxonomy, n, path=True)} · {n}",
        )  # fmt: skip
        _buttons(job, chosen, notation, actor, seen, key)
        if len(chosen) == 1:
            label_history(taxonomy, job, chosen[0])


def _buttons(job: Job, chosen: Sequence[Item], notation: str | None, actor: str, seen: int, key: str) -> None:
    here = services()
    with st.container(horizontal=True):
        st.button(t("Set the category"), type="primary", icon=":material/edit:", key=f"set_{key}", shortcut=SET_KEY,
                  disabled=notation is None, on_click=_act, args=(
                      lambda: reviewing.correct(here, job, chosen, str(notation), actor, seen),))  # fmt: skip
        st.button(t("The answer is right"), icon=":material/check:", key=f"confirm_{key}", shortcut=CONFIRM_KEY,
                  on_click=_act, args=(lambda: reviewing.confirm(here, job, chosen, actor, seen),))  # fmt: skip
        if act := st.session_state.get("last_review"):
            st.button(t("Undo the last review"), icon=":material/undo:", type="tertiary", key=f"undo_{key}",
                      shortcut=UNDO_KEY, on_click=_act,
                      args=(lambda: reviewing.undo(here, act, actor),))  # fmt: skip


def _act(verb: Callable[[], Told]) -> None:
    try:
        must(Act.REVIEW)
        found = verb()
    except (ClassifierError, StorageError) as error:
        st.session_state["review_refusal"] = str(error)
        return
    st.session_state["last_review"], st.session_state["review_outcome"] = found.act, found


def _outcome(taxonomy: Taxonomy) -> None:
    """Say once what became of the last review."""
    if refusal := st.session_state.pop("review_refusal", None):
        st.warning(safe(told(refusal), 300), icon=":material/info:")
    found: Told | None = st.session_state.pop("review_outcome", None)
    if found is None:
        return
    if found.n_kept:
        texts = tn("{n} text labelled", "{n} texts labelled", found.n_kept)
        changed = tn("{n} product of all jobs changed", "{n} products of all jobs changed", found.n_items)
        st.success(f"{texts}. {changed}.", icon=":material/check_circle:")
    for word in found.disputed[:5]:
        st.warning(
            t("{who} said “{category}” of “{text}” at {when}, after this list was drawn. That stands; your word is "
              "kept beside it: see “Reviewers who disagree”.", who=safe(word.actor), text=safe(word.text),
              category=safe(category_label(taxonomy, word.notation)), when=moment(word.at)),
            icon=":material/group:",
        )  # fmt: skip
    if len(found.disputed) > 5:
        st.warning(t("{n} more texts had been labelled otherwise meanwhile.", n=number(len(found.disputed) - 5)))


def label_history(taxonomy: Taxonomy, job: Job, item: Item) -> None:
    """Draw who said what of a product's text, oldest first; nothing when nobody has."""
    words = services().store.label_history(job.taxonomy_id, item.text_key)
    if not words:
        return
    st.caption(t("What people said of this text"))
    st.dataframe(
        pd.DataFrame([
            {"who": w.actor, "what": category_label(taxonomy, w.notation, path=True),
             "how": t(KINDS[Kind(w.kind)]), "when": moment(w.at)} for w in words
        ]),
        hide_index=True, alt=t("What people said of this text"), column_config={
            "who": st.column_config.TextColumn(t("Who"), width=120),
            "what": st.column_config.TextColumn(t("Category"), width="large"),
            "how": st.column_config.TextColumn(t("How"), width=160),
            "when": st.column_config.TextColumn(t("When"), width=170),
        },
    )  # fmt: skip


def disagreements(job: Job, taxonomy: Taxonomy) -> None:
    """Draw the texts of which reviewers say different things, and the way to decide."""
    _outcome(taxonomy)
    found = services().store.disagreements(job.taxonomy_id)
    if not found:
        st.success(t("No two reviewers disagree."), icon=":material/check_circle:")
        return
    st.caption(tn("{n} text of which reviewers say different things. The last word in force holds until it is decided.",
                  "{n} texts of which reviewers say different things. The last word in force holds until it is "
                  "decided.", len(found)))  # fmt: skip
    event = st.dataframe(
        pd.DataFrame([
            {"text": d.text, "words": " · ".join(f"{w.actor}: {category_label(taxonomy, w.notation)}" for w in d.words)}
            for d in found
        ]),
        hide_index=True, key="disagreements", on_select="rerun", selection_mode="single-row",
        alt=t("Texts of which reviewers say different things"), column_config={
            "text": st.column_config.TextColumn(t("Product"), width=260),
            "words": st.column_config.TextColumn(t("What they say"), width="large"),
        },
    )  # fmt: skip
    rows = event["selection"]["rows"] if event else []
    if not rows or rows[0] >= len(found):
        return
    one = found[rows[0]]
    with st.container(border=True):
        st.text(one.text)
        if not allowed(Act.REVIEW):
            return
        actor = author("author_decision")
        said = list(dict.fromkeys(str(w.notation) for w in one.words))
        notation = st.radio(t("What holds?"), said, key=f"decide_{one.text_key}",
                            format_func=lambda n: category_label(taxonomy, n, path=True))  # fmt: skip
        st.button(t("Decide"), type="primary", icon=":material/gavel:", on_click=_act, args=(
            lambda: reviewing.decide(services(), job.taxonomy_id, one.text_key, one.text, notation, actor),
        ))  # fmt: skip
