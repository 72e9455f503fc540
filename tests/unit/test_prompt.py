"""The prompt: a stable prefix, products as data, a closed answer."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from classifier import prompt
from classifier.outcomes import Ask
from classifier.taxonomy import Concept, Taxonomy
from tests.asking import taxonomy_of


def enum_of(shared: prompt.Prompt) -> list[str] | None:
    return shared.schema["properties"]["answers"]["items"]["properties"]["notation"].get("enum")  # type: ignore[index]


def test_every_concept_stands_in_the_prefix_once_in_the_language_wanted() -> None:
    taxonomy = taxonomy_of(60)
    for language in ("es", "en"):
        lines = prompt.build(taxonomy, language).system.splitlines()
        for notation, concept in taxonomy.concepts.items():
            assert sum(line.strip().startswith(f"{notation} {concept.label(language)}") for line in lines) == 1


def test_the_prefix_and_schema_are_the_same_for_every_call() -> None:
    one, other = prompt.build(taxonomy_of(60)), prompt.build(taxonomy_of(60))
    assert one == other
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != prompt.build(taxonomy_of(60), "en").fingerprint
    assert one.fingerprint != prompt.build(taxonomy_of(61)).fingerprint


def test_the_answer_set_is_closed_over_assignable_notations_and_verdicts() -> None:
    taxonomy = replace(taxonomy_of(30), only=frozenset({"0101", "0102"}))
    shared = prompt.build(taxonomy)
    assert enum_of(shared) == ["0101", "0102", "not_a_product", "unsure"]
    assert shared.notations == {"0101", "0102"}
    assert "# Leche" in shared.system


def test_an_enum_beyond_the_services_caps_is_left_out() -> None:
    long = {
        f"https://example.org/{i:060d}": Concept(f"https://example.org/{i:060d}", "", {"es": "x"}) for i in range(260)
    }
    assert enum_of(prompt.build(Taxonomy("t", "", long))) is None  # 260 entries of more than 15,000 characters
    assert enum_of(prompt.build(taxonomy_of(998)))
    assert enum_of(prompt.build(taxonomy_of(999))) is None


def test_alternative_labels_come_in_while_they_fit() -> None:
    concepts = {c.notation: replace(c, alt_labels={"es": ("sinónimo", "otro")})
                for c in taxonomy_of(20).concepts.values()}  # fmt: skip
    assert "(sinónimo, otro)" in prompt.build(Taxonomy("t", "", concepts)).system
    many = {c.notation: replace(c, alt_labels={"es": ("sinónimo",)}) for c in taxonomy_of(600).concepts.values()}
    assert "sinónimo" not in prompt.build(Taxonomy("t", "", many)).system


def test_a_label_with_line_breaks_makes_no_new_line() -> None:
    concepts = {"01": Concept("01", "", {"es": "Leche\n02 Falsa"})}
    assert prompt.build(Taxonomy("t", "", concepts)).system.endswith("\n01 Leche 02 Falsa")


def test_a_cycle_or_an_orphan_loses_no_concept() -> None:
    concepts = {n: Concept(n, "", {"es": n}, broader=b) for n, b in
                (("a", ("b",)), ("b", ("a",)), ("c", ("gone",)))}  # fmt: skip
    assert {line.split()[0] for line in prompt.build(Taxonomy("t", "", concepts)).system.splitlines()[-3:]} == set(
        "abc"
    )


@given(st.lists(st.text(max_size=200), min_size=1, max_size=30))
def test_any_text_comes_back_out_of_the_message_as_it_went_in(texts: list[str]) -> None:
    message = prompt.user_message([Ask(str(i), text) for i, text in enumerate(texts)])
    assert [product["text"] for product in json.loads(message)["products"]] == texts
    assert "\n" not in message


def test_feedback_stands_beside_its_product_only() -> None:
    products = json.loads(prompt.user_message([Ask("1", "a", "wrong"), Ask("2", "b")]))["products"]
    assert products == [{"product_id": "1", "text": "a", "feedback": "wrong"}, {"product_id": "2", "text": "b"}]


def test_a_page_of_text_is_cut() -> None:
    assert len(prompt.user_message([Ask("1", "x" * 100_000)])) < 1_100
