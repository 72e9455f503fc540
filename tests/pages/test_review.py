"""Reviewing from any list: chosen rows are confirmed or corrected, figures follow, and two reviewers see each other."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from classifier.bootstrap import Services
from storage import ItemFilter, Job, Labelled
from tests.pages.conftest import Open, words

LIST = "error_items"


def choose(at: AppTest, *rows: int, key: str = LIST) -> AppTest:
    at.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return at.run()


def wrong_ones(running: Services, job: Job) -> list[tuple[str, str]]:
    return [(item.text, item.text_key) for item in running.store.items(job.id, ItemFilter(wrong=True))]


@pytest.fixture
def errors(sample_job: Job, running: Services, open_page: Open) -> AppTest:
    at = open_page("errors", job=sample_job.id)
    at.selectbox(key="error_kind").set_value("wrong").run()
    return at


def test_a_selection_is_given_a_category_and_accuracy_follows(
    errors: AppTest, sample_job: Job, running: Services
) -> None:
    before = running.store.job(sample_job.id)
    texts = wrong_ones(running, before)
    answer = running.store.items(sample_job.id, ItemFilter(wrong=True))[0].notation
    assert answer is not None
    at = choose(errors, 0)
    assert not at.exception
    at.text_input(key=f"author_{LIST}").set_value("ana").run()
    at.selectbox(key=f"category_{LIST}").set_value(answer).run()
    at.button(key=f"set_{LIST}").click().run()
    assert not at.exception
    assert "1 text labelled" in words(at)
    after = running.store.job(sample_job.id)
    assert after.n_correct == before.n_correct + 1
    [said] = running.store.label_history(after.taxonomy_id, texts[0][1])
    assert (said.actor, said.notation, said.job_id) == ("ana", answer, after.id)


def test_a_confirmed_selection_can_be_undone(errors: AppTest, sample_job: Job, running: Services) -> None:
    before = running.store.job(sample_job.id)
    at = choose(errors, 0, 1, 2)
    at.button(key=f"confirm_{LIST}").click().run()
    changed = running.store.job(sample_job.id)
    assert changed.n_correct > before.n_correct
    at = choose(at, 0)
    at.button(key=f"undo_{LIST}").click().run()
    assert running.store.job(sample_job.id).n_correct == before.n_correct


def test_what_somebody_else_said_meanwhile_is_shown_and_stays(
    errors: AppTest, sample_job: Job, running: Services
) -> None:
    [(text, key), *_] = wrong_ones(running, sample_job)
    at = choose(errors, 0)
    at.selectbox(key=f"category_{LIST}").set_value("not_a_product").run()
    concept = next(iter(running.builder.taxonomy(sample_job.taxonomy_id).assignable))
    running.store.keep_labels(sample_job.taxonomy_id, [Labelled(key, text, concept)], "<b>eva</b>")
    at.button(key=f"set_{LIST}").click().run()
    assert not at.exception
    assert any("eva" in w.value and "That stands" in w.value for w in at.warning)
    assert running.store.find_labels(sample_job.taxonomy_id, [key]) == {key: concept}


def test_reviewers_who_disagree_are_listed_and_decided(sample_job: Job, running: Services, open_page: Open) -> None:
    [(text, key), *_] = wrong_ones(running, sample_job)
    a, b = list(running.builder.taxonomy(sample_job.taxonomy_id).assignable)[:2]
    for who, notation in (("ana", a), ("eva", b)):
        running.store.keep_labels(sample_job.taxonomy_id, [Labelled(key, text, notation)], who)
    at = open_page("review", job=sample_job.id)
    at.session_state["review_view"] = "people"
    at.session_state["disagreements"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    assert "ana" in at.dataframe[0].value["words"][0]
    at.radio(key=f"decide_{key}").set_value(a).run()
    next(x for x in at.button if x.label == "Decide").click().run()
    assert not at.exception
    assert running.store.disagreements(sample_job.taxonomy_id) == []
    assert running.store.find_labels(sample_job.taxonomy_id, [key]) == {key: a}
