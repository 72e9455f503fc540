"""A price that nobody knows: said loudly, asked for, and what the calls come to at one that is entered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import streamlit as st

from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.later_prices import LaterCost, LaterPrice, keep_later_price, later_cost
from classifier.people import Act
from classifier.pricing import MILLION, entered_price
from pages.components.author import author
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import number, usd
from pages.components.labels import actor_label, n_done
from pages.components.person import allowed, must, person
from pages.components.texts import t
from storage import Job


def unknown_price(job: Job) -> None:
    """Say which calls have no price, and tell what they come to at one that somebody enters or has entered."""
    found = later_cost(services(), job)
    if found is None:
        return
    st.error(
        t("The price of {n} of {all} calls is not known: their cost is in no figure here. The true cost is higher.",
          n=number(job.n_unpriced_attempts), all=number(job.n_attempts)),
        title=t("Unknown price"), icon=":material/price_change:",
    )  # fmt: skip
    if found.prices:
        _at_entered(job, found)
    if found.missing and allowed(Act.EDIT):
        for model in found.missing:
            _ask(job, model)


def _at_entered(job: Job, found: LaterCost) -> None:
    """Draw what the calls come to, apart from every other figure, and the prices behind it."""
    with st.container(border=True):
        st.subheader(t("At the price entered later"))
        with st.grid(4):
            figure(t("Calls without a known price"), safe(usd(found.usd)), t("{n} calls", n=number(found.n_calls)))
            is_known = job.n_unpriced_attempts < job.n_attempts
            known = t("known: {usd}", usd=safe(usd(job.cost_usd))) if is_known else t("no call has a known price")
            figure(t("With the known cost"), safe(usd(found.total_usd)), known)
            ended = t("over {n} products that ended", n=number(n_done(job) - job.n_cancelled))
            figure(t("Per product"), safe(usd(found.per_product_usd)), ended)
            figure(t("Per correct product"), safe(usd(found.per_correct_usd)), t("at the accuracy of the labelled"))
        may_edit = person().may(Act.EDIT)
        for model, told in found.prices.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(_words(model, told), width="content")
                if may_edit:
                    st.button(t("Forget this price"), key=f"forget_price_{job.id}_{model}", type="tertiary",
                              icon=":material/close:", on_click=_forget, args=(job, model))  # fmt: skip


def _forget(job: Job, model: str) -> None:
    try:
        keep_later_price(services(), job, model, None, must(Act.EDIT).name)
    except ClassifierError as error:
        st.session_state["refusal"] = str(error)


def _words(model: str, told: LaterPrice) -> str:
    price = told.price
    return t(
        "{model}: {fresh} input, {cached} cached input, {output} output, in USD per million tokens; entered on {day} "
        "by {who}. The record keeps these calls without a price.",
        model=safe(model, 60), fresh=number(price.input_usd * MILLION, 3),
        cached=number(price.cached_input_usd * MILLION, 3), output=number(price.output_usd * MILLION, 3),
        day=price.on.isoformat(), who=safe(actor_label(told.by)),
    )  # fmt: skip


def _ask(job: Job, model: str) -> None:
    """Ask for the price of a model; it is kept for every job that asked it."""
    with st.form(f"price_{job.id}_{model}"):
        st.caption(t("What did {model} cost? Enter the price per million tokens, in USD. It holds for every job that "
                     "asked this model; for the next job, enter it when you start it: then every figure has it.",
                     model=safe(model, 60)))  # fmt: skip
        with st.grid(4):
            told = [_asked(f"price_{name}_{job.id}_{model}", label) for name, label in
                    (("input", t("Input")), ("cached", t("Cached input")), ("output", t("Output")))]  # fmt: skip
            who = author(f"price_author_{job.id}_{model}")
        fresh, cached, output = told
        if st.form_submit_button(t("Tell the cost at this price"), icon=":material/calculate:", type="primary"):
            if fresh is None or output is None:
                st.warning(t("A price of input and one of output are needed."))
                return
            price = entered_price(fresh, output, cached, datetime.now(UTC).date())
            must(Act.EDIT)
            keep_later_price(services(), job, model, price, who)
            st.rerun()


def _asked(key: str, label: str) -> Decimal | None:
    told = st.number_input(label, min_value=0.0, value=None, step=0.1, format="%.3f", key=key)
    return None if told is None else Decimal(str(told))
