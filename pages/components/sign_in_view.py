"""What stands before every page where people sign in, and the way out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from classifier.bootstrap import services
from classifier.identity import NoAddress, NotSignedIn
from classifier.people import Act, Person, Role
from pages.components.escaping import safe
from pages.components.language_choice import language_choice
from pages.components.person import identified, person
from pages.components.texts import mark, t, told

LOGO = Path(__file__).parent / "logo.svg"
WIDTH_PX = 420
ROLES = {Role.VIEWER: mark("viewer"), Role.ANALYST: mark("analyst"), Role.ADMIN: mark("admin")}


def gate() -> None:
    """End the run, with the reason and the way in, unless somebody is signed in who may read here."""
    if not services().settings.sign_in.is_on:
        return
    try:
        who = identified()
    except NotSignedIn:
        _ask()
    except NoAddress as error:
        _refuse(t("Your sign-in cannot be used"), told(str(error)))
    else:
        if not who.may(Act.READ):
            _refuse(t("You have no role here yet"), t("Ask an administrator of this installation for one."), who)


def signed_in() -> None:
    """Draw who is signed in, and the way out."""
    if not services().settings.sign_in.is_on:
        return
    who = person()
    st.caption(f"{safe(who.name, 60)} · {t(ROLES[who.role or Role.VIEWER])}")
    _sign_out()


def _ask() -> None:
    with _card():
        st.title(t("Sign in to Anaquel"))
        st.markdown(t("Your organisation's account opens the jobs, their results and their costs."))
        if st.button(t("Sign in"), type="primary", icon=":material/login:", key="sign_in", width="stretch"):
            st.login()
        language_choice()
    st.stop()


def _refuse(title: str, reason: str, who: Person | None = None) -> None:
    with _card():
        st.title(title)
        st.markdown(safe(reason, 300))
        if who is not None:
            st.caption(t("You are signed in as {email}.", email=safe(who.name, 80)))
        _sign_out()
        language_choice()
    st.stop()


def _card() -> st.delta_generator.DeltaGenerator:
    outer = st.container(horizontal_alignment="center")
    outer.space("large")
    outer.image(str(LOGO), width=170)
    return outer.container(border=True, width=WIDTH_PX)


def _sign_out() -> None:
    if st.button(t("Sign out"), icon=":material/logout:", type="tertiary", key="sign_out"):
        st.session_state.clear()
        st.logout()
