"""Accuracy in depth, review, audits and costs: what is drawn, and what is said where there is nothing to draw."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from classifier.analysis import auditing
from classifier.analysis import job_analysis as analysis
from classifier.bootstrap import Services
from classifier.metrics import Share
from pages.components.tree_view import SCALE, UNLABELLED, colour
from storage import Job
from tests.pages.conftest import Open, finished, submit, words
from tests.unit.test_overview import branches, rows_of, run


@pytest.fixture
def hygiene_job(running: Services) -> Job:
    taxonomy_id, hygiene, food = branches(running)
    job = run(running, rows_of(hygiene, food, labelled=True), taxonomy_id, "c" * 26)
    analysis.latest(running, job)
    return job


@pytest.fixture
def unlabelled_job(running: Services, tmp_path: Path) -> Job:
    path = tmp_path / "p.json"
    hostile = ["<b>$x$</b> ![x](http://canary.test) leche", ":red[x] `pan` $y^2$", "leches enteras", "leche entera"]
    path.write_text(json.dumps(hostile))
    job = finished(running, submit(running, path))
    analysis.latest(running, job)
    return job


def test_accuracy_in_depth_draws_every_part(sample_job: Job, running: Services, open_page: Open) -> None:
    analysis.latest(running, sample_job)
    at = open_page("accuracy", job=sample_job.id)
    assert not at.exception
    assert {s.value for s in at.subheader} >= {
        "How near is a wrong answer?", "The shelves at a glance", "Expected against answered, a branch at a time",
        "Can the confidence be believed?", "What would a threshold do?",
    }  # fmt: skip


def test_a_higher_threshold_accepts_fewer_answers(sample_job: Job, running: Services, open_page: Open) -> None:
    analysis.latest(running, sample_job)
    at = open_page("accuracy", job=sample_job.id)
    before = next(m.value for m in at.metric if m.label == "Accepted")
    at.slider(key=f"threshold_{sample_job.id}").set_value(95).run()
    after = next(m.value for m in at.metric if m.label == "Accepted")
    assert float(after.rstrip("%")) < float(before.rstrip("%"))


@pytest.mark.parametrize("column", ["own", "failed"])
def test_a_clicked_square_shows_its_products(hygiene_job: Job, open_page: Open, column: str, running: Services) -> None:
    _, hygiene, _ = branches(running)
    at = open_page("accuracy", job=hygiene_job.id)
    cell = [hygiene, hygiene if column == "own" else "failed"]
    at.session_state[f"matrix_cells_{hygiene_job.id}_None"] = {"selection": {"points": [{"customdata": cell}]}}
    at.run()
    assert not at.exception
    assert len(at.dataframe[-1].value) == (13 if column == "own" else 7)


def test_a_clicked_confidence_shows_its_products(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("accuracy", job=hygiene_job.id)
    point = {"selection": {"points": [{"customdata": [0.95, 1.0, ""]}]}}
    at.session_state[f"reliability_{hygiene_job.id}"] = point
    at.run()
    assert not at.exception
    assert any(s.value.startswith("Answers with a confidence") for s in at.subheader)


def test_colours_follow_accuracy_and_grey_means_unlabelled() -> None:
    assert (colour(Share(0, 0)), colour(Share(0, 9)), colour(Share(9, 9))) == (UNLABELLED, SCALE[0], SCALE[-1])


def test_a_sample_is_drawn_checked_and_read(sample_job: Job, running: Services, open_page: Open) -> None:
    at = open_page("review", job=sample_job.id)
    at.number_input(key="audit_n").set_value(10).run()
    at.button(key="audit_draw").click().run()
    assert not at.exception
    n = auditing.state(running, sample_job).n_drawn  # type: ignore[union-attr]
    assert n >= 10
    for i in range(n):
        at.button(key=next(str(b.key) for b in at.button if str(b.key).startswith("audit_yes"))).click().run()
        if i == 0:
            at.button(key=next(str(b.key) for b in at.button if str(b.key).startswith("audit_back"))).click().run()
            assert auditing.state(running, sample_job).n_checked == 0  # type: ignore[union-attr]
            at.button(key=next(str(b.key) for b in at.button if str(b.key).startswith("audit_yes"))).click().run()
    assert f"All {n} products are checked." in words(at)
    assert next(m.value for m in at.metric if m.label == "Estimated accuracy").startswith("100% ± ")


def test_a_wrong_answer_with_the_right_one_is_kept_as_a_label(
    sample_job: Job, running: Services, open_page: Open
) -> None:
    auditing.draw(running, sample_job, 5, "ana", seed=1)
    at = open_page("review", job=sample_job.id)
    taxonomy = running.builder.taxonomy(sample_job.taxonomy_id)
    right = next(iter(taxonomy.concepts))
    next(s for s in at.selectbox if str(s.key).startswith("audit_right")).set_value(right).run()
    at.button(key=next(str(b.key) for b in at.button if str(b.key).startswith("audit_no"))).click().run()
    found = auditing.state(running, sample_job)
    assert found is not None
    assert found.n_checked == 1
    assert running.store.audit_items(found.audit.id or 0)[0].notation == right


def test_hostile_texts_are_reviewed_as_text(unlabelled_job: Job, running: Services, open_page: Open) -> None:
    for view in ("queue", "twins"):
        at = open_page("review", job=unlabelled_job.id)
        at.segmented_control(key="review_view").set_value(view).run()
        assert not at.exception
        shown = "\n".join(str(e.value) for kind in ("markdown", "caption") for e in getattr(at, kind))
        assert "canary.test)" not in shown


def test_doubts_are_told_in_words(sample_job: Job, running: Services, open_page: Open) -> None:
    analysis.latest(running, sample_job)
    at = open_page("review", job=sample_job.id)
    at.segmented_control(key="review_view").set_value("queue").run()
    assert "Reasons, among all answers" in words(at)
    assert not any("_" in why for why in at.dataframe[0].value["why"])


def test_a_job_without_labels_gets_its_map_and_the_way_to_a_sample(unlabelled_job: Job, open_page: Open) -> None:
    at = open_page("accuracy", job=unlabelled_job.id)
    assert not at.exception
    assert any(s.value == "The shelves at a glance" for s in at.subheader)


def test_costs_tell_savings_categories_and_what_more_would_cost(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("costs", job=hygiene_job.id)
    assert not at.exception
    shown = {m.label: m.value.replace("\\", "") for m in at.metric}
    assert shown["1,000 products"] == "$0.10"
    assert shown["Per product"] == "$0.000100"
    assert shown["Per correct product"] == f"${(Decimal('0.02') / 183):.6f}"
    assert shown["Saved by prompt caching"] != "–"
    at.number_input(key=f"projection_{hygiene_job.id}").set_value(1_000_000).run()
    assert next(m.value.replace("\\", "") for m in at.metric if m.label == "1,000,000 products") == "$100.00"


def test_the_part_of_accuracy_that_is_open_stands_in_the_address(sample_job: Job, open_page: Open) -> None:
    at = open_page("accuracy", job=sample_job.id, part="confusions")
    assert not at.exception
    assert [tab.label for tab in at.tabs] == ["Categories", "Confusions", "Taxonomy map", "Confidence"]
    assert at.session_state[f"accuracy_{sample_job.id}_en"] == "Confusions"
    at = open_page("accuracy", "es-ES", job=sample_job.id, part="confidence")
    assert at.session_state[f"accuracy_{sample_job.id}_es"] == "Confianza"
    at = open_page("accuracy", job=sample_job.id, part="<b>made up</b>")
    assert not at.exception
    assert at.session_state[f"accuracy_{sample_job.id}_en"] == "Categories"
