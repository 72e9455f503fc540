"""From stored results to what stands out: a job of 200 products shaped like the run that the old system failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from classifier import taxonomies
from classifier.analysis import auditing
from classifier.analysis import job_analysis as analysis
from classifier.analysis.costs import costs
from classifier.analysis.funnel import funnel
from classifier.analysis.listing import Wanted, product_page
from classifier.analysis.overview import overview
from classifier.bootstrap import Services, build
from classifier.normalisation import text_key
from classifier.settings import Settings
from classifier.spec import Spec
from storage import AttemptRow, ItemFilter, Job, NewItem, NewJob, OpenItem, Part, Result

HYGIENE_FAILED = ["jabón", "champu", "champú", "jabón de baño", "jabon de baño", "pasta de dientes", "papel higiénico"]
HYGIENE_FINE = ["jabon", "shampoo", "crema dental", "cepillo de dientes", "desodorante", "papel sanitario",
                "acondicionador", "enjuague bucal", "hilo dental", "gel de baño", "toallas sanitarias", "afeitadora",
                "algodon"]  # fmt: skip
OTHERS_FAILED = ["electrodomésticos", "yeya", "banner", "combo", "combos", "bodegones", "rebajas", "bisutería",
                 "temporada", "surtido"]  # fmt: skip
FOOD = ["arroz", "frijoles", "aceite", "harina", "leche", "queso", "pollo", "carne de res", "manzana", "cebolla"]
ACCENTED = ["café", "jamón", "azúcar", "atún", "plátano", "limón", "té"]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = build(Settings(tmp_path, f"sqlite:///{tmp_path / 'anaquel.db'}"))
    yield made
    made.stop()


def rows_of(hygiene: str, food: str, *, labelled: bool) -> list[tuple[NewItem, str | None]]:
    """200 products with the answer each got, None when it failed: 7 of 20 in hygiene, 10 of 180 elsewhere."""
    told: list[tuple[str, str, bool]] = [(text, hygiene, False) for text in HYGIENE_FAILED]
    told += [(text, hygiene, True) for text in HYGIENE_FINE]
    told += [(text, food, False) for text in OTHERS_FAILED]
    told += [(text, food, True) for text in ACCENTED]
    told += [(f"{FOOD[i % 10]} marca {i}", food, True) for i in range(200 - len(told))]
    return [
        (NewItem(i, text, text_key(text), None, truth if labelled else None), truth if is_fine else None)
        for i, (text, truth, is_fine) in enumerate(told)
    ]


def result(item: OpenItem, answer: str | None, at: datetime) -> Result:
    status, verdict, kind = ("failed", None, "not_json") if answer is None else ("classified", "concept", None)
    return Result(item.position, status, verdict, answer, None if answer is None else 0.95, None, None, kind, None, 1,
                  False, 100, 20, Decimal("0.0001"), at, item.expected_of, item.text_key)  # fmt: skip


def run(services: Services, rows: list[tuple[NewItem, str | None]], taxonomy_id: str, name: str = "job") -> Job:
    """Write a job through the Store as a worker would."""
    store, now = services.store, datetime(2026, 11, 20, 12, tzinfo=UTC)
    spec = Spec("openai", taxonomy_id, options={"model": "gpt-4.1-nano"}).to_record()
    store.create_job(NewJob(name, "products.json", taxonomy_id, "openai", spec, "gpt-4.1-nano"), "ana")
    store.append_items(name, [item for item, _ in rows])
    store.open_job(name, None, "ana")
    answers = {item.position: answer for item, answer in rows}
    while (held := store.claim_chunk("w", 30.0)) is not None:
        results = [result(item, answers[item.position], now) for item in store.open_items(held)]
        n_failed = sum(r.status == "failed" for r in results)
        attempt = AttemptRow(f"{name}-{held.n}", [r.position for r in results], len(results) - n_failed, "gpt-4.1-nano",
                             "ok", now, 2.0, 200, input_tokens=100 * len(results),
                             cached_input_tokens=50 * len(results), output_tokens=20 * len(results),
                             cost_usd=Decimal("0.0001") * len(results),
                             wasted_usd=Decimal("0.0001") * n_failed)  # fmt: skip
        store.flush("w", 30.0, [Part(held, held.seq, results, [attempt], finished=True)], [])
    return store.job(name)


def branches(services: Services) -> tuple[str, str, str]:
    """The built-in taxonomy's id, and its branches of hygiene and of food."""
    taxonomy_id = taxonomies.ensure_built_in(services)
    taxonomy = services.builder.taxonomy(taxonomy_id)
    engine = services.builder.local_engine(taxonomy_id)
    hygiene, food = (taxonomy.top(engine.candidates(text, 1)[0].notation) for text in ("jabón de baño", "arroz"))
    assert hygiene != food
    return taxonomy_id, hygiene, food


@pytest.mark.parametrize("labelled", [True, False], ids=["with labels", "without labels"])
def test_hygiene_stands_out_and_then_the_accent_and_nobody_who_succeeded_is_blamed(
    services: Services, labelled: bool
) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=labelled), taxonomy_id)
    found = analysis.latest(services, job)
    assert found is not None
    assert (found.n_seen, found.is_partial) == (200, False)
    ranked = found.concentrations("failed")
    first = ranked[0]
    assert (first.group.facet, first.group.value, first.group.k, first.group.n) == ("branch", hygiene, 7, 20)
    if labelled:
        assert (first.k_rest, first.n_rest) == (10, 180)
        assert first.lift == pytest.approx(6.3)
        assert first.p == pytest.approx(0.00036, abs=0.00002)
    accent = next(c for c in ranked if c.group.facet == "accent")
    assert (accent.group.value, accent.group.k, accent.group.n, accent.n_rest) == ("has an accent", 6, 13, 187)
    assert accent.is_significant
    blamed = {c.group.value for c in ranked if c.is_significant}
    assert not blamed & {"shampoo", "arroz", "leche", "no accent", food}


def test_the_overview_says_it_in_one_sentence_of_parts(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=True), taxonomy_id)
    analysis.latest(services, job)
    told = overview(services, job)
    assert told.standout is not None
    assert (told.standout.of, told.standout.facet, told.standout.value) == ("failed", "branch", hygiene)
    assert (told.standout.k, told.standout.n, told.standout.k_rest, told.standout.n_rest) == (7, 20, 10, 180)
    assert (told.status, told.n_open, told.n_surveyed) == ("completed", 0, 200)
    assert (told.coverage.k, told.coverage.n, told.failed.k) == (183, 200, 17)
    assert (told.accuracy.k, told.accuracy.n) == (183, 183)
    assert told.cost_usd == Decimal("0.02")
    assert told.per_product_usd == Decimal("0.0001")
    assert told.per_correct_usd == Decimal("0.02") / 183


def test_without_a_survey_the_overview_does_not_wait_for_one(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    told = overview(services, run(services, rows_of(hygiene, food, labelled=True), taxonomy_id))
    assert (told.standout, told.n_surveyed) == (None, None)
    assert told.coverage.k == 183


def test_a_survey_is_made_by_itself_when_a_job_has_ended(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=True), taxonomy_id)
    assert services.store.jobs_to_analyse() == [job.id]
    services.surveyor.start()
    services.surveyor.ask(job.id)
    while services.store.analysis(job.id) is None:
        services.surveyor._stopping.wait(0.01)
    assert services.store.jobs_to_analyse() == []


def test_a_large_job_is_surveyed_in_a_process_of_its_own_with_the_same_result(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=False), taxonomy_id)
    services.surveyor.survey(job)
    here = services.store.analysis(job.id)
    services.surveyor._run_apart(job.id, None)
    apart = services.store.analysis(job.id)
    assert here is not None
    assert apart is not None
    assert apart.record == here.record
    assert apart.made_at > here.made_at


def test_a_click_on_a_group_lists_exactly_its_failed_products(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=False), taxonomy_id)
    found = analysis.latest(services, job)
    assert found is not None
    for c in found.concentrations("failed"):
        of_group = (c.group.facet, c.group.value)
        failed = product_page(services, job, Wanted(ItemFilter(status="failed"), of_group), n=200)
        everything = product_page(services, job, Wanted(ItemFilter(ended=True), of_group), n=200)
        assert (len(failed.items), len(everything.items)) == (c.group.k, c.group.n), of_group
        assert failed.next_after is None
    hygiene_failed = product_page(services, job, Wanted(ItemFilter(status="failed"), ("branch", hygiene)))
    assert [item.text for item in hygiene_failed.items] == HYGIENE_FAILED
    assert {source for _, source in hygiene_failed.inferred.values()} <= {"twin", "retriever"}
    assert len(hygiene_failed.inferred) == 7


def test_a_search_finds_a_text_however_it_is_spelt(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=True), taxonomy_id)
    found = product_page(services, job, Wanted(search="JABON"))
    assert [item.text for item in found.items] == ["jabón", "jabón de baño", "jabon de baño", "jabon"]
    assert (found.total, found.n_searched) == (4, 200)
    assert product_page(services, job, Wanted(search="%")).items == []


def test_the_costs_add_up_and_say_what_was_wasted_and_saved(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=True), taxonomy_id)
    told = costs(services, job)
    assert told.cost_usd == sum(line.spend.cost_usd or 0 for line in told.lines) == told.curve[-1].cost_usd
    assert told.cost_usd == sum(c.cost_usd for c in told.categories)
    assert told.wasted_usd == Decimal("0.0017")
    assert told.saved_by_caching_usd == 10_000 * Decimal("0.000000075")
    assert (told.saved_by_reuse_usd, told.saved_by_repeats_usd) == (0, 0)
    thousand = told.projected(1_000)
    assert thousand is not None
    assert thousand.cost_usd == Decimal("0.1")
    assert thousand.low_usd is None  # one span tells no range


def test_the_funnel_accounts_for_every_product(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=True), taxonomy_id)
    stages = funnel(services.store.tallies(job.id))
    assert [(s.name, s.n) for s in stages if s.n] == [("unreadable", 17)]
    assert stages[-1].n_left == job.n_classified


def test_an_audit_is_drawn_checked_and_read(services: Services) -> None:
    taxonomy_id, hygiene, food = branches(services)
    job = run(services, rows_of(hygiene, food, labelled=False), taxonomy_id)
    audit_id = auditing.draw(services, job, 40, "ana", seed=5)
    drawn = services.store.audit_items(audit_id)
    assert 40 <= len(drawn) <= 44
    assert len({item.position for item in drawn}) == len(drawn)
    for item in drawn[:30]:
        auditing.check(services, audit_id, item.n, item.n % 5 != 0, "ana", "not_a_product" if item.n % 5 == 0 else None)
    told = auditing.state(services, job)
    assert told is not None
    assert (told.n_drawn, told.n_checked, told.to_check[0].n) == (len(drawn), 30, 30)
    assert told.overall.accuracy == pytest.approx(0.8, abs=0.15)
    assert sum(b.n_all for b in told.branches) == 183
    keys = [item.text_key for item in drawn[:30]]
    labels = services.store.find_labels(taxonomy_id, keys)
    assert labels[drawn[0].text_key] == "not_a_product"
    assert labels[drawn[1].text_key] == drawn[1].answer
    auditing.check(services, audit_id, 1, None, "ana")
    assert drawn[1].text_key not in services.store.find_labels(taxonomy_id, keys)


def test_an_audit_of_a_job_without_answers_is_refused(services: Services) -> None:
    taxonomy_id, _, _ = branches(services)
    job = run(services, [(NewItem(0, "x", "x"), None)], taxonomy_id)
    with pytest.raises(auditing.NothingToAudit):
        auditing.draw(services, job, 40, "ana")
