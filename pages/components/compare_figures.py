"""What a comparison comes to: the verdict in a sentence, the figures behind it, the flow, category by category."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import pandas as pd
import streamlit as st

from classifier.analysis.hierarchy import below
from classifier.comparing.comparison import Comparison, spending
from classifier.comparing.comparison_record import change_of, telling_branch, time_change_of
from classifier.comparing.paired import Outcome
from classifier.comparing.pairing import Change
from pages.components.charts import Bar, bars
from pages.components.escaping import safe
from pages.components.figures import figure, share_figure
from pages.components.formats import number, percent, rounded, usd
from pages.components.labels import category_label
from pages.components.tables import selected_row
from pages.components.texts import mark, t, tn

NAMES = {
    Change.FIXED: mark("Fixed"), Change.BROKEN: mark("Newly broken"), Change.STILL_WRONG: mark("Still failing"),
    Change.STILL_RIGHT: mark("Still right"), Change.CHANGED: mark("Changed, without a label"),
    Change.SAME: mark("Same answer, without a label"), Change.TAUGHT: mark("Taught beforehand"),
    Change.MISSING: mark("Not in the second job"),
}  # fmt: skip
NOTES = {
    Change.FIXED: mark("wrong or failed before, right now"), Change.BROKEN: mark("right before, wrong or failed now"),
    Change.STILL_WRONG: mark("not right in either"), Change.STILL_RIGHT: mark("right in both"),
    Change.CHANGED: mark("another answer; nobody has said which is right"),
    Change.SAME: mark("the same answer; nobody has said whether it is right"),
    Change.TAUGHT: mark("its label was an example for one of the jobs: it proves nothing"),
    Change.MISSING: mark("it has no result there; never counted as passing"),
}  # fmt: skip


TELLING_S = 30.0  # below, the time of a job is that of starting it


def verdict(found: Comparison) -> None:
    """Say in a sentence what the labelled products prove, and what it costs."""
    table, judged = found.table, found.verdict
    counts = t("{fixed} fixed, {broken} broken", fixed=number(table.n_fixed), broken=number(table.n_broken))
    if table.p_value is not None:
        counts += f", p {_p(table.p_value)}"
    more = [part for part in (_branch(found), _money(found), _time(found)) if part]
    tail = "".join(f"; {part}" for part in more) + "."
    if judged.outcome is Outcome.BETTER:
        st.success(t("**Better**: {counts}", counts=counts) + tail, icon=":material/trending_up:")
    elif judged.outcome is Outcome.WORSE:
        st.error(t("**Worse**: {counts}", counts=counts) + tail, icon=":material/trending_down:")
    elif judged.outcome is Outcome.UNCHANGED:
        st.info(t("**Nothing changed**: all {n} labelled products ended as before", n=number(table.n)) + tail,
                icon=":material/trending_flat:")  # fmt: skip
    elif judged.outcome is Outcome.NO_DIFFERENCE:
        st.info(t("**No difference shown**: {counts} of {n} labelled", counts=counts, n=number(table.n)) + tail,
                icon=":material/trending_flat:")  # fmt: skip
    else:
        st.warning(_not_enough(found, counts), icon=":material/rule:")


def _not_enough(found: Comparison, counts: str) -> str:
    told = t("**Not enough labelled products to tell** ({counts} of {n} labelled).", counts=counts,
             n=number(found.table.n))  # fmt: skip
    if found.verdict.n_to_review is None:
        return told
    review = tn("Review at least {n} more of those that changed: choose “Changed, without a label” below.",
                "Review at least {n} more of those that changed: choose “Changed, without a label” below.",
                found.verdict.n_to_review)  # fmt: skip
    return f"{told} {review}"


def _branch(found: Comparison) -> str:
    row = telling_branch(found)
    if row is None:
        return ""
    return t("{category} {before} → {after}", category=safe(category_label(found.taxonomy, row.notation)),
             before=percent(row.table.before.value, 0), after=percent(row.table.after.value, 0))  # fmt: skip


def _money(found: Comparison) -> str:
    change = change_of(spending(found.first), spending(found.second))
    if change is None or abs(change) < 0.005:
        return ""
    share = percent(abs(change), 0)
    return t("costs {share} more a product", share=share) if change > 0 else t("costs {share} less a product",
                                                                               share=share)  # fmt: skip


def _time(found: Comparison) -> str:
    one, other = spending(found.first), spending(found.second)
    change = time_change_of(one, other)
    longest_s = max(one.seconds or 0.0, other.seconds or 0.0) * found.n_paired
    if change is None or abs(change) < 0.1 or longest_s < TELLING_S:
        return ""
    share = percent(abs(change), 0)
    return t("takes {share} longer", share=share) if change > 0 else t("takes {share} less time", share=share)


def _p(p: float) -> str:
    return f"< {number(0.001, 3)}" if p < 0.001 else f"= {number(p, 3)}"


def figures(found: Comparison) -> None:
    """Draw the figures that the verdict stands on."""
    table = found.table
    before, after = spending(found.first), spending(found.second)
    with st.grid(4):
        share_figure(t("Right before"), table.before, unit=t("labelled in both"))
        share_figure(t("Right after"), table.after, unit=t("labelled in both"))
        low, high = table.interval or (None, None)
        figure(t("Difference in points"), "–" if table.difference is None else _points(table.difference),
               t("95% interval {low} to {high}", low=_points(low), high=_points(high)),
               t("Of the labelled products in both jobs; given how many changed sides (Clopper-Pearson)."))  # fmt: skip
        figure(t("USD for 1,000 products"), _usd(after.cost_usd),
               t("before: {before} · {n} products in both jobs, {same} with the same answer",
                 before=_usd(before.cost_usd), n=number(found.n_paired), same=number(found.n_same_answer)))  # fmt: skip


def _points(share: float | None) -> str:
    return "–" if share is None else ("+" if share > 0 else "") + number(100 * share, 1)


def _usd(each: Decimal | None) -> str:
    if each is None:
        return t("unknown")
    return usd(each * 1_000) if each else t("free")


def flow(found: Comparison) -> Change | None:
    """Draw what became of the first job's products and return the bar that was clicked."""
    st.subheader(t("What became of each product?"))
    rows = [Bar(change.name, t(NAMES[change]), n, t(NOTES[change])) for change, n in found.counts.items() if n]
    clicked = bars(rows, title=t("What became of the products of the first job"), unit=t("products"),
                   key=f"flow_{found.first.id}_{found.second.id}")  # fmt: skip
    if found.pairs.n_only_second:
        st.caption(tn("{n} product is only in the second job and is not compared.",
                      "{n} products are only in the second job and are not compared.",
                      found.pairs.n_only_second))  # fmt: skip
    return None if clicked is None else Change[clicked]


def categories(found: Comparison) -> Collection[str] | None:
    """Draw the labelled products by branch or category and return the notations of the chosen row."""
    st.subheader(t("Where did it change?"))
    levels = {"branches": t("Branches"), "categories": t("Categories")}
    level = st.segmented_control(t("Compared at"), list(levels), default="branches", required=True,
                                 key="compare_level", format_func=levels.__getitem__)  # fmt: skip
    rows = found.branches if level == "branches" else found.categories
    if not rows:
        st.caption(t("No product of both jobs carries a label."))
        return None
    event = st.dataframe(
        pd.DataFrame([
            {"category": category_label(found.taxonomy, row.notation), "before": rounded(row.table.before.value),
             "after": rounded(row.table.after.value), "fixed": row.table.n_fixed, "broken": row.table.n_broken,
             "n": row.table.n, "q": row.q}
            for row in rows
        ]),
        hide_index=True, placeholder="–", key=f"compare_{level}", on_select="rerun", selection_mode="single-row",
        alt=t("Labelled products by category in both jobs"), column_config={
            "category": st.column_config.TextColumn(t("Category"), width=220),
            "n": st.column_config.NumberColumn(t("Labelled"), width=100, format="localized"),
            "fixed": st.column_config.NumberColumn(t("Fixed"), width=92, format="localized"),
            "broken": st.column_config.NumberColumn(t("Broken"), width=100, format="localized"),
            "before": st.column_config.NumberColumn(t("Before"), width=80, format="percent"),
            "after": st.column_config.NumberColumn(t("After"), width=80, format="percent"),
            "q": st.column_config.NumberColumn("q", width=60, format="%.3f", help=t(
                "p of the exact McNemar test, corrected for the number of categories (Benjamini and Hochberg)")),
        },
    )  # fmt: skip
    row = selected_row(event)
    if row is None or row >= len(rows):
        return None
    notation = rows[row].notation
    return below(found.taxonomy, notation) if level == "branches" else [notation]
