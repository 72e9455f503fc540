"""What a job will take, before it starts; and the record of it that is kept with the job."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.estimate import Estimate, Workload
from classifier.job_estimate import estimate_job
from classifier.jobs import Refused
from pages.components.draft import Draft
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import duration, number, usd
from pages.components.job_form import Choices
from pages.components.texts import t, told

RIVALS = ("gpt-4.1-nano", "gpt-4o-mini", "gpt-5-nano")
N_SIDE_BY_SIDE = 3


def estimate_card(draft: Draft, choices: Choices) -> dict[str, Any] | None:
    """Draw the estimate and return it as plain values; None for the embedded engine."""
    report = draft.report
    assert report is not None
    if choices.engine == "local":
        st.caption(t("Cost: 0 USD. The embedded engine answers on this machine; nothing is sent anywhere."))
        return None
    work = Workload(report.n_accepted, draft.texts, report.n_duplicates)
    try:
        found = estimate_job(services(), choices.submission(None), work, choices.price, RIVALS)
    except Refused as error:
        st.error(safe(told(str(error)), 300))
        return None
    _draw(found[0], choices)
    _side_by_side(found[:N_SIDE_BY_SIDE])
    return _record(found[0])


def _draw(found: Estimate, choices: Choices) -> None:
    calls, tokens = found.n_calls, found.input_tokens
    is_batch = bool(choices.extra.get("provider_batch"))
    with st.grid(3):
        asked = t("{k} of {n} products are asked", k=number(found.n_asked), n=number(found.n_products))
        figure(t("Estimated cost, USD"), _short(found.cost_usd), asked)
        figure(t("Requests"), f"{number(calls[0])} – {number(calls[1])}",
               t("{low} – {high} input tokens", low=number(tokens[0]), high=number(tokens[1])))  # fmt: skip
        live = f"{duration(found.minutes[0] * 60)} – {duration(found.minutes[1] * 60)}"
        figure(t("Time"), t("within a day") if is_batch else live,
               t("{time} when live", time=live) if is_batch else t("when the service answers as usual"))  # fmt: skip
    _saved(found)
    rests = t("Low: the taxonomy is cached by the service from the second request on. High: it never is, and a fifth "
              "of the requests is repeated.")  # fmt: skip
    counted = t("Tokens counted by: {method}.", method=safe(told(found.counted_by)))
    priced = "" if found.price is None else t("Prices: {source}, {day}.", source=safe(found.price.source),
                                              day=found.price.on.isoformat())  # fmt: skip
    st.caption(f"{rests} {counted} {priced}")
    if found.thoughts[1]:
        _thoughts(found)
    if choices.budget_usd and found.cost_usd and found.cost_usd[1] > choices.budget_usd:
        st.warning(t("The budget may not be enough: the job then pauses and waits for you."))


def _thoughts(found: Estimate) -> None:
    """Say what the reasoning of a model was counted with."""
    low, high = (number(each) for each in found.thoughts)
    if found.are_thoughts_assumed:
        st.caption(t("This model reasons first, for as long as it likes: counted with {low} – {high} tokens a product, "
                     "which is assumed until a job has shown it.", low=low, high=high))  # fmt: skip
    else:
        st.caption(t("This model reasons first: counted with {low} – {high} tokens a product, around what your last "
                     "job with it took.", low=low, high=high))  # fmt: skip


def _saved(found: Estimate) -> None:
    if found.saved_usd is not None and found.cache_saved_usd is not None:
        st.caption(
            t(
                "Saved in it: {twice} by repeated and reused texts ({n} products), {cache} by the service's cache.",
                twice=safe(usd(found.saved_usd)),
                n=number(found.n_products - found.n_asked),
                cache=safe(usd(found.cache_saved_usd)),
            )
        )


def _side_by_side(found: list[Estimate]) -> None:
    """Compare models, live and through the Batch API."""
    live, batch, time = t("Live"), t("Batch API, within a day"), t("Time when live")
    rows = [
        {t("Model"): each.model, live: _range(each.live_usd), batch: _range(each.batch_usd),
         time: f"{duration(each.minutes[0] * 60)} – {duration(each.minutes[1] * 60)}"}
        for each in found
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Estimated cost and time by model"))


def _range(amounts: tuple[Decimal, Decimal] | None) -> str:
    if amounts is None:
        return t("unknown")
    low = usd(amounts[0]).removesuffix("\u00a0USD")
    return f"{low} – {usd(amounts[1])}"


def _short(amounts: tuple[Decimal, Decimal] | None) -> str:
    """Two telling digits without the currency: a card is narrow."""
    if amounts is None:
        return t("unknown")
    low, high = amounts
    digits = 2 if low >= 1 or not low else min(9, 1 - low.adjusted())
    return f"{number(float(low), digits)} – {number(float(high), digits)}"


def _record(found: Estimate) -> dict[str, Any]:
    return {
        "model": found.model, "n_asked": found.n_asked, "n_calls": list(found.n_calls),
        "input_tokens": list(found.input_tokens), "output_tokens": list(found.output_tokens),
        "cost_usd": None if found.cost_usd is None else [str(amount) for amount in found.cost_usd],
        "minutes": list(found.minutes), "counted_by": found.counted_by,
    }  # fmt: skip
