"""Who sits at this browser, and what they may do here; the rules themselves stand in classifier.people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from classifier.bootstrap import services
from classifier.identity import NoAddress, NotSignedIn, address_of, person_of
from classifier.people import SENTENCES, Act, Person, Role
from pages.components.texts import t

ANALYST = "analyst"  # the name of somebody who typed none, where nobody signs in


def person() -> Person:
    """Return who looks at what is being drawn; who may look no more is led to the gate (pages._entry).

    A part of a page that draws itself again and again passes no gate: it calls this first.
    """
    try:
        who = identified()
    except (NotSignedIn, NoAddress):
        st.rerun()
    if not who.may(Act.READ):
        st.rerun()
    return who


def identified() -> Person:
    """Return who is at work, with the role of this moment. Raises NotSignedIn, NoAddress.

    Where nobody signs in everybody may do everything, under the name that they typed.
    """
    if not services().settings.sign_in.is_on:
        return Person(st.session_state.get("author") or ANALYST, Role.ADMIN)
    return person_with(st.user.to_dict())


def person_with(claims: Mapping[str, Any]) -> Person:
    """Return the person of a sign-in. Raises NotSignedIn, NoAddress."""
    running = services()
    settings = running.settings.sign_in
    email = address_of(claims, datetime.now(UTC), trusts_email=settings.trusts_email)
    return person_of(email, settings, running.store.role_of)


def must(act: Act) -> Person:
    """Return who is at work; raises NotPermitted (NotSignedIn) when they may not do this.

    Every page calls it before it changes something: a button that is not drawn can still be asked for by a program.
    """
    who = identified()
    who.must(act)
    return who


def allowed(act: Act) -> bool:
    """Tell whether controls for an act are to be drawn; draw the sentence that says why when not."""
    if person().may(act):
        return True
    st.caption(f":material/lock: {t(SENTENCES[act])}")
    return False
