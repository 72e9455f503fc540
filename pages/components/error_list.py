"""The list of products behind what went wrong: its filters, and a page at a time."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.funnel import STAGES as KINDS_OF
from classifier.analysis.hierarchy import below
from classifier.analysis.listing import PAGE, ProductPage, Wanted, product_page
from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.address import keep, told_anew
from pages.components.error_filters import STAGE, STAGES, WRONG, Trouble
from pages.components.escaping import safe
from pages.components.formats import number
from pages.components.group_names import group_phrase, is_facet
from pages.components.labels import NOT_A_PRODUCT, UNSURE, category_label, kind_label
from pages.components.texts import t
from storage import ItemFilter, ItemStatus, Job

IN_ADDRESS = ("show", "category", "search", "by", "value")


def show_group(job: Job, of: str, facet: str, value: str) -> None:
    """Have the list show a group's failed or wrong products from the next run on."""
    st.session_state["error_group"] = (job.id, facet, value)
    st.session_state["error_kind"] = of


def link_to(job: Job, of: str, facet: str, value: str) -> dict[str, str]:
    """Give the address of the page "Errors" that shows a group's failed or wrong products."""
    return {"job": job.id, "show": of, "by": facet, "value": value}


def adopt_address(job: Job, taxonomy: Taxonomy) -> None:
    """Take the filters over from a link; what this job does not know is left out."""
    told = told_anew(IN_ADDRESS, is_fresh="error_kind" not in st.session_state)
    if not told:
        return
    st.session_state["error_kind"] = told.get("show")
    st.session_state["error_category"] = told.get("category") if told.get("category") in taxonomy.concepts else None
    st.session_state["error_search"] = told.get("search", "")
    if told.get("show") in {"failed", WRONG}:
        st.session_state["concentration_of"] = told["show"]
    facet, value = told.get("by", ""), told.get("value", "")
    if value and is_facet(facet):
        st.session_state["error_group"] = (job.id, facet, value)
    else:
        _forget_group()


def _forget_group() -> None:
    st.session_state.pop("error_group", None)


def group_of(job: Job) -> tuple[str, str] | None:
    """Return the (facet, value) of the group that was clicked, if it is one of this job."""
    kept = st.session_state.get("error_group")
    return (kept[1], kept[2]) if kept and kept[0] == job.id else None


def filters(job: Job, taxonomy: Taxonomy, trouble: Trouble, clicked: str | None) -> Wanted:
    """Draw the filters and return what is wanted."""
    stages = [STAGE + stage.name for stage in trouble.stages if stage.n and stage.is_failure]
    options = [*(["failed"] if trouble.failures else []), *trouble.counts, *stages, NOT_A_PRODUCT, "all"]
    if clicked is not None:
        st.session_state["error_kind"] = _option(clicked)
    if st.session_state.get("error_kind") not in options:
        st.session_state["error_kind"] = options[0]
    grid = st.grid(3, min_column_width=210)
    kind = grid.selectbox(t("Show"), options, key="error_kind", format_func=_name)
    category = grid.selectbox(
        t("Category"), list(taxonomy.concepts), index=None, key="error_category", placeholder=t("All categories"),
        format_func=lambda n: f"{category_label(taxonomy, n)} · {n}",
        help=t("Products that belong there: by their expected category, else their answer, else what was inferred."),
    )  # fmt: skip
    search = grid.text_input(t("Search"), key="error_search", type="search", placeholder=t("Part of the text or id"))
    group = group_of(job)
    place = st.container()  # always there: what follows keeps its place on the page, and nothing old stays beside it
    if group is not None:
        with place:
            _chip(taxonomy, group)
    branch = None if category is None else below(taxonomy, category)
    found = (search or "").strip() or None
    by, value = group or (None, None)
    keep({"show": kind if kind != options[0] or group else None, "category": category, "search": found, "by": by,
          "value": value})  # fmt: skip
    return Wanted(_filter(kind, branch), group, found)


def _option(clicked: str) -> str:
    """A stage of sound answers is listed under the answer's own name."""
    return {STAGE + "not_a_product": NOT_A_PRODUCT, STAGE + "no_candidate": UNSURE}.get(clicked, clicked)


def _name(option: str) -> str:
    if option.startswith(STAGE):
        return t("Stage: {name}", name=t(STAGES[option.removeprefix(STAGE)]))
    names = {"failed": t("All failed products"), NOT_A_PRODUCT: t("Not a product"), "all": t("All products")}
    return names.get(option) or kind_label(option)


def _chip(taxonomy: Taxonomy, group: tuple[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        phrase = safe(group_phrase(taxonomy, *group))
        st.markdown(t("Only products {group}.", group=f"**{phrase}**"), width="content")
        st.button(t("Show all groups"), icon=":material/close:", type="tertiary", key="forget_group",
                  on_click=_forget_group)  # fmt: skip


def _filter(kind: str, branch: list[str] | None) -> ItemFilter:
    if kind.startswith(STAGE):
        return ItemFilter(error_kind=KINDS_OF[kind.removeprefix(STAGE)], branch=branch)
    simple = {"all": ItemFilter(branch=branch), "failed": ItemFilter(status=ItemStatus.FAILED, branch=branch),
              WRONG: ItemFilter(wrong=True, branch=branch)}  # fmt: skip
    if kind in {UNSURE, NOT_A_PRODUCT}:
        return ItemFilter(verdict=kind, branch=branch)
    return simple.get(kind) or ItemFilter(error_kind=kind, branch=branch)


def page_of(job: Job, wanted: Wanted) -> ProductPage:
    """Return one page of items by keyset and draw the way to the next and the last one."""
    state = ("error_pages", job.id, repr(wanted))
    if st.session_state.get("error_pages_of") != state:
        st.session_state["error_pages_of"], st.session_state["error_pages"] = state, [(-1, 0)]
    starts: list[tuple[int, int]] = st.session_state["error_pages"]  # position to go on after, products shown before
    after, n_before = starts[-1]
    page = product_page(services(), job, wanted, after=after)
    n_so_far = n_before + len(page.items)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(_extent(job, page, n_before))
        if len(starts) > 1 or page.next_after is not None:
            with st.container(horizontal=True, width="content"):
                if st.button(t("Previous"), icon=":material/chevron_left:", disabled=len(starts) == 1):
                    starts.pop()
                    st.rerun()
                if st.button(t("Next"), icon=":material/chevron_right:", disabled=page.next_after is None):
                    starts.append((page.next_after if page.next_after is not None else -1, n_so_far))
                    st.rerun()
    return page


def _extent(job: Job, page: ProductPage, n_before: int) -> str:
    first = number(n_before + 1 if page.items else n_before)
    last = number(n_before + len(page.items))
    if page.total is not None:
        return t("{first}–{last} of {n} products. Choose one to see how it was answered.", first=first, last=last,
                 n=number(page.total))  # fmt: skip
    if page.next_after is not None and len(page.items) < PAGE:
        return t("{first}–{last}, in the first {n} of {all} products so far: go on for more.", first=first, last=last,
                 n=number(page.n_searched), all=number(job.n_items))  # fmt: skip
    return t("{first}–{last}. Choose one to see how it was answered.", first=first, last=last)
