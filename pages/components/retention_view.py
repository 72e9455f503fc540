"""How long ended jobs are kept."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from classifier.executors.watch import RETENTION
from classifier.people import Act
from pages.components.person import allowed, must
from pages.components.texts import t

MAX_DAYS = 3650


def retention() -> None:
    """Draw the choice; an empty field keeps jobs for ever. Running jobs are never removed."""
    store = services().store
    kept = store.preference(RETENTION)
    if not allowed(Act.ADMINISTER):
        return
    days = st.number_input(
        t("Days that ended jobs are kept"), 1, MAX_DAYS, kept, key="retention_days", placeholder=t("for ever"),
        help=t("Older ended jobs are removed with everything of them, within an hour. Empty: they are kept for ever."),
    )  # fmt: skip
    if days != kept:
        st.warning(_consequence(days))
        if st.button(t("Save how long jobs are kept"), icon=":material/save:"):
            store.set_preference(RETENTION, days, must(Act.ADMINISTER).name)
            st.rerun()


def _consequence(days: int | None) -> str:
    if days is None:
        return t("Jobs will be kept until somebody deletes them.")
    return t("Jobs that ended more than {n} days ago will be removed for good.", n=days)
