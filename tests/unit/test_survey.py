from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.analysis.facets import facets, has_accent
from classifier.analysis.groups import MAX_FIELD_VALUES, GroupCounts
from classifier.analysis.survey import Survey
from classifier.analysis.twins import TwinFinder, twin_key
from classifier.taxonomy import Concept, Taxonomy


@dataclass
class Item:
    position: int
    text: str
    status: str = "classified"
    verdict: str | None = "concept"
    notation: str | None = None
    expected: str | None = None
    confidence: float | None = 0.95
    runners_up: Sequence[Any] | None = None
    extra: dict[str, Any] | None = None


TAXONOMY = Taxonomy("t", "urn:t", {
    "01": Concept("01", "urn:01", {"es": "Alimentos"}),
    "0101": Concept("0101", "urn:0101", {"es": "Arroz"}, broader=("01",)),
    "03": Concept("03", "urn:03", {"es": "Higiene"}),
    "0301": Concept("0301", "urn:0301", {"es": "Champú"}, broader=("03",)),
})  # fmt: skip


def survey_of(items: Sequence[Item], infer: Any = lambda _: None) -> tuple[Survey, dict[str, Any]]:
    survey = Survey(TAXONOMY, frozenset(), infer)
    for item in items:
        survey.see(item)
    at = {item.position: item for item in items}
    return survey, survey.record(lambda positions: [at[p] for p in positions])


def surveyed(items: Sequence[Item], infer: Any = lambda _: None) -> dict[str, Any]:
    return survey_of(items, infer)[1]


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
    items = [Item(0, "jabon", notation="0301"), Item(1, "jabón", notation="0101"), Item(2, "arroz", notation="0101")]
    record = surveyed([*items, Item(3, "jabón", notation="0101")])
    assert record["n_twin_conflicts"] == 1
    assert record["twins"] == [[3, [["jabón", "0101", 2, 1], ["jabon", "0301", 1, 0]]]]
    assert record["doubts"]["twins_disagree"] == 3


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abc")), max_size=40))
def test_twins_disagree_exactly_when_one_key_has_two_answers(seen: list[tuple[int, str]]) -> None:
    finder = TwinFinder()
    for position, (key, answer) in enumerate(seen):
        finder.look(position, key or None, answer)
    answers = {key: {a for k, a in seen if k == key} for key, _ in seen if key}
    assert finder.disagreeing.tolist() == [key != 0 and len(answers[key]) > 1 for key, _ in seen]
    assert finder.n_conflicting == sum(len(found) > 1 for found in answers.values())
    for key in range(1, 7):
        found = answers.get(key, set())
        assert finder.answer_of(key) == (next(iter(found)) if len(found) == 1 else None)
    for n_items, positions in finder.largest():
        assert n_items == len(positions) == sum(key == seen[positions[0]][0] for key, _ in seen)


def test_a_failed_product_is_attributed_by_label_then_twin_then_retriever_then_not_at_all() -> None:
    items = [
        Item(0, "champu", notation="0301"), failed(1, "champú"), failed(2, "arrós", "0101"),
        failed(3, "gel fijador"), failed(4, "zzz"),
    ]  # fmt: skip
    survey, record = survey_of(items, infer=lambda text: "0301" if "gel" in text else None)
    assert record["attribution"] == {"answer": 1, "expected": 1, "twin": 1, "retriever": 1, "none": 1}
    assert record["attribution"]["twin"] == 1
    assert survey.attributed == [(1, "0301", "twin"), (3, "0301", "retriever")]


def test_failed_products_are_not_counted_as_wrong() -> None:
    items = [failed(i, f"arroz {i}", "0101") for i in range(5)] + [Item(9, "arroz", notation="0301", expected="0101")]
    record = surveyed(items)
    assert (record["n_failed"], record["n_wrong"], record["n_labelled_answered"]) == (5, 1, 1)
    assert group(record, "word", "arroz") == [6, 5, 1, 1]


def test_the_riskiest_product_is_reviewed_first() -> None:
    items = [
        Item(0, "arroz", notation="0101", confidence=0.99), Item(1, "cosa rara", notation="03", confidence=0.3),
        Item(2, "arroz integral", notation="0101", confidence=0.95), Item(3, "arroz", notation=None, verdict="unsure"),
        Item(4, "champú", notation="0301", confidence=0.6, runners_up=[["0101", 0.58]]),
    ]  # fmt: skip
    record = surveyed(items)
    assert [r[0] for r in record["review"]] == [3, 1, 4, 0]
    assert record["review"][1][2] == ["not_a_leaf", "no_shared_word", "low_confidence"]
    assert (record["doubts"]["not_a_leaf"], record["doubts"]["no_shared_word"]) == (1, 1)


def test_the_strata_are_all_answers_by_branch_and_risk() -> None:
    items = [Item(i, "arroz", notation="0101") for i in range(300)]
    items += [Item(300 + i, "champú", notation="0301", confidence=0.2) for i in range(20)]
    strata = {(branch, risk): (n, at) for branch, risk, n, at in surveyed([*items, failed(999, "arroz")])["strata"]}
    assert {name: n for name, (n, _) in strata.items()} == {("01", "low"): 300, ("03", "high"): 20}
    assert len(set(strata["01", "low"][1])) == 200
    assert sorted(strata["03", "high"][1]) == list(range(300, 320))


def test_a_field_with_a_value_of_its_own_for_each_product_is_no_group() -> None:
    counts = GroupCounts()
    for i in range(MAX_FIELD_VALUES + 1):
        counts.add([("field:sku", str(i)), ("field:store", "Norte")], i == 0, False, False)
    assert [(g.facet, g.value, g.n, g.n_failed) for g in counts] == [("field:store", "Norte", MAX_FIELD_VALUES + 1, 1)]


def test_the_analysts_own_fields_are_groups_and_long_texts_are_not() -> None:
    found = dict(facets("Arroz", {"store": "Norte", "note": "x" * 200, "nested": {"a": 1}}))
    assert found["field:store"] == "Norte"
    assert "field:note" not in found
    assert "field:nested" not in found
