from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from classifier.facets import facets, has_accent
from classifier.survey import Survey
from classifier.taxonomy import Concept, Taxonomy
from classifier.twins import TwinFinder, twin_key


@dataclass
class Item:
    position: int
    text: str
    status: str = "classified"
    verdict: str | None = "concept"
    notation: str | None = None
    expected: str | None = None
    confidence: float | None = 0.9
    runners_up: Sequence[Any] | None = None
    extra: dict[str, Any] | None = None


TAXONOMY = Taxonomy("t", "urn:t", {
    "01": Concept("01", "urn:01", {"es": "Alimentos"}),
    "0101": Concept("0101", "urn:0101", {"es": "Arroz"}, broader=("01",)),
    "03": Concept("03", "urn:03", {"es": "Higiene"}),
    "0301": Concept("0301", "urn:0301", {"es": "Champú"}, broader=("03",)),
})  # fmt: skip


def surveyed(items: Sequence[Item], infer: Any = lambda _: None) -> dict[str, Any]:
    survey = Survey(TAXONOMY, frozenset(), infer)
    for item in items:
        survey.see(item)
    for item in items:
        survey.see_again(item)
    return survey.record()


def group(record: dict[str, Any], facet: str, value: str) -> list[int]:
    return next(g[2:] for g in record["groups"] if g[:2] == [facet, value])


def failed(position: int, text: str, expected: str | None = None) -> Item:
    return Item(position, text, "failed", None, None, expected, None)


@pytest.mark.parametrize(("text", "has"), [("jabón", True), ("jabon", False), ("piña", False), ("pingüino", True)])
def test_an_accent_is_not_the_tilde_of_the_n(text: str, has: bool) -> None:
    assert has_accent(text) is has


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jabón", "JABON"),
        ("papa", "papas"),
        ("arroz 1 kg", "Arroz"),
        ("leche de soya", "soya leche"),
        ("luz_led", "led luz"),
    ],
)
def test_spelling_twins_share_a_key(one: str, other: str) -> None:
    assert twin_key(one) == twin_key(other)


def test_different_products_are_no_twins() -> None:
    assert twin_key("leche de coco") != twin_key("agua de coco")
    assert twin_key("1234") is None


def test_twins_that_disagree_are_found_with_their_answers() -> None:
    record = surveyed(
        [Item(0, "jabon", notation="0301"), Item(1, "jabón", notation="0101"), Item(2, "arroz", notation="0101")]
    )
    assert record["n_twin_conflicts"] == 1
    assert sorted(record["twins"][0]) == [["jabon", "0301", 1], ["jabón", "0101", 1]]


def test_a_failed_product_is_attributed_by_label_then_twin_then_retriever_then_not_at_all() -> None:
    items = [
        Item(0, "champu", notation="0301"), failed(1, "champú"), failed(2, "arrós", "0101"),
        failed(3, "gel fijador"), failed(4, "zzz"),
    ]  # fmt: skip
    record = surveyed(items, infer=lambda text: "0301" if "gel" in text else None)
    assert record["attribution"] == {"answer": 1, "expected": 1, "twin": 1, "retriever": 1, "none": 1}
    assert group(record, "branch", "03") == [3, 2, 0, 0]


def test_failed_products_are_not_counted_as_wrong() -> None:
    items = [failed(i, f"arroz {i}", "0101") for i in range(3)] + [Item(9, "arroz", notation="0301", expected="0101")]
    record = surveyed(items)
    assert (record["n_failed"], record["n_wrong"], record["n_labelled_answered"]) == (3, 1, 1)
    assert group(record, "word", "arroz") == [4, 3, 1, 1]


def test_the_riskiest_product_is_reviewed_first() -> None:
    items = [
        Item(0, "arroz", notation="0101", confidence=0.99), Item(1, "cosa rara", notation="03", confidence=0.3),
        Item(2, "arroz integral", notation="0101", confidence=0.95),
    ]  # fmt: skip
    record = surveyed(items)
    assert [r[0] for r in record["review"]] == [1]
    assert record["n_non_leaf"] == 1
    assert record["n_no_overlap"] == 1


def test_the_analysts_own_fields_are_groups_and_long_texts_are_not() -> None:
    found = dict(facets("Arroz", {"store": "Norte", "note": "x" * 200, "nested": {"a": 1}}))
    assert found["field:store"] == "Norte"
    assert "field:note" not in found
    assert "field:nested" not in found


def test_confidences_are_counted_by_bin_with_what_was_right() -> None:
    items = [
        Item(0, "arroz", notation="0101", expected="0101", confidence=1.0),
        Item(1, "arroz", notation="0301", expected="0101", confidence=0.02),
    ]
    bins = surveyed(items)["bins"]
    assert bins[-1] == [1, 1, 1, 1.0]
    assert bins[0] == [1, 1, 0, 0.02]


def test_a_twin_finder_without_conflicts_has_no_groups() -> None:
    finder = TwinFinder()
    finder.look(1, "a")
    finder.look(1, "a")
    assert finder.groups() == []
    assert finder.answer_of(1) == "a"
    assert finder.answer_of(None) is None
