"""A job while it runs: how far, how fast, what it costs, what it waits for."""

from __future__ import annotations

from datetime import UTC, datetime
from math import floor

import pandas as pd
import streamlit as st

from classifier.analysis.costs import projected_end
from classifier.bootstrap import services
from classifier.standstill import why_waiting
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import NOTHING, duration, moment, number, percent, usd
from pages.components.jobs_table import cost_label
from pages.components.labels import actor_label, event_label, kind_label, n_done, state_label
from pages.components.pace import pace_of
from pages.components.snapshots import failures_by_kind
from pages.components.texts import t, tn, told
from storage import ACTIVE, Job


def progress_view(job: Job) -> None:
    """Draw what changes while a job runs; cheap enough for every second."""
    n, share = n_done(job), n_done(job) / job.n_items if job.n_items else 0.0
    st.progress(min(1.0, share), t("{state}: {k} of {n} products ({share})", state=state_label(job), k=number(n),
                                   n=number(job.n_items), share=percent(floor(share * 100) / 100, 0)))  # fmt: skip
    _standing(job)
    with st.grid(4):
        _time(job, n)
        _answers(job, n)
        figure(t("Failed products"), number(job.n_failed), t("of {n} that ended", n=number(n)))
        _money(job)
    _failures(job)


def _standing(job: Job) -> None:
    if job.error_message:
        st.error(safe(told(job.error_message), 500), title=t("The job has stopped; what is done is kept"))
    elif job.status in ACTIVE and (reason := why_waiting(services(), job)):
        until = t(" Next attempt about {at}.", at=moment(job.waits_until_at)) if job.waits_until_at else ""
        st.warning(safe(told(reason), 500) + until, icon=":material/hourglass_top:")


def _time(job: Job, n: int) -> None:
    if job.status in ACTIVE:
        pace = pace_of(job)
        left = NOTHING if pace.remaining_s is None else _range(pace.remaining_s)
        rate = t("{rate} products a second", rate=number(pace.rate, 1)) if pace.rate else t("not under way yet")
        figure(t("Time left"), left, " · ".join([rate, *_in_work(job)]))
        return
    taken_s = (job.completed_at - job.started_at).total_seconds() if job.completed_at and job.started_at else None
    rate = t("{rate} products a second", rate=number(n / taken_s, 1)) if taken_s and n else ""
    figure(t("Time taken"), duration(taken_s), rate)


def _in_work(job: Job) -> list[str]:
    n, n_workers = services().store.in_work(job.id)
    return [t("{n} in work by {workers}", n=number(n), workers=tn("{n} worker", "{n} workers", n_workers))] if n else []


def _range(remaining_s: tuple[float, float]) -> str:
    if remaining_s[1] < 2:
        return t("a moment")
    return "–".join(dict.fromkeys(duration(max(1, round(s))) for s in remaining_s))


def _answers(job: Job, n: int) -> None:
    parts = [t("{n} not a product", n=number(job.n_not_a_product)), t("{n} unsure", n=number(job.n_unsure))]
    if job.n_cancelled:
        parts.append(t("{n} cancelled", n=number(job.n_cancelled)))
    figure(t("On a shelf"), number(job.n_classified), " · ".join([t("of {n} that ended", n=number(n)), *parts]))


def _money(job: Job) -> None:
    label = t("Cost so far") if job.status in ACTIVE else t("Cost")
    if job.engine == "local":
        figure(label, t("free"), t("nothing was sent anywhere"))
        return
    note = t("{n} calls, {failed} of them with a fault", n=number(job.n_attempts), failed=number(job.n_failed_attempts))
    if job.status in ACTIVE and (end := projected_end(services(), job)) is not None:
        note = t("about {cost} at the end", cost=safe(usd(end.cost_usd)))
        if end.low_usd is not None and end.high_usd is not None:
            note = t("{low} to {high} at the end", low=safe(usd(end.low_usd)), high=safe(usd(end.high_usd)))
        note += " · " + t("{failed} of {n} calls with a fault", n=number(job.n_attempts),
                          failed=number(job.n_failed_attempts))  # fmt: skip
    figure(label, safe(cost_label(job)), note)


def _failures(job: Job) -> None:
    kinds = failures_by_kind(job)
    if kinds:
        told_kinds = " · ".join(f"{safe(kind_label(kind))}: {number(n)}" for kind, n in kinds.items())
        st.caption(t("Failed products by kind: {kinds}", kinds=told_kinds))


def history(job: Job) -> None:
    """Draw the job's history."""
    rows = [
        {"at": moment(e.at), "what": event_label(e.kind), "why": told(e.cause),
         "who": actor_label(e.actor)}
        for e in services().store.events(job.id)
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("What happened to the job, oldest first"), column_config={
            "at": st.column_config.TextColumn(t("When"), width=170),
            "what": st.column_config.TextColumn(t("What"), width=130),
            "why": st.column_config.TextColumn(t("Why"), width="large"),
            "who": st.column_config.TextColumn(t("Who"), width=160),
        },
    )  # fmt: skip


def is_over(job: Job) -> bool:
    """Tell whether a job has ended or stands still until somebody acts."""
    return job.status not in ACTIVE or (job.pause_requested_at is not None and job.cancel_requested_at is None
                                        and _long_ago(job.pause_requested_at))  # fmt: skip


def _long_ago(at: datetime) -> bool:
    return (datetime.now(UTC) - at).total_seconds() > 300
