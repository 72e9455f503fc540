"""Step 4: the draft as a difference in words, its publication, and the editions that there are."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from classifier.bootstrap import services
from classifier.editions import differences
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.repair import editing, patches
from classifier.repair.editing import Version
from classifier.taxonomy import Taxonomy
from pages.components.author import author
from pages.components.change_words import differences_table
from pages.components.escaping import plain, safe
from pages.components.fix_steps import onward
from pages.components.formats import moment, number
from pages.components.labels import actor_label
from pages.components.person import allowed, must, person
from pages.components.texts import t, tn, told
from storage import Job, StorageError

MIME = {"ttl": "text/turtle", "jsonld": "application/ld+json"}


def edition_step(job: Job) -> None:
    """Draw the draft and what can be done with it, then the editions."""
    if sentence := st.session_state.pop("fix_said", None):
        st.success(safe(told(sentence), 400))
    known, draft = editing.versions(services(), job.taxonomy_id), editing.draft(services(), job.taxonomy_id)
    if draft is None and not sentence:
        st.info(t("There is no draft: accept remedies in step 3, or use one of the editions below.") if len(known) > 1
                else t("There is no draft: accept remedies in step 3."))  # fmt: skip
    elif draft is not None:
        _draft(draft, known[0])
    if known[0].number:
        onward(4, t("Run the chosen products again"))
    editions_view(known)


def _draft(draft: Version, last: Version) -> None:
    seen = _seen(draft)
    found = differences(last.overlay, seen.overlay)
    taxonomy = _result(seen)
    with st.container(border=True):
        st.markdown(t("Draft on top of {edition}", edition=f"**{edition_words(last)}**") + " · "
                    + tn("{n} change", "{n} changes", len(found)))  # fmt: skip
        st.caption(t("Last saved by {name}, {at}.", name=safe(actor_label(seen.saved_by)), at=moment(seen.saved_at)))
        if seen.counter != draft.counter:
            st.warning(t("{name} has changed this draft since you looked. Nothing of it was overwritten.",
                         name=safe(actor_label(draft.saved_by))), icon=":material/group:")  # fmt: skip
            st.button(t("Look at the newest draft"), key="fix_newest", on_click=_forget_seen)
        row = differences_table(found, taxonomy, "fix_draft", choose=True) if found else None
        if not found:
            st.caption(t("The draft says the same as the edition in use."))
        if not allowed(Act.EDIT):
            return
        who = author("fix_author_4")
        note = st.text_area(t("Why (a note for whoever reads this later)"), key="fix_note", max_chars=2000, height=80)
        with st.container(horizontal=True):
            if st.button(
                t("Publish"), type="primary", icon=":material/publish:", key="fix_publish", disabled=not found
            ):
                _do(lambda: editing.publish(services(), seen, note or "", who),
                    t("Published. New jobs begin with it; the imported taxonomy is as it was."))  # fmt: skip
            change = found[row].change if row is not None and row < len(found) and found[row].is_added else None
            if st.button(t("Take the chosen change out"), icon=":material/undo:", key="fix_withdraw",
                         disabled=change is None) and change is not None:  # fmt: skip
                _do(lambda: editing.withdraw(services(), seen, change, who), t("The change was taken out."))
            if st.button(t("Discard the draft"), icon=":material/delete:", key="fix_discard"):
                _do(lambda: editing.discard(services(), seen, who), t("The draft was discarded."))


def _seen(draft: Version) -> Version:
    """Return the draft as this session first saw it: what it does is checked against that."""
    kept: Version | None = st.session_state.get("fix_seen")
    if kept is None or kept.id != draft.id or kept.counter > draft.counter or st.session_state.get("fix_mine"):
        st.session_state["fix_seen"], st.session_state["fix_mine"] = draft, False
        return draft
    return kept


def _forget_seen() -> None:
    st.session_state.pop("fix_seen", None)


def _do(action: Callable[[], object], said: str) -> None:
    """Do something with the draft or the editions; what stands against it becomes a sentence."""
    try:
        must(Act.EDIT)
        action()
    except (ClassifierError, StorageError) as error:
        st.error(safe(told(str(error)), 400), icon=":material/group:")
        return
    st.session_state["fix_said"], st.session_state["fix_mine"] = said, True
    st.rerun()


def editions_view(known: list[Version]) -> None:
    """Draw the published editions: compare any two, go back, take them away as files; nothing before the first."""
    if len(known) < 2:
        return
    st.markdown(f"#### {t('Editions')}")
    names = {i: edition_words(version) for i, version in enumerate(known)}
    left, right = st.columns(2)
    newer = left.selectbox(t("Edition"), list(names), format_func=names.__getitem__,
                           key=f"fix_newer_{len(known)}")  # fmt: skip
    older = right.selectbox(t("Compared with"), list(names), index=min(1, len(known) - 1),
                            key=f"fix_older_{len(known)}", format_func=names.__getitem__)  # fmt: skip
    chosen = known[newer or 0]
    st.text(plain(chosen.note, 600) if chosen.note else t("Without a note."))
    found = differences(known[older or 0].overlay, chosen.overlay)
    if found:
        differences_table(found, _result(chosen), "fix_between")
    else:
        st.caption(t("The two say the same."))
    with st.container(horizontal=True):
        who = person()
        if newer and who.may(Act.EDIT) and st.button(t("Go back to this edition"), icon=":material/history:",
                                                     key="fix_back"):  # fmt: skip
            _do(lambda: editing.go_back(services(), chosen, who.name), t("It is in use again, as the newest edition."))
        if not chosen.overlay.is_empty:
            _files(chosen)


def _files(version: Version) -> None:
    for suffix, name in (("ttl", "Turtle"), ("jsonld", "JSON-LD")):
        st.download_button(
            t("SKOS patch ({format})", format=name), patches.patch_of(services(), version, suffix),
            f"anaquel-edition-{version.number}-patch.{suffix}", MIME[suffix], icon=":material/download:",
            key=f"fix_patch_{suffix}", on_click="ignore",
        )  # fmt: skip
    st.download_button(
        t("Whole taxonomy (Turtle)"), lambda: patches.taxonomy_of(services(), version, "ttl"),
        f"anaquel-edition-{version.number}.ttl", MIME["ttl"], icon=":material/account_tree:", key="fix_whole",
        on_click="ignore",
    )  # fmt: skip


def edition_words(version: Version) -> str:
    """Name an edition with who made it and when; safe in Markdown and in a select box."""
    if not version.number:
        return t("the taxonomy as imported")
    who = actor_label(version.author)
    by = plain(who, 40) if who.replace(" ", "").isalnum() else safe(who, 40)
    return t("edition {n} · {name} · {at}", n=number(version.number), name=by, at=moment(version.published_at))


def _result(version: Version) -> Taxonomy:
    return editing.result_of(services(), version)
