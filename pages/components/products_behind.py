"""The products behind a figure, a bar or a row that was chosen."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.confusion import ELSEWHERE, FAILED, ConfusionMatrix
from classifier.analysis.hierarchy import below
from classifier.bootstrap import services
from classifier.taxonomy import Taxonomy
from pages.components.escaping import safe
from pages.components.formats import number, percent
from pages.components.item_detail import item_detail
from pages.components.labels import NOT_A_PRODUCT, UNSURE, category_label
from pages.components.review_control import review_control
from pages.components.snapshots import lifted
from pages.components.tables import products
from pages.components.texts import t
from storage import ItemFilter, ItemStatus, Job

N_SHOWN = 200


def of_category(job: Job, taxonomy: Taxonomy, notation: str, level: int | None) -> None:
    """Draw the labelled products of a category, those below it included when looked at from a level above."""
    inside = _members(taxonomy, notation, level)
    title = t("Products expected in {category}", category=safe(category_label(taxonomy, notation, path=True)))
    _draw(job, taxonomy, ItemFilter(expected=inside), title, f"behind_{notation}_{level}")


def of_pair(job: Job, taxonomy: Taxonomy, expected: str, answer: str, level: int | None = None) -> None:
    """Draw the products that were taken for something else, at the level that is looked at."""
    inside = _members(taxonomy, expected, level)
    wanted = ItemFilter(expected=inside, verdict=answer) if answer in {NOT_A_PRODUCT, UNSURE} else ItemFilter(
        expected=inside, notation=_members(taxonomy, answer, level))  # fmt: skip
    title = t("{expected}, answered as {answer}", expected=safe(category_label(taxonomy, expected)),
              answer=safe(category_label(taxonomy, answer)))  # fmt: skip
    _draw(job, taxonomy, wanted, title, f"pair_{expected}_{answer}_{level}")


def _members(taxonomy: Taxonomy, notation: str, level: int | None) -> list[str]:
    return [n for n in taxonomy.concepts if lifted(taxonomy, n, level) == notation] or [notation]


def of_cell(job: Job, taxonomy: Taxonomy, matrix: ConfusionMatrix, row: str, column: str) -> None:
    """Draw the products behind a cell of a confusion matrix."""
    expected = _in_row(taxonomy, matrix, row)
    if column == FAILED:
        wanted, answer = ItemFilter(status=ItemStatus.FAILED, expected=expected), t("failed")
    elif column in {NOT_A_PRODUCT, UNSURE}:
        wanted, answer = ItemFilter(verdict=column, expected=expected), category_label(taxonomy, column)
    elif column == ELSEWHERE:
        near = {n for name in matrix.rows for n in _in_row(taxonomy, matrix, name)}
        wanted = ItemFilter(expected=expected, notation=[n for n in taxonomy.concepts if n not in near])
        answer = t("elsewhere")
    else:
        wanted = ItemFilter(expected=expected, notation=_in_row(taxonomy, matrix, column))
        answer = category_label(taxonomy, column)
    title = t("{expected}, answered as {answer}", expected=safe(category_label(taxonomy, row)), answer=safe(answer))
    _draw(job, taxonomy, wanted, title, f"cell_{matrix.branch}_{row}_{column}")


def _in_row(taxonomy: Taxonomy, matrix: ConfusionMatrix, name: str) -> list[str]:
    return [name] if name == matrix.branch else below(taxonomy, name)


def of_confidence(job: Job, taxonomy: Taxonomy, low: float, high: float) -> None:
    """Draw the products whose answers have a confidence from low to below high."""
    title = t("Answers with a confidence from {low} to {high}", low=percent(low, 0), high=percent(high, 0))
    _draw(job, taxonomy, ItemFilter(confidence=(low, high)), title, f"confidence_{low}")


def _draw(job: Job, taxonomy: Taxonomy, wanted: ItemFilter, title: str, key: str) -> None:
    store = services().store
    items = store.items(job.id, wanted, n=N_SHOWN)
    n = len(items) if len(items) < N_SHOWN else store.count_items(job.id, wanted)
    st.subheader(title)
    st.caption(
        t("{shown} of {n} products. Choose one to see how it was answered.", shown=number(len(items)), n=number(n))
    )
    item = products(items, taxonomy, key=key, alt=t("Products behind the choice"))
    review_control(job, taxonomy, items, key)
    if item is not None:
        item_detail(job, taxonomy, item)
