from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.taxonomy import Concept, Taxonomy, from_record, to_record

NAMES = st.text('abcdé ñ"<', min_size=1, max_size=8)


def concept(notation: str, *broader: str, **labels: str) -> Concept:
    return Concept(notation, f"urn:{notation}", labels or {"es": notation}, broader=broader)


def scheme(*concepts: Concept) -> Taxonomy:
    return Taxonomy("test", "urn:test", {c.notation: c for c in concepts})


FOOD = scheme(concept("1", es="Alimentos", en="Food"), concept("12", "1", es="Arroz"), concept("13", "1"))


@pytest.mark.parametrize(
    ("labels", "language", "shown"),
    [
        ({"es": "Arroz", "en": "Rice"}, "en", "Rice"),
        ({"es": "Arroz"}, "en", "Arroz"),
        ({"es-mx": "Palomitas", "en": "Popcorn"}, "es", "Palomitas"),
        ({"fr": "Riz"}, "es", "Riz"),
        ({}, "es", "12"),
    ],
)
def test_a_missing_language_falls_back_in_a_stated_order(labels: dict[str, str], language: str, shown: str) -> None:
    assert Concept("12", "urn:12", labels).label(language) == shown


def test_a_path_goes_from_the_top_down() -> None:
    assert FOOD.path("12") == ("1", "12")
    assert FOOD.path_label("12", "es") == "Alimentos › Arroz"
    assert (FOOD.level("1"), FOOD.level("12"), FOOD.top("12")) == (1, 2, "1")
    assert FOOD.children[""] == ("1",)
    assert FOOD.is_leaf("13")
    assert not FOOD.is_leaf("1")


def test_an_unknown_notation_is_shown_as_it_is_and_nothing_as_nothing() -> None:
    assert FOOD.label("99") == "99"
    assert FOOD.label(None) == ""


def test_the_same_content_has_the_same_fingerprint_and_another_has_not() -> None:
    again = scheme(*FOOD.concepts.values())
    assert again.fingerprint == FOOD.fingerprint
    assert scheme(concept("1", es="Comida")).fingerprint != FOOD.fingerprint


def test_only_assignable_concepts_may_be_answered() -> None:
    assert FOOD.assignable == ("1", "12", "13")
    leaves = Taxonomy(FOOD.name, FOOD.uri, FOOD.concepts, frozenset({"12", "13"}))
    assert leaves.assignable == ("12", "13")
    assert leaves.fingerprint != FOOD.fingerprint


@given(st.dictionaries(st.from_regex(r"[0-9]{1,6}", fullmatch=True), NAMES, min_size=1, max_size=8))
def test_a_record_gives_the_same_taxonomy_back(labels: dict[str, str]) -> None:
    taxonomy = scheme(*(concept(notation, es=label) for notation, label in labels.items()))
    back = from_record(json.loads(json.dumps(to_record(taxonomy))))
    assert back.fingerprint == taxonomy.fingerprint
    assert back.concepts == taxonomy.concepts
