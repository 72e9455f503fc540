"""The products behind a figure, a bar or a row that was chosen."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.escaping import safe
from pages.components.formats import number
from pages.components.item_detail import item_detail
from pages.components.labels import NOT_A_PRODUCT, UNSURE, category_label
from pages.components.snapshots import lifted
from pages.components.tables import products
from pages.components.texts import t
from storage import ItemFilter, Job

N_SHOWN = 200


def of_category(job: Job, taxonomy: Taxonomy, notation: str, level: int | None) -> None:
    """Draw the labelled products of a category, those below it included when looked at from a level above."""
    below = [n for n in taxonomy.concepts if lifted(taxonomy, n, level) == notation] or [notation]
    title = t("Products expected in {category}", category=safe(category_label(taxonomy, notation, path=True)))
    _draw(job, taxonomy, ItemFilter(expected=below), title, f"behind_{notation}_{level}")


def of_pair(job: Job, taxonomy: Taxonomy, expected: str, answer: str) -> None:
    """Draw the products that were taken for something else."""
    wanted = ItemFilter(expected=[expected], verdict=answer) if answer in {NOT_A_PRODUCT, UNSURE} else ItemFilter(
        expected=[expected], notation=[answer])  # fmt: skip
    title = t("{expected}, answered as {answer}", expected=safe(category_label(taxonomy, expected)),
              answer=safe(category_label(taxonomy, answer)))  # fmt: skip
    _draw(job, taxonomy, wanted, title, f"pair_{expected}_{answer}")


def _draw(job: Job, taxonomy: Taxonomy, wanted: ItemFilter, title: str, key: str) -> None:
    store = services().store
    items = store.items(job.id, wanted, n=N_SHOWN)
    n = len(items) if len(items) < N_SHOWN else store.count_items(job.id, wanted)
    st.subheader(title)
    st.caption(
        t("{shown} of {n} products. Choose one to see how it was answered.", shown=number(len(items)), n=number(n))
    )
    item = products(items, taxonomy, key=key, alt=t("Products behind the choice"))
    if item is not None:
        item_detail(job, taxonomy, item)
