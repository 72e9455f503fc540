"""The page that fixes, step by step, on a taxonomy whose hygiene has lost its altLabels."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from classifier import jobs, taxonomies
from classifier.bootstrap import Services
from classifier.editions import Change, ChangeKind
from classifier.products import Product
from classifier.repair import editing
from storage import Job
from tests.broken_taxonomy import HYGIENE, without_hygiene_alt_labels
from tests.pages.conftest import ROOT, Open, finished, words

SAMPLE = ROOT / "data" / "samples" / "hygiene.json"


@pytest.fixture
def job(running: Services) -> Job:
    """A job whose hygiene fails, surveyed."""
    broken, _ = taxonomies.add(running, without_hygiene_alt_labels(), "retail.jsonld")
    asked = jobs.Submission("hygiene", broken, engine="local")
    found = finished(running, jobs.submit_file(running, asked, SAMPLE))
    running.surveyor.survey(found)
    return found


def click(at: AppTest, key: str) -> AppTest:
    at = at.button(key=key).click().run()
    assert not at.exception, at.exception[0].message
    return at


def labelled(here: Services, job: Job) -> list[tuple[str, bool]]:
    """The expected label of each answered product and whether the answer is it: counted, since engines get better."""
    rows = [row for page in here.store.stream_items(job.id) for row in page]
    answered = [row for row in rows if row.status == "classified" and row.expected]
    return [(str(row.expected), row.expected == (row.notation or row.verdict)) for row in answered]


def n_wrong_hygiene(here: Services, job: Job) -> int:
    return sum(label.startswith(HYGIENE) and not is_right for label, is_right in labelled(here, job))


def draft_of(here: Services, job: Job) -> editing.Version:
    found = editing.draft(here, job.taxonomy_id)
    assert found is not None
    return found


def test_an_analyst_goes_from_what_fails_to_the_proof(running: Services, job: Job, open_page: Open) -> None:
    at = open_page("fix", job=job.id)
    assert f"**{n_wrong_hygiene(running, job)} products** are to be fixed." in words(at)
    at = click(at, "fix_onward_1")
    assert re.search(r"\d+ products: no label of the category has the word", words(at))
    at = click(at, "fix_onward_2")
    at = click(at, "fix_accept")
    draft = draft_of(running, job)
    assert f"{len(list(draft.overlay.changes()))} changes" in words(at)
    at.text_area(key="fix_note").set_value("hygiene has no other names")
    at = click(at, "fix_publish")
    edition = editing.in_use(running, job.taxonomy_id)
    assert (edition.number, edition.note) == (1, "hygiene has no other names")
    at = click(at, "fix_onward_4")
    n_right = sum(is_right for _, is_right in labelled(running, job))
    assert f"drawn at random from {n_right} right products; sees a break of 2% or more with 95%" in words(at)
    at = click(at, "fix_start")
    child = next(j for j in running.store.jobs() if j.parent_id == job.id)
    finished(running, child.id)
    at = click(at.run(), "fix_onward_5")
    told = words(at)
    assert "products fixed" in told
    assert r"(p \< 0.001)" in told
    assert re.search(r"Exact McNemar test on the 2[0-4]\d labelled products", told)
    assert re.search(r"\d products? (was|were) left out: .* of the new edition", told)


def test_the_page_speaks_spanish(running: Services, job: Job, open_page: Open) -> None:
    told = words(open_page("fix", language="es-MX", job=job.id))
    assert "Reparar" in told
    assert f"**{n_wrong_hygiene(running, job)} productos** por reparar." in told


def test_a_step_without_what_it_needs_says_what_to_do(job: Job, open_page: Open) -> None:
    at = open_page("fix", job=job.id)
    for step, said in ((4, "There is no draft: accept remedies"), (6, "Nothing was run again yet: start it")):
        at.session_state["fix_step"] = step
        at.run()
        assert not at.exception
        assert said in words(at)


def test_two_analysts_at_one_draft_are_told_and_nothing_is_overwritten(
    running: Services, job: Job, open_page: Open
) -> None:
    editing.accept(running, editing.begin(running, job.taxonomy_id, "ana"),
                   [Change(ChangeKind.NOT_A_PRODUCT, "", "rebajas")], "ana")  # fmt: skip
    at = open_page("fix", job=job.id)
    at.session_state["fix_step"] = 4
    at.run()
    editing.accept(running, draft_of(running, job), [Change(ChangeKind.NOT_A_PRODUCT, "", "novedades")], "beto")
    at = click(at, "fix_publish")
    assert "beto changed the draft meanwhile" in words(at)
    assert draft_of(running, job).overlay.parts.not_products == ("rebajas", "novedades")
    at = click(at.run(), "fix_newest")
    at = click(at, "fix_publish")
    assert editing.in_use(running, job.taxonomy_id).overlay.parts.not_products == ("rebajas", "novedades")


def test_going_back_is_one_click(running: Services, job: Job, open_page: Open) -> None:
    seen = editing.accept(running, editing.begin(running, job.taxonomy_id, "ana"),
                          [Change(ChangeKind.NOT_A_PRODUCT, "", "rebajas")], "ana")  # fmt: skip
    editing.publish(running, seen, "", "ana")
    at = open_page("fix", job=job.id)
    at.session_state["fix_step"] = 4
    at.run()
    at.selectbox(key="fix_newer_2").set_value(1).run()
    at = click(at, "fix_back")
    assert editing.in_use(running, job.taxonomy_id).overlay.is_empty
    assert editing.in_use(running, job.taxonomy_id).number == 2


def test_a_job_in_which_nothing_went_wrong_has_nothing_to_fix(running: Services, open_page: Open) -> None:
    asked = jobs.Submission("fine", taxonomies.ensure_built_in(running), engine="local")
    fine = finished(running, jobs.submit(running, asked, [Product(0, "arroz", "1", "010701", {})]))
    assert "Nothing went wrong" in words(open_page("fix", job=fine.id))
