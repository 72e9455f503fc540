from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.normalisation import fold, is_code, text_key, wording
from classifier.stemming import lemma_key, sound_key


@given(st.text())
def test_a_text_key_has_16_hex_digits_whatever_the_text(text: str) -> None:
    assert len(text_key(text)) == 16
    int(text_key(text), 16)


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu", "Nd"])))
def test_blanks_around_a_text_and_its_composition_do_not_change_its_key(text: str) -> None:
    assert text_key(text) == text_key(f" \t{text}\n ") == text_key(unicodedata.normalize("NFD", text))


def test_case_and_inner_blanks_do_not_change_a_key() -> None:
    assert text_key("Leche  ENTERA\u00a01L") == text_key("leche entera 1l")


def test_different_words_share_no_key() -> None:
    assert text_key("papa") != text_key("papá")
    assert text_key("pina") != text_key("piña")
    assert text_key("leche_entera") != text_key("leche entera")


def test_a_lone_surrogate_has_a_key() -> None:
    assert text_key("\ud800")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Leche Entera 1L x 6", ("leche", "entera")),
        ("jabon_de_baño", ("jabon", "de", "bano")),
        ("JabonDeBaño", ("jabon", "de", "bano")),
        ("Aceite 500ml", ("aceite",)),
        ("Coca-Cola 2.25 lts", ("coca", "cola")),
        ("Arroz 1/2 kg", ("arroz",)),
        ("Vino 12,5% 75cl", ("vino",)),
        ("pack 6x330ml cerveza", ("pack", "cerveza")),
        ("7up", ("7up",)),
        ("Café   Molido", ("cafe", "molido")),
        ("", ()),
    ],
)
def test_sizes_packs_and_marks_are_left_out_of_the_words(text: str, words: tuple[str, ...]) -> None:
    assert wording(text).words == words


@pytest.mark.parametrize("text", ["7501031311309", "???", "", "  ", "SKU-00123", "123-456"])
def test_a_code_is_known_for_one(text: str) -> None:
    assert is_code(text)


@pytest.mark.parametrize("text", ["pan", "7up", "vitamina b12", "omega 3", "aceite 20w50"])
def test_a_product_with_digits_is_no_code(text: str) -> None:
    assert not is_code(text)


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("jabon", "jabones"), ("leche", "leches"), ("lapiz", "lapices"), ("champu", "champus"), ("pan", "panes"),
        ("dulce", "dulces"),
        ("aceite", "aceites"), ("flan", "flanes"), ("papel", "papeles"), ("yogur", "yogures"), ("berry", "berries"),
        ("box", "boxes"),
        ("potato", "potatoes"), ("cookie", "cookies"), ("knife", "knives"), ("battery", "batteries"),
        ("frijol", "frijoles"),
    ],
)  # fmt: skip
def test_singular_and_plural_share_a_lemma_key(one: str, many: str) -> None:
    assert lemma_key(one) == lemma_key(many)


@pytest.mark.parametrize(
    ("one", "other"), [("pasta", "pastel"), ("plato", "plata"), ("sol", "sole"), ("manzano", "manzana")]
)
def test_different_nouns_keep_apart(one: str, other: str) -> None:
    assert lemma_key(one) != lemma_key(other)


@pytest.mark.parametrize(
    ("typo", "word"),
    [
        ("javon", "jabon"), ("arros", "arroz"), ("aseite", "aceite"), ("deterjente", "detergente"),
        ("cervesa", "cerveza"),
        ("poyo", "pollo"), ("uebo", "huevo"), ("sanahoria", "zanahoria"), ("keso", "queso"), ("shampu", "champu"),
    ],
)  # fmt: skip
def test_spanish_words_that_sound_alike_share_a_sound_key(typo: str, word: str) -> None:
    assert sound_key(typo) == sound_key(word)
