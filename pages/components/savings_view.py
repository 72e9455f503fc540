"""Money beyond the sum: what was saved, estimate against truth, categories, the curve, what is to come."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.costs import Costs
from classifier.analysis.projection import Projection
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars, draw
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import number, usd, zone
from pages.components.labels import category_label
from pages.components.texts import t
from storage import Job

N_BARS, THOUSAND = 12, 1_000


def savings(found: Costs) -> None:
    """Draw what reuse, repeats and caching saved, and the estimate beside what it came to."""
    with st.grid(4):
        figure(t("Saved by reuse"), safe(usd(found.saved_by_reuse_usd)),
               t("{n} products answered by earlier jobs", n=number(found.n_reused)))  # fmt: skip
        figure(t("Saved by repeats"), safe(usd(found.saved_by_repeats_usd)),
               t("{n} products that repeat a text", n=number(found.n_repeated)))  # fmt: skip
        figure(t("Saved by prompt caching"), safe(usd(found.saved_by_caching_usd)),
               t("{n} cached input tokens", n=number(found.cached_input_tokens)))  # fmt: skip
        _against_estimate(found)


def _against_estimate(found: Costs) -> None:
    if found.estimate_usd is None:
        figure(t("Against the estimate"), usd(None), t("no estimate was made with a known price"))
        return
    low, high = found.estimate_usd
    verdict = t("not complete")
    if not found.is_running and found.is_complete:
        verdict = t("above it") if found.cost_usd > high else t("below it") if found.cost_usd < low else t("within it")
    note = t("{low} – {high} estimated, {cost} in truth", low=safe(usd(low)), high=safe(usd(high)),
             cost=safe(usd(found.cost_usd)))  # fmt: skip
    figure(t("Against the estimate"), verdict, note)


def categories(job: Job, taxonomy: Taxonomy, found: Costs) -> None:
    """Draw the categories that cost most."""
    shown = [c for c in found.categories if c.cost_usd][:N_BARS]
    if not shown:
        return
    st.subheader(t("What did each category cost?"))
    st.caption(t("By expected category, else by answer; the {k} most expensive of {n}.", k=number(len(shown)),
                 n=number(len(found.categories))))  # fmt: skip
    rows = [
        Bar(c.notation, category_label(taxonomy, c.notation) if c.notation else t("no category (failed, no label)"),
            float(c.cost_usd), t("{n} products, {each} each", n=number(c.n), each=usd(c.per_product_usd)),
            written=usd(c.cost_usd))
        for c in shown
    ]  # fmt: skip
    bars(rows, title=t("USD by category"), unit="USD", key=f"category_costs_{job.id}")


def curve(job: Job, found: Costs) -> None:
    """Draw the cost as it grew."""
    st.subheader(t("How did the cost grow?"))
    if found.n_unpriced_attempts == found.n_attempts:
        st.caption(t("Not known: no call has a price."))
        return
    if len(found.curve) < 2:
        st.caption(t("The job was too short for a curve."))
        return
    wasted = found.wasted_usd
    st.caption(t("USD from the first call to the last; {wasted} of {cost} bought no sound answer.",
                 wasted=safe(usd(wasted)), cost=safe(usd(found.cost_usd))))  # fmt: skip
    x = [point.at.astimezone(zone()).replace(tzinfo=None).isoformat() for point in found.curve]
    written = [[number(p.n_ended), usd(p.cost_usd), usd(p.wasted_usd)] for p in found.curve]
    hover = t("{n} products: {cost}, {wasted} wasted", n="%{customdata[0]}", cost="%{customdata[1]}",
              wasted="%{customdata[2]}") + "<extra></extra>"  # fmt: skip
    lines = [(t("all calls"), [float(p.cost_usd) for p in found.curve], "tozeroy"),
             (t("without a sound answer"), [float(p.wasted_usd) for p in found.curve], "tozeroy")]  # fmt: skip
    data: list[dict[str, object]] = [
        {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "fill": fill, "customdata": written,
         "hovertemplate": hover, "line": {"shape": "hv", "width": 2}} for name, y, fill in lines
    ]  # fmt: skip
    fixed = {"fixedrange": True}
    stops = [{"dtickrange": [None, 999], "value": "%H:%M:%S.%1f"},
             {"dtickrange": [1_000, None], "value": "%H:%M:%S\n%Y-%m-%d"}]  # fmt: skip
    times = {"tickformatstops": stops}  # Plotly's own names of months are English
    layout = {"height": 260, "showlegend": True, "xaxis": fixed | times, "margin": {"l": 8, "r": 8, "t": 28, "b": 32},
              "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
              "yaxis": fixed | {"title": {"text": "USD"}, "rangemode": "tozero", "nticks": 5}}  # fmt: skip
    draw(data, layout, key=f"curve_{job.id}", alt=t("Cost and wasted cost over time"))


def projection(job: Job, found: Costs) -> None:
    """Draw what more products like these would cost."""
    st.subheader(t("What would more products cost?"))
    if found.projected(THOUSAND) is None:
        st.caption(t("Nothing can be said: no product was paid for yet, or a price is not known."))
        return
    n = st.number_input(t("Products of the whole catalogue"), 1, 100_000_000, 100_000, 1_000, width=260,
                        key=f"projection_{job.id}")  # fmt: skip
    with st.grid(3 if found.is_running else 2):
        _projected(t("1,000 products"), found.projected(THOUSAND))
        _projected(t("{n} products", n=number(n)), found.projected(int(n)))
        if found.is_running:
            _projected(t("This job at its end"), found.projected_total)


def _projected(label: str, found: Projection | None) -> None:
    if found is None:
        figure(label, usd(None))
        return
    note = t("the job is too short for a range")
    if found.low_usd is not None and found.high_usd is not None:
        note = t("95% interval {low} – {high}", low=safe(usd(found.low_usd)), high=safe(usd(found.high_usd)))
    figure(label, safe(usd(found.cost_usd)), note)
