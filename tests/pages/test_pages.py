from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from classifier.bootstrap import Services
from storage import Job
from tests.pages.conftest import Open, finished, submit, words

PAGES = ("overview", "progress", "accuracy", "errors", "review", "costs", "export")
EVERY_PAGE = ("new_job", "jobs", *PAGES, "taxonomy", "settings")


def write(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("language", ["en-GB", "es-MX"])
def test_every_page_of_a_finished_job_opens_without_an_error(sample_job: Job, open_page: Open, language: str) -> None:
    for page in EVERY_PAGE:
        at = open_page(page, language, job=sample_job.id)
        assert not at.exception, (page, at.exception)
        assert at.title, page


def test_every_page_without_any_job_says_what_to_do(running: Services, open_page: Open) -> None:
    for page in PAGES:
        at = open_page(page)
        assert not at.exception, page
        assert "There is no job yet" in words(at), page


def test_an_address_with_an_unknown_job_offers_another_one(sample_job: Job, open_page: Open) -> None:
    at = open_page("progress", job="a" * 26)
    assert "not here" in words(at)
    assert at.selectbox(key="job_picker")


def test_an_address_that_is_no_job_id_is_ignored(running: Services, open_page: Open) -> None:
    at = open_page("progress", job="../../etc/passwd")
    assert not at.exception
    assert "passwd" not in words(at)


def test_accuracy_stands_beside_coverage_with_counts_and_intervals(sample_job: Job, open_page: Open) -> None:
    at = open_page("accuracy", job=sample_job.id)
    shown = {m.label: m.value for m in at.metric}
    assert set(shown) >= {"Coverage", "Accuracy", "Right of all labelled", "Macro F1"}
    assert f"{sample_job.n_correct} of 200 right · 95% interval" in words(at)
    assert "Not in the accuracy, neither right nor wrong: 0 failed" in words(at)


def test_a_coarser_level_is_at_least_as_accurate(sample_job: Job, open_page: Open) -> None:
    at = open_page("accuracy", job=sample_job.id)
    exact = next(m.value for m in at.metric if m.label == "Accuracy")
    at.segmented_control(key="level").set_value(1).run()
    top = next(m.value for m in at.metric if m.label == "Accuracy")
    assert float(top.rstrip("%")) >= float(exact.rstrip("%"))


def test_a_clicked_bar_shows_the_products_behind_it(sample_job: Job, open_page: Open) -> None:
    at = open_page("accuracy", job=sample_job.id)
    at.session_state[f"weakest_{sample_job.id}_None"] = {"selection": {"points": [{"point_index": 0}]}}
    at.run()
    assert not at.exception
    assert any(s.value.startswith("Products expected in") for s in at.subheader)


def test_a_job_without_expected_categories_says_what_to_do(running: Services, open_page: Open, tmp_path: Path) -> None:
    job = finished(running, submit(running, write(tmp_path / "p.json", ["leche entera", "pan de molde"])))
    at = open_page("accuracy", job=job.id)
    assert "accuracy cannot be measured" in words(at)
    assert "Where did the products go?" in words(at)
    assert not any(m.label == "Accuracy" for m in at.metric)


def test_a_chosen_error_shows_text_expected_answer_and_why(sample_job: Job, open_page: Open) -> None:
    at = open_page("errors", job=sample_job.id)
    at.session_state["error_items"] = {"selection": {"rows": [0], "columns": []}}
    at.run()
    assert not at.exception
    assert {"Answer", "Expected", "Why", "Also considered"} <= {c.value for c in at.caption}
    assert at.text[0].value


def test_searching_the_errors_narrows_the_list(sample_job: Job, open_page: Open) -> None:
    at = open_page("errors", job=sample_job.id)
    at.selectbox(key="error_kind").set_value("all").run()
    at.text_input(key="error_search").set_value("jamon").run()
    texts = at.dataframe[-1].value["text"]
    assert len(texts) >= 1
    assert all("jam" in text.lower() for text in texts)


def test_pages_of_errors_follow_each_other_without_gap_or_repeat(sample_job: Job, open_page: Open) -> None:
    at = open_page("errors", job=sample_job.id)
    at.selectbox(key="error_kind").set_value("all").run()
    first = list(at.dataframe[-1].value["n"])
    next(b for b in at.button if b.label == "Next").click().run()
    second = list(at.dataframe[-1].value["n"])
    assert (first, second) == (list(range(1, 51)), list(range(51, 101)))
    next(b for b in at.button if b.label == "Previous").click().run()
    assert list(at.dataframe[-1].value["n"]) == first


def test_the_embedded_engine_is_said_to_be_free(sample_job: Job, open_page: Open) -> None:
    at = open_page("costs", job=sample_job.id)
    assert next(m.value for m in at.metric if m.label == "Cost of the job") == "free"
    assert "nothing was sent" in words(at)


def test_the_history_tells_who_did_what(sample_job: Job, open_page: Open) -> None:
    at = open_page("progress", job=sample_job.id)
    assert list(at.dataframe[0].value["what"]) == ["Created", "Queued", "Started", "Completed"]


def test_the_list_shows_state_and_result_of_every_job(sample_job: Job, open_page: Open) -> None:
    at = open_page("jobs")
    row = at.dataframe[0].value.iloc[0]
    assert (row["name"], row["n"], row["progress"]) == ("sample", 200, 1.0)
    assert row["accuracy"] == sample_job.n_correct / 200


def test_a_deleted_job_can_be_brought_back(sample_job: Job, running: Services, open_page: Open) -> None:
    running.store.delete(sample_job.id, "analyst")
    at = open_page("jobs")
    assert "There is no job yet" in words(at)
    at.button(key=f"undo_{sample_job.id}").click().run()
    assert list(at.dataframe[0].value["name"]) == ["sample"]


def test_the_settings_never_show_a_key(monkeypatch: pytest.MonkeyPatch, open_page: Open) -> None:
    from classifier.bootstrap import services

    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-1234")
    services.cache_clear()
    at = open_page("settings")
    shown = words(at) + repr(at.session_state)
    services().store.close()
    services.cache_clear()
    assert "A key is set" in shown
    assert "very-secret" not in shown


def test_an_address_from_the_environment_is_locked(monkeypatch: pytest.MonkeyPatch, open_page: Open) -> None:
    from classifier.bootstrap import services

    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    services.cache_clear()
    at = open_page("settings")
    services().store.close()
    services.cache_clear()
    assert at.text_input(key="base_url").disabled
    assert at.text_input(key="base_url").value == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    "address", ["ftp://x", "https://user:pw@host/v1", "api.example.test", "https://h/v1?key=1", "http://["]
)
def test_an_unusable_address_is_refused_in_a_sentence(running: Services, open_page: Open, address: str) -> None:
    at = open_page("settings")
    at.text_input(key="base_url").set_value(address).run()
    assert at.warning
    assert not at.exception
    assert running.store.preference("openai_base_url") is None


def test_an_address_is_saved_and_used_by_new_jobs(running: Services, open_page: Open) -> None:
    at = open_page("settings")
    at.text_input(key="base_url").set_value("http://localhost:1234/v1").run()
    next(b for b in at.button if b.label == "Save the address").click().run()
    assert running.builder.base_url() == "http://localhost:1234/v1"


def test_how_long_jobs_are_kept_is_said_before_it_is_saved(running: Services, open_page: Open) -> None:
    at = open_page("settings")
    at.number_input(key="retention_days").set_value(30).run()
    assert "30 days" in words(at)
    assert running.store.preference("retention_days") is None
    next(b for b in at.button if b.label == "Save how long jobs are kept").click().run()
    assert running.store.preference("retention_days") == 30


def test_the_language_can_be_chosen_and_is_kept(running: Services, open_page: Open) -> None:
    at: AppTest = open_page("settings", "en-GB")
    assert at.title[0].value == "Settings"
    at.segmented_control(key="language_choice").set_value("es").run()
    assert at.title[0].value == "Ajustes"
    assert at.query_params["lang"] == "es"


def test_the_taxonomy_page_shows_the_tree_and_finds_by_other_names(running: Services, open_page: Open) -> None:
    at = open_page("taxonomy")
    n = len(at.dataframe[0].value)
    assert next(m.value for m in at.metric if m.label == "Categories") == str(n)
    next(i for i in at.text_input if i.label == "Search").set_value("banana").run()
    assert 0 < len(at.dataframe[0].value) < n


def test_a_taxonomy_that_is_none_gives_one_sentence(running: Services, open_page: Open) -> None:
    at = open_page("taxonomy")
    at.file_uploader[0].upload("x.ttl", b"\x00\x01 nothing", "text/turtle").run()
    next(b for b in at.button if b.label == "Import").click().run()
    assert len(at.error) == 1
    assert not at.exception


def test_choosing_leaves_only_makes_a_version_that_is_then_shown(running: Services, open_page: Open) -> None:
    at = open_page("taxonomy")
    built_in = at.session_state["taxonomy_id"]
    at.segmented_control(key=f"leaves_{built_in}").set_value(True).run()
    assert "335 of 420 categories can be answers" in words(at)
    at.button(key=f"assign_{built_in}").click().run()
    assert not at.exception
    chosen = at.session_state["taxonomy_id"]
    assert chosen != built_in
    assert len(running.builder.taxonomy(chosen).assignable) == 335
    assert "Nothing to learn from yet" in words(at)
