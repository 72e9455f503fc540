"""The prompt page: parts are edited in a draft, nobody's words are lost, the request is exact, the bench runs."""

from __future__ import annotations

import json

import pytest

from classifier import taxonomies
from classifier.bootstrap import Services
from classifier.prompt_parts import PromptParts
from classifier.repair import editing
from tests.pages.conftest import Open, finished, words


@pytest.fixture
def base(running: Services) -> str:
    return taxonomies.ensure_built_in(running)


def test_a_draft_is_edited_saved_and_published(running: Services, base: str, open_page: Open) -> None:
    at = open_page("prompt")
    assert not at.exception
    next(b for b in at.button if b.label == "Edit in a draft").click().run()
    at.selectbox(key="prompt_taxonomy").set_value(base).run()
    draft = editing.draft(running, base)
    assert draft is not None
    at.text_area(key=f"role_{draft.id}_{draft.counter}").set_value("Sort products onto shelves.").run()
    next(b for b in at.button if b.label == "Save the draft").click().run()
    assert not at.exception
    next(b for b in at.button if b.label == "Publish").click().run()
    assert not at.exception
    assert editing.in_use(running, base).overlay.parts.role == "Sort products onto shelves."


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(running: Services, base: str, open_page: Open) -> None:
    draft = editing.begin(running, base, "ana")
    at = open_page("prompt")
    at.text_area(key=f"role_{draft.id}_{draft.counter}").set_value("Mine.").run()
    editing.reword(running, draft, PromptParts(role="Theirs."), "<i>eva</i>")
    next(b for b in at.button if b.label == "Save the draft").click().run()
    assert not at.exception
    assert any("eva" in w.value for w in at.warning)
    kept = editing.draft(running, base)
    assert kept is not None
    assert kept.overlay.parts.role == "Theirs."
    assert at.text_area(key=f"role_{draft.id}_{draft.counter}").value == "Mine."  # still there to copy


def test_the_exact_request_is_shown_with_its_tokens_and_price(base: str, open_page: Open) -> None:
    at = open_page("prompt")
    at.session_state["prompt_view"] = "preview"
    at.run()
    assert not at.exception
    body = json.loads(at.code[0].value)
    assert json.loads(body["messages"][1]["content"])["products"][0]["text"] == "pasta de dientes"
    assert body["messages"][0]["content"].startswith("Put retail products")
    assert "$0.0" in words(at)


def test_the_bench_runs_both_versions_and_shows_them_side_by_side(
    running: Services, base: str, open_page: Open
) -> None:
    at = open_page("prompt")
    at.session_state["prompt_view"] = "bench"
    at.run()
    at.text_area(key="bench_texts").set_value("pasta de dientes\nleche <b>entera</b>").run()
    next(b for b in at.button if b.label == "Run both").click().run()
    assert not at.exception
    for job_id in at.session_state["bench"]:
        finished(running, job_id)
    at.run()
    assert not at.exception
    assert list(at.dataframe[-1].value["text"]) == ["pasta de dientes", "leche <b>entera</b>"]
    at.text_area(key="bench_texts").set_value("").run()
    next(b for b in at.button if b.label == "Run both").click().run()
    assert any("from 1 to 20" in w.value for w in at.warning)
