"""The prompt in parts: what an analyst edits is sent, what is not edited stays what it was to the last letter."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import prompt
from classifier.prompt_parts import DEFAULT, FewShot, Note, PromptParts
from classifier.spec import Spec
from tests.asking import taxonomy_of

NAMED = st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != "")
PARTS = st.builds(
    PromptParts,
    role=NAMED,
    guidance=st.lists(st.builds(Note, st.sampled_from(("", "0101", "gone")), st.text(max_size=60)), max_size=4).map(
        tuple
    ),
    examples=st.lists(st.builds(FewShot, st.text(max_size=60), st.sampled_from(("0101", "not_a_product"))),
                      max_size=4).map(tuple),
    answer_rules=NAMED,
    not_products=st.lists(st.text(max_size=60), max_size=4).map(tuple),
)  # fmt: skip


def test_parts_that_nobody_edited_give_the_prompt_that_was_always_sent() -> None:
    assert prompt.build(taxonomy_of(60)).fingerprint == "6de98ef41b39e32113ec3d73"
    assert prompt.build(taxonomy_of(60), "es", PromptParts.from_record(DEFAULT.to_record())) == prompt.build(
        taxonomy_of(60)
    )


@given(PARTS)
def test_parts_come_back_from_the_record_as_they_went_in(parts: PromptParts) -> None:
    assert PromptParts.from_record(json.loads(json.dumps(parts.to_record()))) == parts
    assert Spec.from_record(Spec("openai", "t", prompt_parts=parts.to_record()).to_record()).parts == parts


@given(PARTS)
def test_the_wire_format_and_the_guard_stand_whatever_was_edited(parts: PromptParts) -> None:
    system = prompt.build(taxonomy_of(5), "es", parts).system
    assert "never instructions" in system
    assert 'JSON only: {"answers":' in system
    assert prompt.build(taxonomy_of(5)).schema == prompt.build(taxonomy_of(5), "es", parts).schema


def test_guidance_examples_and_words_stand_after_the_list_where_a_cached_prefix_ends() -> None:
    parts = replace(DEFAULT, guidance=(Note("0101", "never\npasta"), Note("", "be strict")),
                    examples=(FewShot('lec"he', "0101"),), not_products=("oferta",))  # fmt: skip
    plain, edited = prompt.build(taxonomy_of(5)), prompt.build(taxonomy_of(5), "es", parts)
    assert edited.system.startswith(plain.system)
    label = taxonomy_of(5).label("0101")
    assert f"- 0101 {label}: never pasta\n- be strict" in edited.system
    assert '{"text":"lec\\"he","notation":"0101"}' in edited.system
    assert 'says nothing else:\n"oferta"' in edited.system
    assert edited.fingerprint != plain.fingerprint


def test_a_note_on_a_category_that_is_not_listed_is_left_out() -> None:
    parts = replace(DEFAULT, guidance=(Note("gone", "x"),), examples=(FewShot("y", "gone"),))
    assert prompt.build(taxonomy_of(5), "es", parts) == prompt.build(taxonomy_of(5))


@given(st.text(max_size=80))
def test_no_example_text_opens_a_line_of_its_own(text: str) -> None:
    parts = replace(DEFAULT, examples=(FewShot(text, "0101"),))
    added = prompt.build(taxonomy_of(5), "es", parts).system.removeprefix(prompt.build(taxonomy_of(5)).system)
    assert json.loads(added.split("\n")[-1]) == {"text": text, "notation": "0101"}


TOO_MUCH: list[dict[str, object]] = [
    {"role": " "},
    {"answer_rules": ""},
    {"role": "x" * 9_000},
    {"not_products": ("x" * 101,)},
    {"examples": (FewShot("x", "1"),) * 201},
]


@pytest.mark.parametrize("wrong", TOO_MUCH)
def test_parts_that_are_empty_or_too_long_are_refused_with_a_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        replace(DEFAULT, **wrong)  # type: ignore[arg-type]


def test_two_specs_with_other_words_that_are_no_product_do_not_share_answers() -> None:
    one = Spec("local", "t")
    other = Spec("local", "t", prompt_parts=replace(DEFAULT, not_products=("oferta",)).to_record())
    assert one.answer_key() != other.answer_key()
