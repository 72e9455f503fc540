"""The list of jobs: state, progress and result at a glance, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from classifier.people import SENTENCES, Act, Person
from pages.components.current_job import remember
from pages.components.formats import rounded, usd, zone
from pages.components.job_actions import ACTIONS, OPEN, act, lacks_budget, offered
from pages.components.labels import STATES, n_done, state_label
from pages.components.person import person
from pages.components.snapshots import report_of
from pages.components.texts import t, told
from storage import Job

ROW_PX, MAX_ROWS = 33, 20
COLOURS = {"green": "green", "blue": "blue", "orange": "orange", "red": "red", "gray": "gray"}


def jobs_table(jobs: Sequence[Job]) -> None:
    """Draw jobs; the buttons act at once, and are those that the person may use."""
    who = person()

    def chosen(key: str) -> tuple[Job, str] | None:
        click = st.session_state.get(key)
        if not click or click["row"] >= len(jobs):
            return None
        return jobs[click["row"]], str(click["label"])

    def show(job: Job) -> None:
        remember(job.id)
        st.session_state["open_job"] = job.id

    def open_job() -> None:
        if (found := chosen("jobs_open")) is not None:
            show(found[0])

    def do() -> None:
        if (found := chosen("jobs_action")) is not None:
            job, label = found
            action = next((a for a in offered(job, who) if _label(a) == label), None)
            if action == "resume" and lacks_budget(job):
                show(job)  # its page asks for a new budget
            elif action is not None:
                act(action, job.id)

    st.dataframe(
        pd.DataFrame([_row(job, who) for job in jobs]),
        hide_index=True,
        placeholder="–",
        key="jobs",
        alt=t("Jobs, newest first"),
        height=ROW_PX * (1 + min(MAX_ROWS, len(jobs))) + 3,
        column_config={
            "name": st.column_config.TextColumn(t("Job"), width=160),
            "open": st.column_config.ButtonColumn("", key="jobs_open", on_click=open_job, type="tertiary", width=58),
            "state": st.column_config.MultiselectColumn(
                t("State"),
                options=[t(label) for label, _, _ in STATES.values()],
                color=[COLOURS[colour] for _, _, colour in STATES.values()],
                width=105,
            ),
            "progress": st.column_config.ProgressColumn(t("Progress"), format="percent", width=98),
            "n": st.column_config.NumberColumn(t("Products"), format="localized", width=70),
            "coverage": _share(t("Coverage"), t("Answered products of those that ended")),
            "accuracy": _share(t("Accuracy"), t("Right answers of the labelled products that were answered")),
            "failed": st.column_config.NumberColumn(t("Failed"), format="localized", width=60),
            "cost": st.column_config.TextColumn(t("Cost"), width=92, alignment="right"),
            "at": st.column_config.DatetimeColumn(t("Started"), format="YYYY-MM-DD HH:mm", width=124),
            "owner": st.column_config.TextColumn(t("Owner"), width=130),
            "actions": st.column_config.ButtonColumn("", key="jobs_action", on_click=do, width=95),
        },
    )
    _why_not(who)


def _share(label: str, about: str) -> Any:
    return st.column_config.NumberColumn(label, format="percent", width=78, help=about)


def _why_not(who: Person) -> None:
    """Say why some jobs have no buttons."""
    if who.may(Act.STEER_ANY):
        return
    sentence = t("You can pause, cancel and delete your own jobs; administrators can all of them.")
    st.caption(f":material/lock: {sentence if who.may(Act.STEER) else t(SENTENCES[Act.STEER])}")


def _label(action: str) -> str:
    label, icon = ACTIONS[action]
    return f":material/{icon}: {t(label)}"


def _row(job: Job, who: Person) -> dict[str, Any]:
    report = report_of(job) if job.n_items else None
    return {
        "name": told(job.name),
        "open": t(OPEN),
        "state": [state_label(job)],
        "progress": round(n_done(job) / job.n_items, 3) if job.n_items else 0.0,
        "n": job.n_items,
        "coverage": rounded(report.coverage.value) if report else None,
        "accuracy": rounded(report.accuracy.value) if report else None,
        "failed": job.n_failed,
        "cost": cost_label(job),
        "at": job.created_at.astimezone(zone()).replace(tzinfo=None),
        "actions": [_label(action) for action in offered(job, who)],
        **({} if who.owner is None else {"owner": job.owner or ""}),
    }


def cost_label(job: Job) -> str:
    """Say what a job has cost: free, a sum, or that (part of) it is not known."""
    if job.engine == "local":
        return t("free")
    return known_usd(job, job.cost_usd)


def known_usd(job: Job, amount: Decimal) -> str:
    """Write a part of a job's cost: never less than was paid, and unknown when no call has a price."""
    if job.n_unpriced_attempts == job.n_attempts and job.n_attempts:
        return t("unknown")
    return ("≥ " if job.n_unpriced_attempts else "") + usd(amount)
