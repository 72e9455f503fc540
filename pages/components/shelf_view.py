"""Where the products of a job went: for jobs without expected categories, the only picture there is."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from classifier.metrics import told
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars
from pages.components.formats import percent
from pages.components.labels import category_label
from pages.components.snapshots import lifted, tallies
from pages.components.texts import t, tn
from storage import Job

N_BARS = 20


def shelf_view(job: Job, taxonomy: Taxonomy) -> None:
    """Draw the products by top category."""
    n: Counter[str] = Counter()
    for row in tallies(job):
        if answer := told(row):
            n[lifted(taxonomy, answer, 1)] += row.n
    total = sum(n.values())
    if not total:
        return
    st.subheader(t("Where did the products go?"))
    st.caption(tn("{n} answered product by top category.", "{n} answered products by top category.", total))
    rows = [
        Bar(key, category_label(taxonomy, key), count, percent(count / total)) for key, count in n.most_common(N_BARS)
    ]
    bars(rows, title=t("Products by top category"), unit=t("products"), key=f"shelf_{job.id}")
