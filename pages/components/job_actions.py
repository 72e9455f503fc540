"""What can be done with a job from a page: cancel, pause, resume, retry, delete and undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import streamlit as st

from classifier import jobs
from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import SENTENCES, Act, Person
from pages.components.current_job import remember
from pages.components.escaping import safe
from pages.components.labels import state_of
from pages.components.person import identified, person
from pages.components.texts import mark, t, told
from storage import ACTIVE, Job, StorageError

OVER_BUDGET = "The budget of "  # how the engine's sentence begins when a job has spent its budget
OPEN = mark("Open")
ACTIONS: Mapping[str, tuple[str, str]] = {  # label, icon
    "pause": (mark("Pause"), "pause"),
    "resume": (mark("Resume"), "play_arrow"),
    "cancel": (mark("Cancel"), "cancel"),
    "retry": (mark("Retry failed"), "replay"),
    "delete": (mark("Delete"), "delete"),
}


def offered(job: Job, who: Person) -> list[str]:
    """Return what a person may do with a job now."""
    return [action for action in possible(job) if who.may(_act_of(action, job, who))]


def possible(job: Job) -> list[str]:
    """Return what can be done with a job now, by whoever may."""
    state = state_of(job)
    actions: list[str] = []
    if state in {"processing", "queued", "waiting"}:
        actions.append("pause")
    if state in {"paused", "failed"}:
        actions.append("resume")
    if job.status in ACTIVE and state != "cancelling":
        actions.append("cancel")
    if job.n_failed and job.status not in ACTIVE:
        actions.append("retry")
    if job.status not in ACTIVE:
        actions.append("delete")
    return actions


def lacks_budget(job: Job) -> bool:
    """Tell whether a job stands still because its budget is spent: it needs a higher one to go on."""
    return job.budget_usd is not None and state_of(job) == "paused" and (job.waits_for or "").startswith(OVER_BUDGET)


def _act_of(action: str, job: Job, who: Person) -> Act:
    return Act.START if action == "retry" else who.steering(job.owner)


def act(action: str, job_id: str, budget_key: str | None = None) -> None:
    """Carry an action out; what stands against it becomes one sentence. budget_key: of the field with a new budget."""
    running = services()
    entered = st.session_state.get(budget_key) if budget_key else None
    budget_usd = Decimal(str(entered)) if entered else None
    try:
        who = identified()
        who.must(_act_of(action, running.store.job(job_id), who))
        verbs: Mapping[str, Callable[[], object]] = {
            "pause": lambda: jobs.pause(running, job_id, who.name),
            "resume": lambda: jobs.resume(running, job_id, who.name, budget_usd),
            "cancel": lambda: jobs.cancel(running, job_id, who.name),
            "retry": lambda: remember(jobs.retry_failed(running, job_id, who.name, who.owner)),
            "delete": lambda: running.store.delete(job_id, who.name),
            "undelete": lambda: running.store.undelete(job_id, who.name),
        }
        verbs[action]()
    except (ClassifierError, StorageError) as error:
        st.session_state["refusal"] = str(error)


def refusal() -> None:
    """Show why the last action was not carried out, once."""
    if sentence := st.session_state.pop("refusal", None):
        st.warning(safe(told(sentence), 300))


def buttons(job: Job, key: str) -> None:
    """Draw a button for each action that is possible, but delete: that one is on the list of jobs."""
    who = person()
    actions = offered(job, who)
    why_not(job, who)
    budget_key = _new_budget(job, key) if lacks_budget(job) and "resume" in actions else None
    with st.container(horizontal=True):
        for action in actions:
            if action != "delete":
                label, icon = ACTIONS[action]
                st.button(t(label), key=f"{key}_{action}", icon=f":material/{icon}:", on_click=act,
                          args=(action, job.id, budget_key))  # fmt: skip


def why_not(job: Job, who: Person) -> None:
    """Say why a job that could be paused, resumed or cancelled has no button for it."""
    wanted = who.steering(job.owner)
    if not who.may(wanted) and {"pause", "resume", "cancel"}.intersection(possible(job)):
        st.caption(f":material/lock: {t(SENTENCES[wanted])}")


def _new_budget(job: Job, key: str) -> str:
    """Ask how much the job may spend in all; return the field's key."""
    spent, limit = float(job.cost_usd), float(job.budget_usd or 0)
    st.number_input(
        t("New budget in USD, for the whole job"), min_value=spent, value=max(spent, limit) * 2, format="%.4f",
        step=max(0.0001, limit / 2), key=f"{key}_budget", width=320,
        help=t("What is spent already counts. The job pauses again when this is spent."),
    )  # fmt: skip
    return f"{key}_budget"
