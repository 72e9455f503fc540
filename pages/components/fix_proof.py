"""Step 6: what the re-run proves, and the way to the whole comparison and to the patch for the taxonomy's owner."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from classifier.comparing.comparison import Comparison, NotComparable, compare
from classifier.comparing.pairing import Change
from classifier.metrics import Share
from classifier.repair import editing
from classifier.repair.rerunning import rerun_of
from classifier.taxonomy import Taxonomy
from pages.components.escaping import safe
from pages.components.figures import figure, share_figure
from pages.components.fix_edition import editions_view
from pages.components.fix_rerun import child_of
from pages.components.formats import number, percent
from pages.components.labels import state_label
from pages.components.tables import products
from pages.components.texts import t, tn, told
from storage import ACTIVE, Job

N_BROKEN_SHOWN = 50


def proof_step(job: Job, taxonomy: Taxonomy) -> None:
    """Draw what became of the products of the newest re-run of a job."""
    child = child_of(job)
    if child is None:
        st.info(t("Nothing was run again yet: start it in step 5."))
        return
    if child.status in ACTIVE:
        st.info(t("The job is still running: these are the figures so far."), icon=":material/hourglass:")
    try:
        found = compare(services(), job, child)
    except NotComparable as error:
        st.warning(safe(told(str(error))))
        return
    _headline(found)
    _figures(found, child)
    _broken(found, taxonomy)
    st.page_link("compare.py", label=t("The whole comparison, product by product"), icon=":material/difference:",
                 query_params={"a": job.id, "b": child.id})  # fmt: skip
    editions_view(editing.versions(services(), job.taxonomy_id))


def _headline(found: Comparison) -> None:
    table = found.table
    fixed = tn("{n} product fixed", "{n} products fixed", table.n_fixed)
    broken = tn("{n} broken", "{n} broken", table.n_broken)
    p = "–" if table.p_value is None else ("< 0.001" if table.p_value < 0.001 else number(table.p_value, 3))
    st.markdown(f"### {fixed}, {broken} (p {'' if p.startswith('<') else '= '}{p})".replace("<", r"\<"))
    st.caption(t("Exact McNemar test on the {n} labelled products that both jobs answered. The products to be fixed "
                 "were chosen because they were wrong: only the guard tells what may have broken elsewhere.",
                 n=number(table.n)))  # fmt: skip


def _figures(found: Comparison, child: Job) -> None:
    counts, about = found.counts, rerun_of(child) or {}
    n_wrong = counts[Change.FIXED] + counts[Change.STILL_WRONG]
    n_right = counts[Change.BROKEN] + counts[Change.STILL_RIGHT]
    with st.grid(4):
        share_figure(t("Fixed"), Share(counts[Change.FIXED], n_wrong), unit=t("that were wrong"))
        share_figure(t("Broken"), Share(counts[Change.BROKEN], n_right), unit=t("that were right"))
        figure(t("Still wrong"), number(counts[Change.STILL_WRONG]), t("of {n} that were wrong", n=number(n_wrong)))
        seen = about.get("power")
        figure(t("Guard"), number(n_right), t("sees a break of {share} or more with {power}", power=percent(seen, 0),
                                              share=percent(about.get("share"), 0)) if seen else "")  # fmt: skip
    if child.status not in ACTIVE and counts[Change.TAUGHT]:
        st.caption(tn("{n} product was left out: its answer was an example of the new edition.",
                      "{n} products were left out: their answers were examples of the new edition.",
                      counts[Change.TAUGHT]))  # fmt: skip
    st.caption(t("The re-run is {state}.", state=state_label(child).lower()))


def _broken(found: Comparison, taxonomy: Taxonomy) -> None:
    places = [second for _, second in found.positions(Change.BROKEN)][:N_BROKEN_SHOWN]
    if not places:
        return
    st.markdown(f"#### {t('What broke')}")
    products(services().store.items_at(found.second.id, places), taxonomy, key="fix_broken",
             alt=t("Products that were right and are wrong now"))  # fmt: skip
