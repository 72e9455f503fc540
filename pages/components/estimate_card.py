"""What a job will take, before it starts; and the record of it that is kept with the job."""

from __future__ import annotations

from typing import Any

import streamlit as st

from classifier.bootstrap import services
from classifier.engines.options import OpenAIOptions
from classifier.estimate import Estimate, Workload, estimate
from pages.components.draft import Draft
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import duration, number, usd
from pages.components.job_form import Choices
from pages.components.texts import t, told


def estimate_card(draft: Draft, choices: Choices) -> dict[str, Any] | None:
    """Draw the estimate and return it as plain values; None for the embedded engine."""
    report = draft.report
    assert report is not None
    if choices.engine == "local":
        st.caption(t("Cost: 0 USD. The embedded engine answers on this machine; nothing is sent anywhere."))
        return None
    options = OpenAIOptions(model=choices.model or "?", language=choices.language, batch_size=choices.batch_size)
    work = Workload(report.n_accepted, draft.texts, report.n_duplicates)
    found = estimate(services().builder.taxonomy(choices.taxonomy_id), options, work, choices.price)
    _draw(found, choices)
    return _record(found)


def _draw(found: Estimate, choices: Choices) -> None:
    calls, tokens = found.n_calls, found.input_tokens
    with st.grid(3):
        cost = t("unknown") if found.cost_usd is None else f"{usd(found.cost_usd[0])} – {usd(found.cost_usd[1])}"
        asked = t("{k} of {n} products are asked", k=number(found.n_asked), n=number(found.n_products))
        figure(t("Estimated cost"), cost.replace("$", r"\$"), asked)
        figure(t("Requests"), f"{number(calls[0])} – {number(calls[1])}",
               t("{low} – {high} input tokens", low=number(tokens[0]), high=number(tokens[1])))  # fmt: skip
        figure(t("Time"), f"{duration(found.minutes[0] * 60)} – {duration(found.minutes[1] * 60)}",
               t("when the service answers as usual"))  # fmt: skip
    rests = t("Low: the taxonomy is cached by the service from the second request on. High: it never is, and a fifth "
              "of the requests is repeated.")  # fmt: skip
    counted = t("Tokens counted by: {method}.", method=safe(told(found.counted_by)))
    priced = "" if found.price is None else t("Prices: {source}, {day}.", source=safe(found.price.source),
                                              day=found.price.on.isoformat())  # fmt: skip
    st.caption(f"{rests} {counted} {priced}")
    if choices.budget_usd and found.cost_usd and found.cost_usd[1] > choices.budget_usd:
        st.warning(t("The budget may not be enough: the job then pauses and waits for you."))


def _record(found: Estimate) -> dict[str, Any]:
    return {
        "model": found.model, "n_asked": found.n_asked, "n_calls": list(found.n_calls),
        "input_tokens": list(found.input_tokens), "output_tokens": list(found.output_tokens),
        "cost_usd": None if found.cost_usd is None else [str(amount) for amount in found.cost_usd],
        "minutes": list(found.minutes), "counted_by": found.counted_by,
    }  # fmt: skip
