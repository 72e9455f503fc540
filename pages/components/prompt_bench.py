"""The exact request for a product with its tokens and price, and a bench that runs a few through two versions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from classifier import prompting
from classifier.bootstrap import services
from classifier.comparing.comparison import NotComparable, compare, items_of
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.repair.editing import Version
from pages.components.author import author
from pages.components.escaping import safe
from pages.components.figures import figure
from pages.components.formats import number, usd
from pages.components.job_form import MODELS
from pages.components.jobs_table import cost_label
from pages.components.person import allowed, must
from pages.components.prompt_parts_view import version_name
from pages.components.side_by_side import side_by_side
from pages.components.snapshots import taxonomy_of
from pages.components.texts import language, t, told
from storage import ACTIVE, Job, StorageError

ORDER = ("text", "before", "after", "changed", "why_before", "why_after")
SAMPLE = "pasta de dientes\nchampu anticaspa\nleche entera"


def preview_view(version: Version) -> None:
    """Draw the request as it would be sent for the products that are typed in."""
    left, right = st.columns([3, 1])
    text = left.text_area(t("Products, one a line"), SAMPLE.splitlines()[0], key="preview_texts", height=80)
    model = right.selectbox(t("Model"), MODELS, accept_new_options=True, key="preview_model")
    texts = [line.strip() for line in (text or "").splitlines() if line.strip()][: prompting.N_BENCH]
    if not texts:
        st.caption(t("Type a product to see the request."))
        return
    try:
        found = prompting.preview(services(), version, texts, model or MODELS[0], language())
    except (ClassifierError, ValueError) as error:
        st.warning(safe(told(str(error)), 300))
        return
    with st.grid(3):
        figure(t("Tokens in"), number(found.n_input_tokens), t("counted by {how}", how=safe(told(found.counted_by))))
        figure(t("Of these, the same in every request"), number(found.n_prefix_tokens),
               t("the provider may cache them, at a lower price"))  # fmt: skip
        figure(t("Price of this request"), t("unknown") if found.cost_usd is None else usd(found.cost_usd),
               t("with its answer, nothing cached"))  # fmt: skip
    st.code(found.body, language="json", wrap_lines=True, height=520)


def bench_view(versions: Sequence[Version]) -> None:
    """Draw the bench: two versions, a handful of products, both answers side by side."""
    one, two, three = st.columns(3)
    known = {version.id or 0: version for version in versions}
    ids, here = list(known), f"{versions[0].base_id}_{len(versions)}"
    first = known[one.selectbox(t("Before"), ids, index=len(ids) - 1, key=f"bench_a_{here}",
                                format_func=lambda i: version_name(known[i]))]  # fmt: skip
    second = known[two.selectbox(t("After"), ids, key=f"bench_b_{here}",
                                 format_func=lambda i: version_name(known[i]))]  # fmt: skip
    has_key = bool(services().settings.openai_api_key)
    model = three.selectbox(t("Model"), MODELS, accept_new_options=True, key="bench_model") if has_key else None
    text = st.text_area(t("Products, one a line"), SAMPLE, key="bench_texts", height=120)
    st.caption(t("Real calls, two small jobs: their cost stands in the ledger.") if has_key else t(
        "Without a key the embedded engine runs: it heeds examples, words and the taxonomy, not role, notes and rules."
    ))  # fmt: skip
    st.caption(t("A draft runs with its prompt on the taxonomy that is in use."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actor = author("author_bench")
        if allowed(Act.START) and st.button(t("Run both"), type="primary", icon=":material/science:"):
            try:
                owner = must(Act.START).owner
                st.session_state["bench"] = prompting.bench(services(), (first, second), (text or "").splitlines(),
                                                            model, actor, owner)  # fmt: skip
            except (ClassifierError, StorageError) as error:
                st.warning(safe(told(str(error)), 300))
    if "bench" in st.session_state:
        _results()


def _results() -> None:
    store = services().store
    is_running = any(store.job(job_id).status in ACTIVE for job_id in st.session_state["bench"])

    @st.fragment(run_every=1.0 if is_running else None)
    def _live() -> None:
        one, two = (store.job(job_id) for job_id in st.session_state["bench"])
        if one.status in ACTIVE or two.status in ACTIVE:
            st.info(t("The products are being asked…"), icon=":material/hourglass:")
        elif is_running:
            st.rerun()
        else:
            _side_by_side(one, two)

    _live()


def _side_by_side(one: Job, two: Job) -> None:
    try:
        found = compare(services(), one, two)
    except NotComparable as error:
        st.info(safe(told(str(error)), 300))
        return
    before, after = taxonomy_of(one), taxonomy_of(two)
    rows, columns = side_by_side(items_of(services(), found, found.positions(None)), before, after)
    for row in rows:
        row["changed"] = row["before"] != row["after"]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Answers of both versions"), column_order=ORDER,
        column_config={**columns, "changed": st.column_config.CheckboxColumn(t("Changed"), width=80)},
    )  # fmt: skip
    st.caption(t("Cost: {before} before, {after} after.", before=safe(cost_label(one)), after=safe(cost_label(two))))
    st.page_link("compare.py", label=t("Compare the two"), icon=":material/difference:",
                 query_params={"a": one.id, "b": two.id})  # fmt: skip
