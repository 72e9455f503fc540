"""The way through the page that fixes: six steps, one at a time, each with what it needs from the one before."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.texts import mark, t
from storage import Job

STEPS: Sequence[tuple[str, str]] = (  # name, what it answers
    (mark("What fails"), mark("Choose the products that you want to fix.")),
    (mark("Why"), mark("What they have in common, and what they are taken for.")),
    (mark("Remedies"), mark("Tick what you agree with; nothing changes before you publish.")),
    (mark("Publish"), mark("Read the difference, say why, and publish it as a new edition.")),
    (mark("Run again"), mark("The chosen products and a guard of right ones, on the new edition.")),
    (mark("Proof"), mark("What was fixed, what broke, and whether it is more than chance.")),
)


def chosen_step(job: Job) -> int:
    """Draw the steps and return the one that is looked at, from 1; another job begins at 1."""
    if st.session_state.get("fix_of") != job.id:
        st.session_state["fix_of"], st.session_state["fix_step"] = job.id, 1
    names = {n: f"{n} · {t(name)}" for n, (name, _) in enumerate(STEPS, 1)}
    step = st.segmented_control(t("Step"), list(names), key="fix_step", required=True, format_func=names.__getitem__,
                                label_visibility="collapsed") or 1  # fmt: skip
    st.subheader(t(STEPS[step - 1][0]))
    st.caption(t(STEPS[step - 1][1]))
    return int(step)


def go(step: int) -> None:
    """Have the next run look at a step."""
    st.session_state["fix_step"] = step


def onward(step: int, label: str, *, disabled: bool = False) -> None:
    """Draw the button that leads to the next step."""
    st.button(label, type="primary", icon=":material/arrow_forward:", key=f"fix_onward_{step}", on_click=go,
              args=(step + 1,), disabled=disabled)  # fmt: skip
