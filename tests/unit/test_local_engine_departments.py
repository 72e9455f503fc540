"""Coarse departments and own-brand shelves, by their labels alone."""

from __future__ import annotations

import pytest

from classifier.engines.local import LocalEngine
from classifier.lexicon import read_lexicon
from classifier.outcomes import Verdict
from classifier.taxonomy import Concept, Taxonomy

LEXICON = read_lexicon()


def engine(labels: list[str], language: str) -> LocalEngine:
    """Build an engine over a flat list of departments, each its own notation."""
    concepts = {label: Concept(label, f"urn:{n}", {language: label}) for n, label in enumerate(labels)}
    return LocalEngine(Taxonomy("departments", "urn:d", concepts), LEXICON, language)


BRITISH = engine(
    ["Bakery", "Fresh Chilled Foods", "Dietary Lifestyle Foods", "World Foods", "Drinks", "Food Cupboard",
     "Frozen Food", "Fruit Veg Flowers", "Meat Poultry", "Pet Food & Accessories", "Toiletries & Beauty"], "en",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Tomato Ketchup 485g", "Food Cupboard"), ("Corn Flakes", "Food Cupboard"), ("Penne 500g", "Food Cupboard"),
        ("Chicken Noodle Soup", "Food Cupboard"), ("Mature Cheddar", "Fresh Chilled Foods"),
        ("Houmous 200g", "Fresh Chilled Foods"), ("Garam Masala 100g", "World Foods"), ("Miso Paste", "World Foods"),
        ("Lucozade Energy Orange", "Drinks"), ("Sprite Zero Lemon", "Drinks"),
        ("Steak Pie", "Fresh Chilled Foods"), ("Chocolate Digestives 6 Multipacks", "Food Cupboard"),
    ],
)  # fmt: skip
def test_british_departments_get_what_a_shopper_would_look_for_there(text: str, department: str) -> None:
    assert BRITISH.candidates(text, 1)[0].notation == department


def test_a_shelf_of_one_sort_of_food_is_no_shelf_for_all_food() -> None:
    answer = BRITISH.candidates("Lentils", 1)[0]
    assert answer.notation == "Food Cupboard"


def test_letters_alone_are_no_good_reason_for_a_text_of_several_words() -> None:
    answer = BRITISH.predict(["Vrudek Foodzilla Xibber"])[0]
    assert answer.confidence is not None
    assert answer.confidence < 0.3
    assert answer.verdict is Verdict.UNSURE


WITH_REST = engine(["Almacén", "Bebidas", "Limpieza", "Frutas y verduras", "Otros"], "es")


@pytest.mark.parametrize("text", ["Vrudek xibber zalto", "Neumático 175 70 r13", "Plantilla trasera wenk"])
def test_what_no_other_department_is_for_is_left_to_the_rest(text: str) -> None:
    answer = WITH_REST.predict([text])[0]
    nearest = answer.notation or answer.runners_up[0].notation
    assert nearest == "Otros"
    assert "left to 'Otros'" in answer.why


def test_a_product_of_another_department_is_not_left_to_the_rest() -> None:
    assert "Otros" not in [r.notation for r in WITH_REST.candidates("Otra agua con gas 2 l", 5)]


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Mandarin Segments in Juice 298g", "Food Cupboard"), ("Tuna Steak in Brine 198g", "Food Cupboard"),
        ("Strawberry & Lime 500ml", "Drinks"), ("Strawberries 400g", "Fruit Veg Flowers"),
    ],
)  # fmt: skip
def test_what_is_kept_in_a_liquid_or_poured_is_no_fresh_fruit(text: str, department: str) -> None:
    assert BRITISH.candidates(text, 1)[0].notation == department


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Birds Eye 26 Crispy Battered Fish Fingers 728g", "Frozen Food"), ("Fabric Whitener", "Laundry"),
        ("Anti Dandruff Hair Cream", "Toiletries & Beauty"), ("Cream of Tomato Soup 400g", "Food Cupboard"),
        ("Surprise Egg 10g", "Food Cupboard"), ("Marlboro Gold 20", "Kiosk"), ("Budgie Bird Seed", "Pets"),
    ],
)  # fmt: skip
def test_english_names_are_read_by_their_heads(text: str, department: str) -> None:
    shelves = engine(["Chilled Food", "Food Cupboard", "Frozen Food", "Meat", "Pets", "Toiletries & Beauty", "Laundry",
                      "Stationery", "Kiosk"], "en")  # fmt: skip
    assert shelves.candidates(text, 1)[0].notation == department


def test_the_name_of_a_banner_in_a_label_does_not_draw_what_the_banner_makes() -> None:
    shelves = engine(["Food Cupboard", "Occasions by Sainsbury's", "Drinks"], "en")
    assert shelves.candidates("Sainsbury's Sesame Seeds 150g", 1)[0].notation == "Food Cupboard"


def test_a_word_that_was_bent_does_not_head_a_text_that_names_a_thing() -> None:
    shelves = engine(["Ropa", "Carnes"], "es")
    assert shelves.candidates("Pantalón de corderoy", 1)[0].notation == "Ropa"
