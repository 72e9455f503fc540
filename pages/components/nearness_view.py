"""How wrong the wrong answers are: the right parent but the wrong leaf, too general, or another branch."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from classifier.analysis.hierarchy import Nearness
from classifier.metrics import Share
from pages.components.charts import Bar, bars
from pages.components.formats import interval, number, of
from pages.components.snapshots import nearness_of
from pages.components.texts import mark, t
from storage import Job

LABELS: Mapping[Nearness, str] = {
    Nearness.RIGHT: mark("Right"), Nearness.SIBLING: mark("Right parent, wrong leaf"),
    Nearness.TOO_GENERAL: mark("Too general"), Nearness.TOO_SPECIFIC: mark("Too specific"),
    Nearness.SAME_BRANCH: mark("Elsewhere in the right branch"), Nearness.WRONG_BRANCH: mark("Wrong branch"),
    Nearness.NO_CATEGORY: mark("Unsure, or not a product"),
}  # fmt: skip


def nearness_view(job: Job) -> None:
    """Draw labelled, answered products by how near the answer is; the others are counted beside them."""
    counts = nearness_of(job)
    n = sum(counts.get(kind, 0) for kind in LABELS)
    st.subheader(t("How near is a wrong answer?"))
    st.caption(t("Of {n} labelled products that were answered. Beside them: {failed} failed, {open} without an "
                 "expected category.", n=number(n), failed=number(counts.get(Nearness.FAILED, 0)),
                 open=number(counts.get(Nearness.UNLABELLED, 0))))  # fmt: skip
    rows = [_bar(kind, Share(counts.get(kind, 0), n)) for kind in LABELS if n]
    bars(rows, title=t("Answers by nearness"), unit=t("share"), key=f"nearness_{job.id}", percent=True)


def _bar(kind: Nearness, share: Share) -> Bar:
    return Bar(kind.name, t(LABELS[kind]), share.value or 0.0, interval(share), share.interval, counts=of(share))
