"""The paid engine from the pages: a test of the connection, and jobs with a key at a real server to their end."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from classifier.bootstrap import Services
from classifier.engines.openai_request import forget_capabilities
from classifier.pricing import find_price
from storage import Job
from tests.batch_server import BatchServer, Course
from tests.llm_server import Asked
from tests.pages.conftest import Open, finished, words
from tests.pages.test_new_job import press

MODELS = ("gpt-4.1", "gpt-4o", "gpt-4o-mini")
HARD = "papel"  # what the cheap model finds no answer for, in the sample


def weak(asked: Asked) -> str | None:
    is_hard = any(HARD in product["text"] for product in asked.products)
    return "nojson" if is_hard and asked.body["model"] == "gpt-4o-mini" else None


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchServer]:
    """A server with a Batch API, at which this process has a key."""
    forget_capabilities()
    with BatchServer(courses=[Course(0.1)], models=MODELS, rpm=6_000_000, bucket=100_000) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-real")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


def told(at: AppTest) -> str:
    """What a reader sees, without the signs that keep Markdown from reading it."""
    return words(at).replace("\\", "")


def started(running: Services) -> Job:
    [job] = running.store.jobs()
    return finished(running, job.id)


def full_price_usd(server: BatchServer, job: Job) -> Decimal:
    """What the server's ledger comes to, asked live."""
    price, ledger = find_price("gpt-4o-mini", job.created_at.date()), server.ledger
    assert price is not None
    fresh = ledger.input_tokens - ledger.cached_tokens
    return (fresh * price.input_usd + ledger.cached_tokens * price.cached_input_usd
            + ledger.output_tokens * price.output_usd)  # fmt: skip


@pytest.mark.parametrize("language", ["en-GB", "es-MX"])
def test_a_batch_job_started_on_the_page_ends_and_its_bill_is_half_the_price(
    service: BatchServer, running: Services, open_page: Open, language: str
) -> None:
    at = press(open_page(language=language), "Try the sample" if language == "en-GB" else "Probar la muestra")
    at.toggle(key="job_provider_batch").set_value(True).run()
    time = next(m.value for m in at.metric if m.label in ("Time", "Tiempo"))
    assert time == ("within a day" if language == "en-GB" else "hasta un día")
    assert at.selectbox(key="job_tier").disabled
    at.button(key="start").click().run()
    assert not at.exception
    job = started(running)
    assert (job.status, job.n_classified + job.n_unsure + job.n_not_a_product) == ("completed", 200)
    assert service.n_live == 0
    assert (job.input_tokens, job.output_tokens) == (service.ledger.input_tokens, service.ledger.output_tokens)
    assert job.cost_usd == full_price_usd(service, job) / 2 > 0
    estimate = [Decimal(amount) for amount in (job.estimate or {})["cost_usd"]]
    assert estimate[0] / 2 < job.cost_usd < estimate[1]
    assert not open_page("costs", language, job=job.id).exception


def test_a_stronger_model_chosen_on_the_page_answers_the_rest_and_its_calls_are_on_the_bill(
    service: BatchServer, running: Services, open_page: Open
) -> None:
    service.faults = weak
    at = press(open_page(), "Try the sample")
    at.selectbox(key="job_stronger").set_value("gpt-4o").run()
    at.button(key="start").click().run()
    job = started(running)
    assert (job.status, job.n_failed) == ("completed", 0)
    asked = {asked.body["model"] for asked in service.asked}
    assert asked == {"gpt-4o-mini", "gpt-4o"}
    assert (job.input_tokens, job.output_tokens) == (service.ledger.input_tokens, service.ledger.output_tokens)
    assert job.cost_usd > full_price_usd(service, job)
    tables = [frame.value.astype(str).to_string() for frame in open_page("costs", job=job.id).dataframe]
    assert any("gpt-4o-2024-07-18" in table and "gpt-4o-mini-2024-07-18" in table for table in tables)


def test_a_stronger_model_that_the_key_does_not_have_is_refused_before_the_job_starts(
    service: BatchServer, running: Services, open_page: Open
) -> None:
    at = press(open_page(), "Try the sample")
    at.selectbox(key="job_stronger").set_value("gpt-4.1-nano").run()
    at.button(key="start").click().run()
    assert "'gpt-4.1-nano' is not among the models that this key may use" in told(at)
    assert not running.store.jobs()
    at.selectbox(key="job_stronger").set_value("gpt-4.1").run()
    at.button(key="start").click().run()
    assert started(running).status == "completed"


def test_the_test_of_the_connection_names_what_works_what_it_cost_and_the_models(
    service: BatchServer, running: Services, open_page: Open
) -> None:
    service.unknown_settings = ("json_schema", "prompt_cache_key")
    at = press(open_page("settings"), "Test the connection")
    said = told(at)
    assert "It works: gpt-4o-mini-2024-07-18 answered" in said
    assert "Models that this key may use: 3" in {e.label for e in at.expander}
    assert all(model in said for model in MODELS)
    assert "Settings that it does not know are left out: prompt_cache_key." in said
    assert "Its limit: 6,000,000 requests a minute." in said
    table = next(frame.value for frame in at.dataframe if "works" in frame.value)
    assert list(table["works"]) == [False, True, True]


def test_a_connection_that_does_not_work_says_why_in_spanish(
    service: BatchServer, running: Services, open_page: Open
) -> None:
    service.key = "sk-another"
    at = press(open_page("settings", "es-MX"), "Probar la conexión")
    assert "El servicio rechazó la clave" in words(at)
    assert "sk-test-not-real" not in words(at)
