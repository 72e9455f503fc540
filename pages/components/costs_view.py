"""Tokens and dollars of a job: what was paid, for what, at which price, and what is not known."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import streamlit as st

from classifier.analysis.costs import Costs
from classifier.pricing import MILLION, Price, find_price
from classifier.spec import Spec
from pages.components.charts import Bar, bars
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import number, percent, usd
from pages.components.jobs_table import cost_label, known_usd
from pages.components.labels import kind_label, n_done
from pages.components.snapshots import costs_of, spend
from pages.components.texts import t
from storage import Job

WIDTHS = {"reasoning": 100, "sound": 84}  # of the ledger's counts, where a name is long


def spent_so_far(job: Job) -> None:
    """Draw what the job has cost, and how much of its budget that is."""
    headline(job, costs_of(job))
    budget(job)


def headline(job: Job, found: Costs) -> None:
    """The sum, and what a product and a right answer cost."""
    n = n_done(job) - job.n_cancelled
    with st.grid(4):
        figure(
            t("Cost of the job"), safe(cost_label(job)), t("sum of {n} calls, good or not", n=number(job.n_attempts))
        )
        figure(t("Per product"), safe(usd(found.per_product_usd)), t("over {n} products that ended", n=number(n)))
        figure(t("Per correct product"), safe(usd(found.per_correct_usd)),
               t("at the accuracy of the labelled: {n} right of {labelled}", n=number(job.n_correct),
                 labelled=number(job.n_labelled)))  # fmt: skip
        share = t("{share} of the cost", share=percent(float(job.wasted_usd / job.cost_usd))) if job.cost_usd else ""
        figure(t("Spent on calls without a sound answer"), safe(known_usd(job, job.wasted_usd)), share)


def tokens(job: Job) -> None:
    """Tokens by kind and what was saved by asking once."""
    with st.grid(4):
        cached = percent(job.cached_input_tokens / job.input_tokens) if job.input_tokens else percent(None)
        figure(t("Input tokens"), number(job.input_tokens), t("in {n} calls", n=number(job.n_attempts)))
        figure(
            t("of them cached"),
            number(job.cached_input_tokens),
            t("{share} of the input, at a lower price", share=cached),
        )
        figure(t("Output tokens"), number(job.output_tokens), t("in {n} calls", n=number(job.n_attempts)))
        figure(t("of them for reasoning"), number(job.reasoning_tokens), t("paid as output, not part of the answer"))


def price_used(job: Job) -> None:
    """The price behind the sums, with its day."""
    spec = Spec.from_record(job.spec or {})
    price = Price.from_record(spec.prices) if spec.prices else None
    price = price or (
        find_price(job.model, (job.started_at or datetime.now(UTC)).date(), spec.base_url) if job.model else None
    )
    if price is not None:
        st.caption(
            t(
                "Price of {model} in USD per million tokens: {fresh} input, {cached} cached input, {output} output. "
                "Source: {source}, {day}.",
                model=safe(job.model),
                fresh=number(price.input_usd * MILLION, 3),
                cached=number(price.cached_input_usd * MILLION, 3),
                output=number(price.output_usd * MILLION, 3),
                source=safe(price.source),
                day=price.on.isoformat(),
            )
        )


def budget(job: Job) -> None:
    """How much of the budget is used."""
    if job.budget_usd is None:
        return
    share = float(job.cost_usd / job.budget_usd)
    st.progress(min(1.0, share), t("Budget: {budget}; {share} of it is spent.", budget=safe(usd(job.budget_usd)),
                                   share=percent(share)))  # fmt: skip


def by_kind(job: Job) -> None:
    """Where the money went: by how the calls ended."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    calls: dict[str, int] = defaultdict(int)
    for row in spend(job):
        sums[row.kind] += row.cost_usd or Decimal(0)
        calls[row.kind] += row.n_attempts
    st.subheader(t("Where did the money go?"))
    if job.n_unpriced_attempts == job.n_attempts:
        st.caption(t("Not known: no call has a price."))
        return
    st.caption(t("USD by how the call ended; {n} calls in all.", n=number(job.n_attempts)))
    rows = [Bar(kind, kind_label(kind), float(amount), t("{n} calls", n=number(calls[kind])), written=usd(amount))
            for kind, amount in sorted(sums.items(), key=lambda pair: -pair[1])]  # fmt: skip
    bars(rows, title=t("USD by how the call ended"), unit="USD", key=f"spend_{job.id}")


def ledger(job: Job) -> None:
    """Every model, day and kind of outcome."""
    st.subheader(t("Ledger"))
    st.caption(t("Input, cached, output and reasoning count tokens. Days in UTC, as the service bills them."))
    rows = [
        {
            "day": r.day, "model": r.model, "kind": kind_label(r.kind), "calls": r.n_attempts, "input": r.input_tokens,
            "cached": r.cached_input_tokens, "output": r.output_tokens, "reasoning": r.reasoning_tokens,
            "sound": r.n_sound, "wasted": t("unknown") if r.cost_usd is None else usd(r.wasted_usd),
            "usd": t("unknown") if r.cost_usd is None else usd(r.cost_usd),
        }
        for r in spend(job)
    ]  # fmt: skip
    names = {
        "sound": t("Answers"),
        "input": t("Input"),
        "cached": t("Cached"),
        "output": t("Output"),
        "reasoning": t("Reasoning"),
        "calls": t("Calls"),
    }
    counts = {
        key: st.column_config.NumberColumn(name, format="localized", width=WIDTHS.get(key, 76))
        for key, name in names.items()
    }
    if not job.reasoning_tokens:
        rows = [{key: value for key, value in row.items() if key != "reasoning"} for row in rows]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Calls, tokens and dollars by day, model and outcome"),
        column_config={
            "day": st.column_config.TextColumn(t("Day"), width=84),
            "model": st.column_config.TextColumn(t("Model"), width=150),
            "kind": st.column_config.TextColumn(t("Outcome"), width=140),
            "usd": st.column_config.TextColumn("USD", alignment="right", width=92), **counts,
            "wasted": st.column_config.TextColumn(t("Wasted"), alignment="right", width=106,
                                                  help=t("USD for products that got no sound answer from the call")),
        },
    )  # fmt: skip
