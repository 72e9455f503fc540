"""What files call a category is matched to the taxonomy, or the nearest one is told."""

from __future__ import annotations

import pytest

from classifier.category_names import CategoryNames
from classifier.taxonomy import Concept, Taxonomy

TREE = Taxonomy("t", "urn:t", {c.notation: c for c in (
    Concept("01", "urn:01", {"es": "Alimentos", "en": "Food"}),
    Concept("0101", "urn:0101", {"es": "Lácteos", "en": "Dairy"}, {"es": ("Derivados de la leche",)}, broader=("01",)),
    Concept("0102", "urn:0102", {"es": "Otros", "en": "Other"}, broader=("01",)),
    Concept("0201", "urn:0201", {"es": "Otros", "en": "Others, clothing"}),
)})  # fmt: skip
NAMES = CategoryNames(TREE)


@pytest.mark.parametrize(
    "told",
    ["0101", "101", "urn:0101", "Lácteos", " LACTEOS ", "lacteos", "Dairy", "Alimentos > Lácteos", "food/dairy",
     "Alimentos › Lacteos", "FOOD | DAIRY", "Alimentos:Lácteos", "derivados de la leche"],
)  # fmt: skip
def test_a_category_is_found_by_notation_label_or_path_in_any_language(told: str) -> None:
    assert NAMES.match(told) == "0101"


def test_a_label_that_two_categories_share_is_neither_but_its_path_tells() -> None:
    assert NAMES.match("otros") is None
    assert NAMES.match("alimentos > otros") == "0102"


@pytest.mark.parametrize(("told", "near"), [("Lacteo", "0101"), ("Supermercado > Lácteos", "0101"), ("xyzzy", None)])
def test_a_name_that_matches_nothing_tells_of_the_nearest_category(told: str, near: str | None) -> None:
    assert NAMES.match(told) is None
    assert NAMES.nearest(told) == near


@pytest.mark.parametrize("told", ["not_a_product", "No es un producto", "ninguna"])
def test_no_product_is_a_name_too(told: str) -> None:
    assert NAMES.match(told) == "not_a_product"
