"""A job at a glance: its figures, each with its base, and the one thing that stands out."""

from __future__ import annotations

import streamlit as st

from classifier.overview import Overview, Standout
from classifier.taxonomy import Taxonomy
from pages.components.error_list import show_group
from pages.components.escaping import safe
from pages.components.figures import figure, share_figure
from pages.components.formats import NOTHING, duration, number, percent, usd
from pages.components.group_names import group_phrase, group_sentence
from pages.components.texts import t
from storage import Job


def standing_out(job: Job, taxonomy: Taxonomy, found: Overview) -> None:
    """Draw the sentence that stands out, with the way to its products; or say that there is none, or not yet."""
    if found.n_surveyed is None:
        st.info(t("Looking for what stands out…"), icon=":material/manage_search:")
        return
    if found.standout is None:
        st.success(t("Nothing stands out: no group of products fails or is wrong more often than chance explains."),
                   icon=":material/check_circle:")  # fmt: skip
    else:
        _sentence(job, taxonomy, found.standout)
    if found.n_surveyed < found.n_ended:
        st.caption(t("Of the first {n} products that ended.", n=number(found.n_surveyed)))


def _sentence(job: Job, taxonomy: Taxonomy, out: Standout) -> None:
    counts = (out.k, out.n, out.k_rest, out.n_rest)
    sentence = group_sentence(safe(group_phrase(taxonomy, out.facet, out.value)), out.of, counts, out.lift)
    st.warning(sentence, title=t("What stands out"), icon=":material/priority_high:")
    if out.lift_interval:
        low, high = (number(x, 1) for x in out.lift_interval)
        st.caption(t("95% interval of the ratio: {low} to {high}; chance alone: q = {q}.", low=low, high=high,
                     q=number(out.q, 4)))  # fmt: skip
    if st.button(t("See these products"), icon=":material/arrow_forward:", key="see_standout"):
        show_group(job, out.of, out.facet, out.value)
        st.switch_page("errors.py", query_params={"job": job.id})


def shares(found: Overview) -> None:
    """Draw coverage and accuracy."""
    with st.grid(4):
        share_figure(t("Coverage"), found.coverage, t("Products that got an answer, of those that ended."),
                     t("answered"))  # fmt: skip
        share_figure(t("Accuracy"), found.accuracy, t("Right answers, of the labelled products that were answered."),
                     t("right"))  # fmt: skip
        share_figure(t("On a shelf"), found.classified, t("Products with a category, of all products of the job."),
                     t("classified"))  # fmt: skip
        share_figure(t("Failed"), found.failed, t("Products without an answer, of those that ended."), t("failed"))


def money_and_time(job: Job, found: Overview) -> None:
    """Draw the rest: sound answers without a category, cost and time."""
    ended = t("of {n} that ended", n=number(found.n_ended))
    with st.grid(4):
        figure(t("Not a product"), number(found.n_not_a_product), ended)
        figure(t("Unsure"), number(found.n_unsure), ended)
        figure(t("Time"), duration(found.duration_s), _rate(found.products_per_s))
        _cost(job, found)


def _rate(products_per_s: float | None) -> str:
    if products_per_s is None:
        return t("not under way yet")
    return t("{rate} products a second", rate=number(products_per_s, 1))


def _cost(job: Job, found: Overview) -> None:
    if job.engine == "local":
        figure(t("Cost"), t("free"), t("nothing was sent anywhere"))
        return
    if found.cost_usd is None:
        value = t("unknown") if not found.known_cost_usd else f"≥ {usd(found.known_cost_usd)}"
        figure(t("Cost"), safe(value), t("price of {n} calls unknown", n=number(found.n_unpriced_attempts)))
        return
    each, right = (NOTHING if x is None else safe(usd(x)) for x in (found.per_product_usd, found.per_correct_usd))
    note = t("{each} per product, {right} per correct product", each=each, right=right)
    figure(t("Cost"), safe(usd(found.cost_usd)), note, _budget(job))


def _budget(job: Job) -> str | None:
    if job.budget_usd is None:
        return None
    return t("Budget: {budget}; {share} of it is spent.", budget=safe(usd(job.budget_usd)),
             share=percent(float(job.cost_usd / job.budget_usd)))  # fmt: skip
