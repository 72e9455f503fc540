"""Overview and error concentration, on a job shaped like the run that the old system failed."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from classifier.analysis import job_analysis as analysis
from classifier.bootstrap import Services
from storage import Job
from tests.pages.conftest import Open, finished, submit, words
from tests.unit.test_overview import branches, rows_of, run


@pytest.fixture
def hygiene_job(running: Services) -> Job:
    """200 products, 17 of which failed: 7 of the 20 in hygiene. Labelled."""
    return surveyed(running, labelled=True)


def surveyed(running: Services, *, labelled: bool) -> Job:
    running.executor.stop()  # the job is answered here
    taxonomy_id, hygiene, food = branches(running)
    job = run(running, rows_of(hygiene, food, labelled=labelled), taxonomy_id, "a" * 26)
    analysis.latest(running, job)
    return job


def standing_out(at: AppTest) -> str:
    return next(str(m.value) for m in at.markdown if str(m.value).startswith("### "))


def test_the_overview_says_in_one_sentence_what_stands_out(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("overview", job=hygiene_job.id)
    assert not at.exception
    sentence = standing_out(at)
    assert sentence.startswith("### 7 of 20 products in ")
    assert sentence.endswith(" failed, against 10 of 180 others: 6.3 times as often.")
    assert "p = 0.0004" in words(at)
    shown = {m.label: m.value for m in at.metric}
    assert (shown["Coverage"], shown["Accuracy"], shown["Failed"]) == ("91.5%", "100.0%", "8.5%")
    assert "183 of 183 right · 95% interval" in words(at)


def test_the_sentence_speaks_spanish(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("overview", "es-ES", job=hygiene_job.id)
    assert standing_out(at).startswith("### Fallaron 7 de 20 productos de ")
    assert standing_out(at).endswith("frente a 10 de los otros 180: 6,3 veces la frecuencia del resto.")


def test_a_link_shows_another_analyst_the_same_products(hygiene_job: Job, running: Services, open_page: Open) -> None:
    _, hygiene, _ = branches(running)
    at = open_page("overview", job=hygiene_job.id)
    told = next(link.proto for link in at.get("page_link") if link.proto.label == "See these products")
    assert parse_qs(told.query_string) == {"job": [hygiene_job.id], "show": ["failed"], "by": ["branch"],
                                           "value": [hygiene]}  # fmt: skip
    at = open_page("errors", job=hygiene_job.id, show="failed", by="branch", value=hygiene)
    assert not at.exception
    assert len(at.dataframe[-1].value) == 7
    assert "Only products **in " in words(at)
    at.button(key="forget_group").click().run()
    assert len(at.dataframe[-1].value) == 17
    assert "by" not in at.query_params
    at.selectbox(key="error_kind").set_value("all").run()
    assert at.query_params["show"] in ("all", ["all"])


def test_an_address_that_somebody_made_up_harms_nothing(hygiene_job: Job, open_page: Open) -> None:
    hostile = "<img src=x onerror=alert(1)> ![x](http://canary.test)"
    at = open_page("errors", job=hygiene_job.id, show=hostile, by="store", value=hostile, category=hostile)
    assert not at.exception
    assert len(at.dataframe[-1].value) == 17
    at = open_page("errors", job=hygiene_job.id, show="failed", by="field:a'b\"c.$[0]", value=hostile, search="%")
    assert not at.exception
    assert "canary" not in "".join(link.proto.page for link in at.get("page_link"))


def test_the_overview_leads_on(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("overview", job=hygiene_job.id)
    labels = [link.proto.label for link in at.get("page_link")]
    assert "See why 17 products failed, and retry them" in labels
    assert "Take the result: 183 products have an answer" in labels


def test_a_running_jobs_overview_says_so(running: Services, open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(["leche"]))
    job_id = submit(running, path)
    running.store.request_pause(job_id, "analyst")
    at = open_page("overview", job=job_id)
    assert not at.exception
    assert "still running" in words(at) or running.store.job(job_id).status == "completed"


def test_a_job_without_labels_and_failures_has_an_overview(running: Services, open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(["leche entera", "pan de molde", "<b>$x$</b> ![x](http://canary.test) leche"]))
    job = finished(running, submit(running, path))
    analysis.latest(running, job)
    at = open_page("overview", job=job.id)
    assert not at.exception
    assert "Nothing stands out" in words(at)
    assert "not known: none of 3 answered products is labelled" in words(at)
    assert any(link.proto.label.startswith("Check a sample") for link in at.get("page_link"))
    assert next(m.value for m in at.metric if m.label == "Accuracy") == "–"


def test_concentrations_rank_hygiene_first_and_show_the_base(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("errors", job=hygiene_job.id)
    table = at.dataframe[0].value
    assert (table["counts"][0], round(table["lift"][0], 1), table["certain"][0]) == ("7 of 20", 6.3, "yes")
    assert "with an accent" in list(table["group"])
    assert "groups were compared" in words(at)


def test_a_chosen_group_narrows_the_list_once_and_another_filter_still_works(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("errors", job=hygiene_job.id)
    at.session_state[f"group_table_{hygiene_job.id}_failed"] = {"selection": {"rows": [0], "columns": []}}
    at.run()
    assert len(at.dataframe[-1].value) == 7
    at.selectbox(key="error_kind").set_value("all").run()
    assert len(at.dataframe[-1].value) == 20


def test_inferred_branches_are_marked_and_the_others_counted(running: Services, open_page: Open) -> None:
    job = surveyed(running, labelled=False)
    at = open_page("errors", job=job.id)
    assert not at.exception
    assert "inferred" in at.dataframe[-1].value
    assert "could not be attributed" in words(at)
    if any(b.key == "see_unattributed" for b in at.button):
        at.button(key="see_unattributed").click().run()
        assert "that could not be attributed to a branch" in words(at)


def test_wrong_answers_can_be_compared_too(sample_job: Job, running: Services, open_page: Open) -> None:
    analysis.latest(running, sample_job)
    at = open_page("errors", job=sample_job.id)
    assert not at.exception
    assert any(s.value == "Where are wrong answers?" for s in at.subheader)


def test_a_stage_shows_its_products(hygiene_job: Job, open_page: Open) -> None:
    at = open_page("errors", job=hygiene_job.id)
    at.session_state[f"stages_{hygiene_job.id}"] = {"selection": {"points": [{"point_index": 4}]}}
    at.run()
    assert at.selectbox(key="error_kind").value == "stage:unreadable"
    assert len(at.dataframe[-1].value) == 17
