"""What went wrong in a job, as bars to click: by kind, and by the stage at which products are lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from classifier.analysis.funnel import Stage, funnel
from pages.components.charts import Bar, bars
from pages.components.clicks import is_new_click
from pages.components.figures import figure
from pages.components.formats import number, of, percent
from pages.components.labels import UNSURE, kind_label, n_done
from pages.components.snapshots import failures_by_kind, report_of, tallies
from pages.components.texts import mark, t
from storage import Job

WRONG = "wrong"
STAGE = "stage:"  # before a stage's name in the choice of what the list shows
STAGES: Mapping[str, str] = {
    "not_a_product": mark("Not a product"), "no_candidate": mark("No candidate (unsure)"),
    "declined": mark("The model declined"), "off_list": mark("Answer outside the taxonomy"),
    "unreadable": mark("Malformed or cut off"), "transport": mark("No answer from the service"),
    "other": mark("Other reasons"),
}  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """How often each kind of trouble came up, the most frequent first; and the stages of the way to a category."""

    counts: dict[str, int]
    stages: tuple[Stage, ...] = ()

    @property
    def failures(self) -> list[str]:
        """Kinds of failure, without wrong and unsure answers."""
        return [kind for kind in self.counts if kind not in {WRONG, UNSURE}]


def headline(job: Job) -> None:
    """Draw what is counted as trouble, each with its base."""
    report, n_ended = report_of(job), number(n_done(job))
    with st.grid(4):
        figure(t("Failed products"), number(job.n_failed), t("of {n} that ended: no answer", n=n_ended))
        figure(t("Wrong answers"), number(report.n_labelled_answered - report.n_correct),
               t("of {n} labelled and answered", n=number(report.n_labelled_answered)))  # fmt: skip
        figure(t("Unsure"), number(job.n_unsure), t("of {n} answered", n=number(report.n_answered)))
        figure(t("Calls with a fault"), number(job.n_failed_attempts),
               t("of {n} calls; each was tried again or told why", n=number(job.n_attempts)))  # fmt: skip


def trouble_of(job: Job) -> Trouble:
    """Count failures by kind, wrong answers and unsure ones."""
    report = report_of(job)
    counts = failures_by_kind(job)
    counts[WRONG] = report.n_labelled_answered - report.n_correct
    counts[UNSURE] = job.n_unsure
    told = {kind: n for kind, n in sorted(counts.items(), key=lambda pair: -pair[1]) if n}
    return Trouble(told, tuple(funnel(tallies(job))))


def trouble_chart(job: Job, trouble: Trouble) -> str | None:
    """Draw what went wrong and return the kind clicked just now."""
    st.subheader(t("What went wrong?"))
    st.caption(t("Of {n} products of this job. An unsure answer with an expected category is counted as wrong too. "
                 "Click a bar to see only its products.", n=number(job.n_items)))  # fmt: skip
    rows = [Bar(kind, kind_label(kind), n, percent(n / job.n_items)) for kind, n in trouble.counts.items()]
    return _new(rows, t("Products by kind of trouble"), f"trouble_{job.id}")


def stage_chart(job: Job, trouble: Trouble) -> str | None:
    """Draw at which stage products are lost on the way to a category, and return the stage clicked just now."""
    st.subheader(t("At which stage are products lost?"))
    n_all = trouble.stages[0].n_all if trouble.stages else 0
    n_left = trouble.stages[-1].n_left if trouble.stages else 0
    st.caption(t("{k} of {n} products that ended came through to a category. “Not a product” and “unsure” are sound "
                 "answers, not failures.", k=number(n_left), n=number(n_all)))  # fmt: skip
    rows = [Bar(STAGE + stage.name, t(STAGES[stage.name]), stage.n, _note(stage)) for stage in trouble.stages]
    return _new(rows, t("Products lost by stage"), f"stages_{job.id}")


def _new(rows: list[Bar], title: str, key: str) -> str | None:
    clicked = bars(rows, title=title, unit=t("products"), key=key)
    return clicked if is_new_click(key, clicked) else None


def _note(stage: Stage) -> str:
    kinds = ", ".join(f"{kind_label(kind)}: {number(n)}" for kind, n in stage.kinds)
    return f"{of(stage.share)} · {kinds}" if kinds and stage.is_failure else of(stage.share)
