"""What went wrong in a job, as bars to click and filters to set; and the pages of what they find."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.charts import Bar, bars
from pages.components.formats import number, percent
from pages.components.labels import NOT_A_PRODUCT, UNSURE, category_label, kind_label
from pages.components.snapshots import failures_by_kind, report_of
from pages.components.texts import t
from storage import Item, ItemFilter, ItemStatus, Job

N_A_PAGE = 50
WRONG = "wrong"


@dataclass(frozen=True)
class Trouble:
    """How often each kind of trouble came up, the most frequent first."""

    counts: dict[str, int]

    @property
    def n_failed(self) -> int:
        """Failed items of all kinds."""
        return sum(n for kind, n in self.counts.items() if kind not in {WRONG, UNSURE})


def trouble_of(job: Job) -> Trouble:
    """Count failures by kind, wrong answers and unsure ones."""
    report = report_of(job)
    counts = failures_by_kind(job)
    counts[WRONG] = report.n_labelled_answered - report.n_correct
    counts[UNSURE] = job.n_unsure
    return Trouble({kind: n for kind, n in sorted(counts.items(), key=lambda pair: -pair[1]) if n})


def trouble_chart(job: Job, trouble: Trouble) -> str | None:
    """Draw what went wrong and return the kind clicked."""
    st.subheader(t("What went wrong?"))
    st.caption(t("Of {n} products of this job. An unsure answer with an expected category is counted as wrong too. "
                 "Click a bar to see only its products.", n=number(job.n_items)))  # fmt: skip
    rows = [Bar(kind, kind_label(kind), n, percent(n / job.n_items)) for kind, n in trouble.counts.items()]
    return bars(rows, title=t("Products by kind of trouble"), unit=t("products"), key=f"trouble_{job.id}")


def filters(job: Job, taxonomy: Taxonomy, trouble: Trouble, clicked: str | None) -> ItemFilter:
    """Draw the filters and return what is wanted."""
    failures = [kind for kind in trouble.counts if kind not in {WRONG, UNSURE}]
    options = [*(["failed"] if failures else []), *trouble.counts, NOT_A_PRODUCT, "all"]
    if clicked and st.session_state.get("clicked_kind") != (job.id, clicked):
        st.session_state["clicked_kind"] = (job.id, clicked)
        st.session_state["error_kind"] = clicked
    if st.session_state.get("error_kind") not in options:
        st.session_state["error_kind"] = options[0]
    names = {"failed": t("All failed products"), NOT_A_PRODUCT: t("Not a product"), "all": t("All products")}
    first, second, third = st.columns(3)
    kind = first.selectbox(t("Show"), options, key="error_kind", format_func=lambda k: names.get(k) or kind_label(k))
    category = second.selectbox(t("Category"), list(taxonomy.concepts), index=None, key="error_category",
                                placeholder=t("All categories"),
                                format_func=lambda n: f"{category_label(taxonomy, n)} · {n}")  # fmt: skip
    search = third.text_input(t("Search"), key="error_search", type="search", placeholder=t("Part of the text or id"))
    return _wanted(taxonomy, kind, category, search)


def _wanted(taxonomy: Taxonomy, kind: str, category: str | None, search: str | None) -> ItemFilter:
    below = None
    if category is not None:
        below = [n for n in taxonomy.concepts if category in taxonomy.path(n)]
    text = (search or "").strip() or None
    if kind == "all":
        return ItemFilter(expected=below, search=text)
    if kind == "failed":
        return ItemFilter(status=ItemStatus.FAILED, expected=below, search=text)
    if kind == WRONG:
        return ItemFilter(wrong=True, expected=below, search=text)
    if kind in {UNSURE, NOT_A_PRODUCT}:
        return ItemFilter(verdict=kind, expected=below, search=text)
    return ItemFilter(error_kind=kind, expected=below, search=text)


def page_of(job: Job, wanted: ItemFilter) -> list[Item]:
    """Return one page of items by keyset and draw the way to the next and the last one."""
    state = ("error_pages", job.id, repr(wanted))
    if st.session_state.get("error_pages_of") != state:
        st.session_state["error_pages_of"], st.session_state["error_pages"] = state, [-1]
    starts: list[int] = st.session_state["error_pages"]
    store = services().store
    items = store.items(job.id, wanted, after=starts[-1], n=N_A_PAGE + 1)
    n = store.count_items(job.id, wanted)
    first = (len(starts) - 1) * N_A_PAGE
    shown = min(len(items), N_A_PAGE)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(t("{first}–{last} of {n} products. Choose one to see how it was answered.",
                     first=number(first + 1 if shown else 0), last=number(first + shown), n=number(n)))  # fmt: skip
        if n > N_A_PAGE:
            with st.container(horizontal=True, width="content"):
                if st.button(t("Previous"), icon=":material/chevron_left:", disabled=len(starts) == 1):
                    starts.pop()
                    st.rerun()
                if st.button(t("Next"), icon=":material/chevron_right:", disabled=len(items) <= N_A_PAGE):
                    starts.append(items[N_A_PAGE - 1].position)
                    st.rerun()
    return items[:N_A_PAGE]
