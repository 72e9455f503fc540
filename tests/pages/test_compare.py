"""The page that compares two jobs: its verdict, its figures, and the products behind them."""

from __future__ import annotations

import pytest

from classifier import jobs
from classifier.bootstrap import Services
from storage import ItemFilter, Job, Labelled
from tests.pages.conftest import SAMPLE, Open, finished, submit, words


@pytest.fixture
def stricter(sample_job: Job, running: Services) -> Job:
    """The sample again, with so high a threshold that much becomes unsure."""
    return finished(running, submit(running, SAMPLE, "stricter", options={"threshold": 0.97}))


def test_a_worse_job_is_called_worse_with_its_figures_and_its_products(
    sample_job: Job, stricter: Job, open_page: Open
) -> None:
    at = open_page("compare", a=sample_job.id, b=stricter.id)
    assert not at.exception
    assert any("**Worse**" in e.value and ", p " in e.value for e in at.error)
    shown = at.dataframe[-1].value
    assert {"text", "before", "after", "why_before", "why_after"} <= set(shown.columns)
    assert at.selectbox(key=f"compare_kind_{sample_job.id}_{stricter.id}").value.name == "BROKEN"
    assert "95% interval" in words(at)


def test_a_chosen_branch_narrows_the_list_and_a_clicked_bar_too(
    sample_job: Job, stricter: Job, open_page: Open
) -> None:
    at = open_page("compare", a=sample_job.id, b=stricter.id)
    n_before = len(at.dataframe[-1].value)
    at.session_state["compare_branches"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    assert len(at.dataframe[-1].value) < n_before
    at.session_state[f"flow_{sample_job.id}_{stricter.id}"] = {"selection": {"points": [{"point_index": 0}]}}
    at.run()
    assert not at.exception


def test_a_job_that_repeats_another_is_compared_with_it_by_one_click(
    sample_job: Job, running: Services, open_page: Open
) -> None:
    taxonomy_id = sample_job.taxonomy_id
    rows = jobs.Submission("again", taxonomy_id, "local", parent_id=sample_job.id)
    child = finished(running, jobs.submit_file(running, rows, SAMPLE))
    at = open_page("compare", job=child.id)
    assert not at.exception
    assert at.selectbox(key="compare_a").value == sample_job.id
    assert any("Nothing changed" in i.value for i in at.info)
    at = open_page("errors", job=child.id, language="es-ES")
    assert not at.exception


def test_a_job_that_was_repeated_stands_before_what_repeats_it(
    sample_job: Job, running: Services, open_page: Open
) -> None:
    rows = jobs.Submission("again", sample_job.taxonomy_id, "local", parent_id=sample_job.id)
    child = finished(running, jobs.submit_file(running, rows, SAMPLE))
    at = open_page("compare", job=sample_job.id)
    assert not at.exception
    assert (at.selectbox(key="compare_a").value, at.selectbox(key="compare_b").value) == (sample_job.id, child.id)


def test_too_few_labels_say_how_many_more_and_a_review_counts_at_once(
    running: Services, open_page: Open, tmp_path: object
) -> None:
    unlabelled = SAMPLE.with_name("supermarket_200_unlabelled.json")
    one = finished(running, submit(running, unlabelled))
    other = finished(running, submit(running, unlabelled, "stricter", options={"threshold": 0.97}))
    at = open_page("compare", a=one.id, b=other.id)
    assert not at.exception
    assert any("Review at least 6 more" in w.value for w in at.warning)
    answered = running.store.items(one.id, ItemFilter(verdict="concept"), n=200)
    unsure = {item.text_key for item in running.store.items(other.id, ItemFilter(verdict="unsure"), n=200)}
    said = [Labelled(i.text_key, i.text, str(i.notation)) for i in answered if i.text_key in unsure][:8]
    running.store.keep_labels(one.taxonomy_id, said, "ana")
    assert any("**Worse**" in e.value for e in at.run().error)


def test_without_two_jobs_the_page_says_what_to_do(sample_job: Job, open_page: Open) -> None:
    at = open_page("compare", language="es-ES")
    assert not at.exception
    assert any("dos trabajos" in i.value for i in at.info)
