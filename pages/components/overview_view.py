"""A job at a glance: its figures, each with its base, and the one thing that stands out."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.overview import Overview, Standout, overview
from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.error_list import link_to
from pages.components.escaping import safe
from pages.components.figures import figure, share_figure
from pages.components.formats import NOTHING, duration, number, percent, probability, usd
from pages.components.group_names import group_phrase, group_sentence
from pages.components.texts import t, tn
from storage import Job

AWAIT_S = 2.0


def standing_out(job: Job, taxonomy: Taxonomy, found: Overview) -> None:
    """Draw the sentence that stands out, with the way to its products; or say that there is none, or not yet."""
    if found.n_surveyed is None:
        st.info(t("Looking for what stands out…"), icon=":material/manage_search:")
        return
    if found.standout is None and found.is_bad_everywhere:
        st.warning(
            t("Most of it went wrong, and everywhere: {failed} of {n} products failed, {wrong} of {labelled} labelled "
              "answers are wrong. Look at the engine, the taxonomy and the expected categories first.",
              failed=number(found.n_failed), n=number(found.n_ended), labelled=number(found.accuracy.n),
              wrong=number(found.accuracy.n - found.accuracy.k)), icon=":material/priority_high:",
        )  # fmt: skip
    elif found.standout is None:
        st.success(t("Nothing stands out: no group of products fails or is wrong more often than chance explains."),
                   icon=":material/check_circle:")  # fmt: skip
    else:
        _sentence(job, taxonomy, found.standout)
    if found.n_surveyed < found.n_ended:
        st.caption(t("Of the first {n} products that ended.", n=number(found.n_surveyed)))


def await_survey(job: Job, found: Overview) -> None:
    """Draw the page anew when an ended job's survey is there; it takes a moment after the job's end."""
    if found.is_active or not found.n_ended or _is_surveyed(found):
        return

    @st.fragment(run_every=AWAIT_S)
    def _look() -> None:
        if _is_surveyed(overview(services(), services().store.job(job.id))):
            st.rerun()

    _look()


def _is_surveyed(found: Overview) -> bool:
    return found.n_surveyed is not None and found.n_surveyed >= found.n_ended


def _sentence(job: Job, taxonomy: Taxonomy, out: Standout) -> None:
    counts = (out.k, out.n, out.k_rest, out.n_rest)
    sentence = group_sentence(safe(group_phrase(taxonomy, out.facet, out.value)), out.of, counts, out.lift)
    with st.container(border=True, gap="small"):
        st.caption(f":material/priority_high: {t('What stands out')}")
        st.markdown(f"### {sentence}")
        st.caption(_chance(out))
        with st.container(horizontal=True):
            st.page_link("errors.py", label=t("See these products"), icon=":material/arrow_forward:",
                         query_params=link_to(job, out.of, out.facet, out.value))  # fmt: skip
            st.page_link("fix.py", label=t("Find the cause and fix it"), icon=":material/build:",
                         query_params={"job": job.id})  # fmt: skip


def _chance(out: Standout) -> str:
    told = t("Fisher's exact test: p {p}; q {q} after correction for all groups that were compared.",
             p=probability(out.p), q=probability(out.q))  # fmt: skip
    if out.lift_interval is None:
        return told
    low, high = (number(x, 1) for x in out.lift_interval)
    return t("95% interval of the ratio: {low} to {high}.", low=low, high=high) + " " + told


def shares(job: Job, found: Overview) -> None:
    """Draw accuracy and coverage first: how good, of how many; then what failed and what it cost."""
    with st.grid(4):
        if found.accuracy.n:
            explanation = t("Right answers, of the labelled products that were answered.")
            share_figure(t("Accuracy"), found.accuracy, explanation, t("right"))  # fmt: skip
        else:
            figure(t("Accuracy"), NOTHING, tn("not known: the {n} answered product is not labelled",
                                              "not known: none of {n} answered products is labelled",
                                              found.coverage.k))  # fmt: skip
        share_figure(t("Coverage"), found.coverage, t("Products that got an answer, of those that ended."),
                     t("answered"))  # fmt: skip
        share_figure(t("Failed"), found.failed, t("Products without an answer, of those that ended."), t("failed"))
        _cost(job, found)


def money_and_time(found: Overview) -> None:
    """Draw the rest: categories found, sound answers without one, and time."""
    ended = t("of {n} that ended", n=number(found.n_ended))
    with st.grid(4):
        share_figure(t("On a shelf"), found.classified, t("Products with a category, of all products of the job."),
                     t("classified"))  # fmt: skip
        figure(t("Not a product"), number(found.n_not_a_product), ended)
        figure(t("Unsure"), number(found.n_unsure), ended)
        figure(t("Time"), duration(found.duration_s), _rate(found))


def _rate(found: Overview) -> str:
    if found.products_per_s is None:
        return t("not under way yet") if found.is_active else ""
    return t("{rate} products a second", rate=number(found.products_per_s, 1))


def _cost(job: Job, found: Overview) -> None:
    if job.engine == "local":
        figure(t("Cost"), t("free"), t("nothing was sent anywhere"))
        return
    if found.cost_usd is None:
        value = t("unknown") if not found.known_cost_usd else f"≥ {usd(found.known_cost_usd)}"
        figure(t("Cost"), safe(value), _unpriced(found))
        return
    each = NOTHING if found.per_product_usd is None else safe(usd(found.per_product_usd))
    note = t("{each} per product", each=each)
    if found.per_correct_usd is not None:
        note = t("{each} per product, {right} per correct product", each=each, right=safe(usd(found.per_correct_usd)))
    figure(t("Cost"), safe(usd(found.cost_usd)), note, _budget(job))


def _unpriced(found: Overview) -> str:
    told = t("price of {n} calls unknown", n=number(found.n_unpriced_attempts))
    if found.later_cost is None or not found.later_cost.prices:
        return told
    day = max(kept.price.on for kept in found.later_cost.prices.values())
    return told + "; " + t("at the price entered on {day} they come to {usd}", day=day.isoformat(),
                           usd=safe(usd(found.later_cost.usd)))  # fmt: skip


def _budget(job: Job) -> str | None:
    if job.budget_usd is None:
        return None
    return t("Budget: {budget}; {share} of it is spent.", budget=safe(usd(job.budget_usd)),
             share=percent(float(job.cost_usd / job.budget_usd)))  # fmt: skip
