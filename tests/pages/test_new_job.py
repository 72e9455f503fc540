from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from classifier import taxonomies
from classifier.bootstrap import Services
from classifier.editions import Change, ChangeKind
from classifier.repair import editing
from tests.pages.conftest import Open, finished, words


def uploaded(at: AppTest, content: bytes, name: str = "p.json") -> AppTest:
    return at.file_uploader[0].upload(name, content, "application/json").run()


def press(at: AppTest, label: str) -> AppTest:
    return next(b for b in at.button if b.label == label).click().run()


def test_the_sample_is_two_clicks_from_its_result(running: Services, open_page: Open) -> None:
    at = press(open_page(), "Try the sample")
    assert next(m.value for m in at.metric if m.label == "Accepted") == "200"
    assert "All 200 expected categories are in this taxonomy." in words(at)
    at.button(key="start").click().run()
    assert not at.exception
    job = running.store.jobs()[0]
    assert at.session_state["job_id"] == job.id
    assert finished(running, job.id).n_classified > 150


def test_a_new_job_begins_with_the_edition_in_use_and_the_list_says_which_one_each_is(
    running: Services, open_page: Open
) -> None:
    base = taxonomies.ensure_built_in(running)
    label = Change(ChangeKind.ALT_LABEL, "030101", "champusito", "es")
    draft = editing.accept(running, editing.begin(running, base, "ana"), [label], "ana")
    edition = editing.publish(running, draft, "", "ana")
    chosen = press(open_page(), "Try the sample").selectbox(key="job_taxonomy")
    assert chosen.value == edition.taxonomy_id
    assert [("edition 1, in use" in option, "as imported" in option) for option in chosen.options] == [
        (True, False), (False, True)]  # fmt: skip


def test_a_dropped_file_is_spooled_under_our_own_name_and_removed_after_the_start(
    running: Services, open_page: Open
) -> None:
    at = uploaded(open_page(), json.dumps(["leche", "pan"]).encode(), "../../ev\x00il.json")
    spooled = list(running.settings.spool.glob("*"))
    assert [p.suffix for p in spooled] == [".upload"]
    at.button(key="start").click().run()
    assert not list(running.settings.spool.glob("*"))
    assert running.store.jobs()[0].n_items == 2


def test_pressing_start_twice_makes_one_job(running: Services, open_page: Open) -> None:
    at = press(open_page(), "Try the sample")
    at.button(key="start").click()
    at.run()
    at.switch_page("new_job.py").run()
    assert len(running.store.jobs()) == 1
    assert "start" not in {b.key for b in at.button}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"   \n", "The file holds only blank space."),
        (b"[]", "The file holds no products: its list is empty."),
        (b'[{"product_id": "1"}, {"text": ""}]', "None of the 2 rows"),
        (b'[{"text": "le', "The file is not valid JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no format that can be read here"),
        (b"[" * 5000 + b"]" * 5000, "deep"),
    ],
)
def test_a_file_that_cannot_be_used_gives_one_sentence_and_no_traceback(
    running: Services, open_page: Open, content: bytes, sentence: str
) -> None:
    at = uploaded(open_page(), content)
    assert not at.exception
    assert len(at.error) == 1
    assert sentence.lower() in at.error[0].value.replace("\\", "").replace("\u2060", "").lower()
    assert "start" not in {b.key for b in at.button}
    press(at, "Take another file")
    assert not list(running.settings.spool.glob("*"))


def test_rejected_rows_are_counted_and_shown_with_their_reason(running: Services, open_page: Open) -> None:
    rows = [{"text": "pan"}, {"text": ""}, {"text": None}, 7, {"text": "leche", "expected": "no such shelf"}]
    at = uploaded(open_page(), json.dumps(rows).encode())
    shown = {m.label: m.value for m in at.metric}
    assert (shown["Accepted"], shown["Rejected"]) == ("2", "3")
    reasons = next(d.value["reason"] for d in at.dataframe if "reason" in d.value)
    assert len(reasons) == 3
    assert "Only 0 of 1 expected categories are in this taxonomy" in words(at)


def test_another_field_can_be_chosen_as_the_text(running: Services, open_page: Open) -> None:
    rows = [{"text": "x-1", "rotulo": "leche entera"}, {"text": "x-2", "rotulo": "pan"}]
    at = uploaded(open_page(), json.dumps(rows).encode())
    at.multiselect(key="map_text").set_value(["rotulo"]).run()
    assert list(at.dataframe[0].value["text"]) == ["leche entera", "pan"]
    at.button(key="start").click().run()
    assert [i.text for i in running.store.items(running.store.jobs()[0].id)] == ["leche entera", "pan"]


def test_without_a_key_the_page_says_how_to_set_one(running: Services, open_page: Open) -> None:
    at = press(open_page(), "Try the sample")
    at.radio(key="job_engine").set_value("openai").run()
    assert "OPENAI_API_KEY" in words(at)
    assert "start" not in {b.key for b in at.button}


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-real")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")


def test_the_estimate_is_a_range_and_says_what_it_rests_on(keyed: None, running: Services, open_page: Open) -> None:
    at = press(open_page(), "Try the sample")
    assert at.radio(key="job_engine").value == "openai"
    cost = next(m.value for m in at.metric if m.label == "Estimated cost, USD")
    low, high = (float(end) for end in cost.split(" – "))
    assert 0 < low < high < 1
    assert "Prices: genai" in words(at)
    assert "Tokens counted by" in words(at)


def test_an_unknown_price_is_said_loudly(keyed: None, running: Services, open_page: Open) -> None:
    at = open_page()
    at.session_state["job_model"] = "my-own-model-7b"
    press(at, "Try the sample")
    assert "No price is known for this model" in words(at)
    assert next(m.value for m in at.metric if m.label == "Estimated cost, USD") == "unknown"


def test_abandoned_uploads_are_removed_when_the_server_starts(tmp_path: Path) -> None:
    import os

    from pages.components.spool import ABANDONED_S, clear_abandoned

    old, new = tmp_path / "a.upload", tmp_path / "b.upload"
    old.write_text("x")
    new.write_text("x")
    os.utime(old, (old.stat().st_atime, old.stat().st_mtime - ABANDONED_S - 60))
    clear_abandoned(tmp_path)
    assert not old.exists()
    assert new.exists()


ROWS = [
    {"codigo": f"A{n}", "nombre": f"leche {n}", "marca": "Luz", "detalle": "entera", "familia": "Lacteos"}
    for n in range(3)
]


def test_a_mapping_is_remembered_for_files_of_the_same_shape_and_can_be_let_go(open_page: Open) -> None:
    at = uploaded(open_page(), json.dumps(ROWS).encode())
    at.multiselect(key="map_text").set_value(["nombre", "marca", "detalle"]).run()
    assert at.dataframe[0].value["text"].iloc[0] == "leche 0 Luz entera"
    again = uploaded(open_page(), json.dumps(ROWS * 2).encode())
    assert "The fields are read as you chose for the last file of this shape." in words(again)
    assert again.multiselect(key="map_text").value == ["nombre", "marca", "detalle"]
    press(again, "Guess the fields again")
    assert again.multiselect(key="map_text_1").value == ["nombre"]
    assert uploaded(open_page(), json.dumps(ROWS).encode()).multiselect(key="map_text").value == ["nombre"]


def test_fields_that_nobody_chose_are_named_and_go_with_the_products(running: Services, open_page: Open) -> None:
    at = uploaded(open_page(), json.dumps(ROWS).encode())
    assert "Kept beside each product: marca, detalle" in words(at)
    at.button(key="start").click().run()
    page = next(running.store.stream_items(running.store.jobs()[0].id))
    assert page[0].extra == {"marca": "Luz", "detalle": "entera"}


def test_unknown_expected_categories_are_listed_with_the_nearest_one(open_page: Open) -> None:
    rows = [{"text": "leche", "expected": "Leches enteras"}, {"text": "pan", "expected": "xyzzy qqq"}]
    at = uploaded(open_page(), json.dumps(rows).encode())
    listed = next(d.value for d in at.dataframe if "near" in d.value.columns)
    assert list(listed["label"]) == ["Leches enteras", "xyzzy qqq"]
    assert list(listed["code"].fillna("")) == ["010501", ""]


def test_the_report_before_the_start_tells_of_languages_and_of_texts_that_are_no_names(open_page: Open) -> None:
    texts = ["leche entera", "queso de cabra", "orange juice", "<b>pan</b>", "84100X001", "ehcel\u202e", ""]
    at = uploaded(open_page(), json.dumps([{"text": text} for text in texts]).encode())
    assert any("Languages seen in 6 texts: Spanish 33" in caption.value for caption in at.caption)
    listed = next(d.value for d in at.dataframe if "examples" in d.value.columns)
    assert {"empty", "HTML", "codes"} <= set(listed["kind"])
    assert not at.exception


def test_a_threshold_shows_what_to_expect_and_is_frozen_with_the_job(running: Services, open_page: Open) -> None:
    at = press(open_page(), "Try the sample")
    before = next(m for m in words(at).splitlines() if "of the answers right" in m)
    at.slider(key="job_threshold").set_value(90).run()
    assert next(m for m in words(at).splitlines() if "of the answers right" in m) != before
    at.toggle(key="job_learn").set_value(False).run()
    assert at.toggle(key="job_learn_expected").disabled
    at.button(key="start").click().run()
    assert not at.exception
    spec = running.store.jobs()[0].spec or {}
    assert spec["options"] == {"threshold": 0.9, "learn": False, "learn_expected": False}
