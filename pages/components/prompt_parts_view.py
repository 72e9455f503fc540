"""The prompt's parts of one version: read, or edited in the draft; nobody's words are overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.prompt_parts import FewShot, Note, PromptParts
from classifier.repair import editing
from classifier.repair.editing import Version
from pages.components.author import author
from pages.components.escaping import safe
from pages.components.formats import moment
from pages.components.labels import actor_label
from pages.components.person import allowed, must
from pages.components.texts import t, told
from storage import StorageError


def version_name(version: Version) -> str:
    """Name a version for a picker; not escaped, for places that read no markup."""
    if version.is_draft:
        return t("Draft (last saved by {who})", who=actor_label(version.saved_by))
    if not version.number:
        return t("As imported")
    return t(
        "Edition {n} · {who} · {when}",
        n=version.number,
        who=actor_label(version.author),
        when=moment(version.published_at),
    )


def parts_view(version: Version) -> None:
    """Draw a published version's parts and the way to a draft."""
    parts = version.overlay.parts
    if version.note:
        st.caption(safe(version.note, 300))
    for title, text in ((t("Role"), parts.role), (t("Answer rules"), parts.answer_rules)):
        st.caption(title)
        st.code(text, language=None, wrap_lines=True)
    _table(t("Guidance notes"), [(n.notation, n.text) for n in parts.guidance], t("Category"), t("Note"))
    _table(t("Examples"), [(s.text, s.notation) for s in parts.examples], t("Product"), t("Category"))
    _table(t("Words that alone are no product"), [(w,) for w in parts.not_products], t("Word"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not allowed(Act.EDIT):
            return
        actor = author("author_prompt_begin")
        if st.button(t("Edit in a draft"), type="primary", icon=":material/edit_note:"):
            must(Act.EDIT)
            editing.begin(services(), version.base_id, actor)
            st.rerun()


def _table(title: str, rows: list[tuple[str, ...]], *columns: str) -> None:
    st.caption(title)
    if rows:
        st.dataframe(pd.DataFrame(rows, columns=list(columns)), hide_index=True, alt=title)
    else:
        st.caption(t("None yet."))


def edit(current: Version) -> None:
    """Draw the draft's parts as they were when this session opened them, and save them back against that."""
    key = f"prompt_seen_{current.id}"
    seen: Version = st.session_state.setdefault(key, current)
    if seen.counter != current.counter:
        with st.container(border=True):
            st.warning(
                t("{who} has saved the draft since you opened it. Your text cannot be saved over it: copy what you "
                  "need, then load theirs.", who=safe(actor_label(current.saved_by))), icon=":material/group:",
            )  # fmt: skip
            if st.button(t("Load theirs"), icon=":material/refresh:"):
                st.session_state[key] = current
                st.rerun()
    parts = _fields(seen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not allowed(Act.EDIT):
            return
        actor = author("author_prompt_edit")
        if st.button(t("Save the draft"), icon=":material/save:", shortcut="Ctrl+S") and parts is not None:
            _do(key, lambda: editing.reword(services(), seen, parts, actor))
        note = st.text_input(t("What changed, for others"), key=f"prompt_note_{seen.id}", max_chars=300, width=360)
        if st.button(t("Publish"), type="primary", icon=":material/publish:"):
            _do(key, lambda: editing.publish(services(), seen, note or "", actor))
    st.caption(t("Save before you publish. Jobs name the edition that they use; the one before is one click away."))


def _fields(seen: Version) -> PromptParts | None:
    parts, key = seen.overlay.parts, f"{seen.id}_{seen.counter}"
    role = st.text_area(t("Role"), parts.role, key=f"role_{key}", height=80)
    st.caption(t("Guidance notes"))
    notes = _editor([(n.notation, n.text) for n in parts.guidance], (t("Category"), t("Note")), f"notes_{key}")
    st.caption(t("Examples"))
    shots = _editor([(s.text, s.notation) for s in parts.examples], (t("Product"), t("Category")), f"shots_{key}")
    rules = st.text_area(t("Answer rules"), parts.answer_rules, key=f"rules_{key}", height=150)
    words = st.text_area(t("Words that alone are no product"), "\n".join(parts.not_products), height=80,
                         key=f"words_{key}", help=t("One a line"))  # fmt: skip
    try:
        return PromptParts(
            role or "", tuple(Note(notation, text) for notation, text in notes if text),
            tuple(FewShot(text, notation) for text, notation in shots if text and notation), rules or "",
            tuple(word.strip() for word in (words or "").splitlines() if word.strip()),
        )  # fmt: skip
    except ValueError as error:
        st.warning(safe(told(str(error)), 300))
        return None


def _editor(rows: list[tuple[str, str]], columns: tuple[str, str], key: str) -> list[tuple[str, str]]:
    frame = pd.DataFrame(rows, columns=["first", "second"], dtype=str)
    config = {"first": st.column_config.TextColumn(columns[0]), "second": st.column_config.TextColumn(columns[1])}
    edited = st.data_editor(frame, num_rows="dynamic", key=key, hide_index=True, column_config=config)
    cells = edited.fillna("").astype(str).itertuples(index=False, name=None)
    return [(str(first).strip(), str(second).strip()) for first, second in cells]


def _do(key: str, verb: Callable[[], Version]) -> None:
    try:
        must(Act.EDIT)
        verb()
    except (ClassifierError, StorageError) as error:
        st.warning(safe(told(str(error)), 300), icon=":material/info:")
        return
    st.session_state.pop(key, None)
    st.rerun()
