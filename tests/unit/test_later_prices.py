"""A price that is entered after a job: told beside the record, which stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from classifier import taxonomies
from classifier.analysis.next_steps import Step, next_steps
from classifier.analysis.overview import overview
from classifier.analysis.summary import summarise
from classifier.bootstrap import Services, build
from classifier.later_prices import find_later_price, keep_later_price, later_cost
from classifier.pricing import entered_price
from classifier.report_document.content import content
from classifier.settings import Settings
from classifier.spec import Spec
from storage import AttemptRow, Job, NewItem, NewJob, Part, Result
from storage.tables import attempts

PRICE = entered_price(Decimal(2), Decimal(8), Decimal(1), date(2026, 11, 26))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = build(Settings(tmp_path, f"sqlite:///{tmp_path / 'anaquel.db'}"))
    yield made
    made.stop()


def call(name: str, model: str, cost_usd: Decimal | None, kind: str = "ok", tokens: int = 1_000) -> AttemptRow:
    return AttemptRow(name, [0, 1], 2 if kind == "ok" else 0, model, kind, NOW, 1.0, 200, input_tokens=tokens,
                      cached_input_tokens=tokens * 4 // 10, output_tokens=tokens // 10, cost_usd=cost_usd)  # fmt: skip


def run(services: Services, calls: list[AttemptRow], *, job_id: str = "job", base_url: str | None = None) -> Job:
    """Write a job of two labelled products, of which one answer is right, with these calls."""
    store, taxonomy_id = services.store, taxonomies.ensure_built_in(services)
    right, wrong, *_ = services.builder.taxonomy(taxonomy_id).assignable
    spec = Spec("openai", taxonomy_id, options={"model": "acme-1"}, base_url=base_url).to_record()
    store.create_job(NewJob(job_id, "p.json", taxonomy_id, "openai", spec, "acme-1"), "ana")
    store.append_items(job_id, [NewItem(0, "pan", "pan", None, right), NewItem(1, "queso", "queso", None, wrong)])
    store.open_job(job_id, None, "ana")
    held = store.claim_chunk("w", 30.0)
    assert held is not None
    told = [Result(i, "classified", "concept", right, 0.9, None, None, None, None, 1, False, 100, 20, Decimal(0), NOW,
                   (expected,), "x") for i, expected in enumerate((right, wrong))]  # fmt: skip
    store.flush("w", 30.0, [Part(held, held.seq, told, calls, finished=True)], [])
    return store.job(job_id)


def test_a_price_entered_later_tells_what_the_calls_come_to_and_changes_no_figure(services: Services) -> None:
    job = run(services, [call("a", "acme-1", None), call("b", "acme-1", None, "rate_limited", 0)])
    before = later_cost(services, job)
    assert before is not None
    assert (before.missing, before.total_usd, before.prices) == (("acme-1",), None, {})
    keep_later_price(services, job, "acme-1", PRICE, "ana")
    found = later_cost(services, job)
    assert found is not None
    cost = Decimal("0.0024")  # 600 fresh at 2 USD, 400 cached at 1 and 100 out at 8, a million
    assert (found.usd, found.total_usd, found.n_calls, found.missing) == (cost, cost, 2, ())
    assert (found.per_product_usd, found.per_correct_usd) == (cost / 2, cost)
    assert (found.prices["acme-1"].by, found.prices["acme-1"].price) == ("ana", PRICE)
    assert services.store.job(job.id) == job
    assert overview(services, job).cost_usd is None


def test_a_model_without_a_price_keeps_the_total_unknown(services: Services) -> None:
    job = run(services, [call("a", "acme-1", None), call("b", "acme-2", None)])
    keep_later_price(services, job, "acme-1", PRICE, "ana")
    found = later_cost(services, job)
    assert found is not None
    assert (found.usd, found.total_usd, found.missing) == (Decimal("0.0024"), None, ("acme-2",))


def test_calls_with_a_known_price_are_not_priced_again(services: Services) -> None:
    job = run(services, [call("a", "acme-1", Decimal("0.5")), call("b", "acme-1", None), call("c", "acme-1", None)])
    with services.store._write() as connection:  # same model, day and kind: their sums are shared
        connection.execute(attempts.update().where(attempts.c.id == "c").values(input_tokens=0, cached_input_tokens=0))
    keep_later_price(services, job, "acme-1", PRICE, "ana")
    found = later_cost(services, job)
    assert found is not None
    assert (found.usd, found.total_usd) == (Decimal("0.0032"), Decimal("0.5032"))


def test_a_price_holds_for_the_model_at_its_service_and_can_be_forgotten(services: Services) -> None:
    here = run(services, [call("a", "acme-1", None)])
    again = run(services, [call("b", "acme-1", None)], job_id="again")
    elsewhere = run(services, [call("c", "acme-1", None)], job_id="elsewhere", base_url="http://localhost:9/v1")
    keep_later_price(services, here, "acme-1", PRICE, "ana")
    assert find_later_price(services, again, "acme-1") is not None
    assert find_later_price(services, elsewhere, "acme-1") is None
    keep_later_price(services, here, "acme-1", None, "eva")
    assert find_later_price(services, again, "acme-1") is None
    assert [(act.actor, act.action) for act in services.store.activity(2)] == [
        ("eva", "price forgotten"), ("ana", "price entered")]  # fmt: skip


def test_a_job_whose_price_was_entered_no_longer_asks_for_one(services: Services) -> None:
    job = run(services, [call("a", "acme-1", None)])
    assert Step.ENTER_PRICE in {step.step for step in next_steps(overview(services, job))}
    keep_later_price(services, job, "acme-1", PRICE, "ana")
    assert Step.ENTER_PRICE not in {step.step for step in next_steps(overview(services, job))}


def test_reports_tell_it_apart_from_the_cost_with_its_day(services: Services) -> None:
    job = run(services, [call("a", "acme-1", None)])
    assert summarise(services, job)["costs"]["at_prices_entered_later"] is None
    keep_later_price(services, job, "acme-1", PRICE, "ana")
    costs = summarise(services, job)["costs"]
    assert costs["cost_usd"] is None
    later = costs["at_prices_entered_later"]
    assert (later["cost_usd"], later["total_usd"], later["attempts"]) == ("0.0024", "0.0024", 1)
    assert [(price["model"], price["entered_by"], price["on"], price["source"]) for price in later["prices"]] == [
        ("acme-1", "ana", "2026-11-26", "entered")]  # fmt: skip
    said = repr(content(services, job, "es"))
    assert "Esas llamadas al precio introducido el 2026-11-26" in said
    assert "precio desconocido" in said or "price unknown" in said


def test_a_job_whose_prices_are_all_known_has_nothing_to_tell(services: Services) -> None:
    assert later_cost(services, run(services, [call("a", "acme-1", Decimal("0.5"))])) is None
