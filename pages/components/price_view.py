"""A price that nobody knows: said loudly, and asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import streamlit as st

from classifier.analysis.costs import at_price
from classifier.pricing import entered_price
from pages.components.escaping import safe
from pages.components.formats import number, usd
from pages.components.snapshots import spend
from pages.components.texts import t
from storage import Job


def unknown_price(job: Job) -> None:
    """Say which calls have no price, and tell what they come to at one that the analyst enters."""
    st.error(
        t("The price of {n} of {all} calls is not known: their cost is in no figure here. The true cost is higher.",
          n=number(job.n_unpriced_attempts), all=number(job.n_attempts)),
        title=t("Unknown price"), icon=":material/price_change:",
    )  # fmt: skip
    rows = [row for row in spend(job) if row.n_unpriced]
    models = ", ".join(safe(model, 60) for model in sorted({row.model for row in rows}))
    with st.container(border=True):
        st.caption(t("What would {models} cost? Enter the price per million tokens, in USD. For the next job, enter it "
                     "when you start it: then every figure here has it.", models=models))  # fmt: skip
        with st.grid(4):
            fresh = _asked("input", t("Input"), job)
            cached = _asked("cached", t("Cached input"), job)
            output = _asked("output", t("Output"), job)
            if fresh is not None and output is not None:
                price = entered_price(fresh, output, cached, datetime.now(UTC).date())
                st.metric(t("At this price"), safe(usd(at_price(rows, price))))


def _asked(name: str, label: str, job: Job) -> Decimal | None:
    told = st.number_input(label, min_value=0.0, value=None, step=0.1, format="%.3f",
                                         key=f"price_{name}_{job.id}")  # fmt: skip
    return None if told is None else Decimal(str(told))
