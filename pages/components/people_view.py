"""Who has which role: administrators give and take roles; everybody sees their own."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from classifier import roles
from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act, Role
from pages.components.escaping import safe
from pages.components.formats import moment
from pages.components.labels import actor_label
from pages.components.person import allowed, must
from pages.components.sign_in_view import ROLES
from pages.components.tables import selected_row
from pages.components.texts import mark, t, told
from storage import StorageError

WHAT = {
    Role.VIEWER: mark("reads and exports"),
    Role.ANALYST: mark("also starts jobs, reviews, edits, publishes; pauses, cancels and deletes their own jobs"),
    Role.ADMIN: mark("everything, other people's jobs, roles and settings included"),
}


def people() -> None:
    """Draw the roles and the form; nothing where nobody signs in."""
    if not services().settings.sign_in.is_on:
        st.caption(t("Nobody signs in here: everybody who reaches the dashboard may do everything. "
                     "docs/operations.md says how to turn the sign-in on."))  # fmt: skip
        return
    if not allowed(Act.ADMINISTER):
        return
    if sentence := st.session_state.pop("people_refusal", None):
        st.warning(safe(told(sentence), 300))
    for role, what in WHAT.items():
        st.caption(f"**{t(ROLES[role])}** · {t(what)}")
    _table(roles.known(services()))
    _form()


def _table(found: list[roles.Granted]) -> None:
    event = st.dataframe(
        pd.DataFrame([
            {"who": row.who, "role": t(ROLES[Role(row.role)]), "by": actor_label(row.granted_by),
             "at": moment(row.granted_at) if row.granted_at else ""} for row in found
        ], columns=["who", "role", "by", "at"]),
        hide_index=True, key="people", on_select="rerun", selection_mode="single-row", alt=t("Who has which role"),
        column_config={
            "who": st.column_config.TextColumn(t("Who"), width=210),
            "role": st.column_config.TextColumn(t("Role in Anaquel"), width=120),
            "by": st.column_config.TextColumn(t("Given by"), width=150),
            "at": st.column_config.TextColumn(t("When"), width=170),
        },
    )  # fmt: skip
    row = selected_row(event)
    chosen = found[row].who if row is not None and row < len(found) and found[row].granted_at else None
    st.button(t("Take the role away"), icon=":material/person_remove:", key="people_revoke", disabled=chosen is None,
              help=t("Choose a row. Their API tokens end too."), on_click=_revoke, args=(chosen,))  # fmt: skip


def _form() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(t("E-mail address, or @example.com for everybody there"), key="people_who", max_chars=254,
                      width=360)  # fmt: skip
        st.selectbox(t("Role in Anaquel"), list(Role), key="people_role", width=160,
                     format_func=lambda role: t(ROLES[role]))  # fmt: skip
        st.button(t("Give the role"), icon=":material/person_add:", key="people_grant", on_click=_grant)


def _grant() -> None:
    who, role = st.session_state["people_who"], st.session_state["people_role"]

    def give() -> None:
        person = must(Act.ADMINISTER)
        roles.grant(services(), who, role, person.name, person)
        st.session_state["people_who"] = ""

    _do(give)


def _revoke(who: str | None) -> None:
    def take() -> None:
        person = must(Act.ADMINISTER)
        roles.revoke(services(), who or "", person.name, person)

    _do(take)


def _do(verb: Callable[[], None]) -> None:
    try:
        verb()
    except (ClassifierError, StorageError) as error:
        st.session_state["people_refusal"] = str(error)
