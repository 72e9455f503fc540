"""What a paid job may be told beyond its model: batch, stronger model, reuse, and settings for those who know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from classifier.bootstrap import services
from classifier.engines.options import OpenAIOptions, chosen
from classifier.pricing import Price, entered_price, find_price
from pages.components.escaping import safe
from pages.components.texts import t

TIERS = ("flex", "priority")
EFFORTS = ("minimal", "low", "medium", "high")


@dataclass(frozen=True)
class PaidChoices:
    """options: the engine's settings. stronger_prices: entered, for a stronger model without a known price."""

    options: dict[str, Any]
    batch_size: int
    reuse: bool
    stronger_prices: dict[str, str] | None


def paid_choices(model: str, models: Sequence[str]) -> PaidChoices:
    """Draw the choices for a model."""
    with st.container(horizontal=True, gap="medium"):
        batch = st.toggle(
            t("Batch API: half price"), key="job_provider_batch",
            help=t("Through the provider's Batch API, within a day: the job hands its requests over in files and "
                   "waits; a restart finds them again."),
        )  # fmt: skip
        reuse = st.toggle(
            t("Reuse earlier answers"), value=True, key="job_reuse",
            help=t("The same text under the same taxonomy, model and prompt costs nothing. Reused answers are marked."),
        )  # fmt: skip
    first, second = st.columns(2, gap="large", vertical_alignment="bottom")
    stronger = first.selectbox(
        t("Stronger model for what this one cannot answer (optional)"), [m for m in models if m != model], index=None,
        accept_new_options=True, key="job_stronger", placeholder=t("None"),
        help=t("Products whose answers stay unusable are asked once more there, one by one."),
    )  # fmt: skip
    size = second.number_input(
        t("Products per request"), 1, 200, OpenAIOptions().batch_size, key="job_batch",
        help=t("Every request brings the whole taxonomy: more products in it cost less each, fewer are safer."),
    )  # fmt: skip
    prices = _stronger_prices(stronger) if stronger else None
    with st.expander(t("Settings for those who know them"), icon=":material/tune:"):
        more = _more(batch)
    return PaidChoices(chosen(provider_batch=batch, stronger_model=stronger, **more), int(size), reuse, prices)


def enter_price(key: str, model: str) -> Price | None:
    """Say loudly that a price is not known, and let it be entered."""
    st.error(t("No price is known for this model ({model}): what it costs cannot be estimated or summed up. Enter its "
               "price, or start without one; then the cost stays unknown.", model=safe(model)),
             icon=":material/price_change:")  # fmt: skip
    labels = (t("USD per million input tokens"), t("cached input"), t("output"))
    told = [
        column.number_input(label, 0.0, value=None, step=0.01, format="%.4f", key=f"{key}_{name}")
        for column, label, name in zip(
            st.columns(3, vertical_alignment="bottom"), labels, ("input", "cached", "output"), strict=True
        )
    ]
    fresh, cached, output = (None if amount is None else Decimal(str(amount)) for amount in told)
    if fresh is None or output is None:
        return None
    return entered_price(fresh, output, cached, datetime.now(UTC).date())


def _stronger_prices(model: str) -> dict[str, str] | None:
    if find_price(model, datetime.now(UTC).date(), services().builder.base_url()) is not None:
        return None
    price = enter_price("stronger_price", model)
    return price.to_record() if price else None


def _more(batch: bool) -> dict[str, Any]:
    first, second = st.columns(2)
    temperature = first.number_input(t("Temperature"), 0.0, 2.0, value=None, step=0.1, key="job_temperature",
                                     placeholder=t("The service's own"))  # fmt: skip
    seed = second.number_input(t("Seed"), value=None, step=1, key="job_seed", placeholder=t("None"))
    effort = first.selectbox(t("Reasoning effort"), EFFORTS, index=None, key="job_effort",
                             placeholder=t("The service's own"))  # fmt: skip
    tier = second.selectbox(t("Service tier"), TIERS, index=None, key="job_tier", placeholder=t("The service's own"),
                            disabled=batch, help=t("Not together with the Batch API."))  # fmt: skip
    return {"temperature": temperature, "seed": seed, "reasoning_effort": effort,
            "service_tier": None if batch else tier}  # fmt: skip
