"""The estimate before launch, checked against what the same job then costs at a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from classifier import jobs
from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai_candidates import Candidates
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.engines.tokens import count_tokens, counting_method
from classifier.estimate import Baggage, Workload, estimate
from classifier.examples import Example
from classifier.fewshots import FewShots
from classifier.job_estimate import estimate_job
from classifier.jobs import Submission
from classifier.limiter import Limiter
from classifier.normalisation import text_key
from classifier.pricing import Pricer, find_price
from classifier.products import Product
from classifier.prompt_parts import PromptParts
from classifier.repair import editing
from storage import Labelled
from tests.asking import KEY, ask_all, asks_of, engine_at, taxonomy_of
from tests.dialects import ReasonerLike
from tests.faults.bench import bench_at
from tests.llm_server import LLMServer
from tests.unit.job_maker import TAXONOMY, new_services

TODAY = date(2026, 11, 23)


def test_the_bill_lies_within_the_estimate() -> None:
    texts = [f"producto número {i} de marca" for i in range(500)]

    async def go() -> tuple[int, int, list[object]]:
        async with engine_at(server, n_concepts=282, concurrency=1) as engine:
            outcome = await ask_all(engine, asks_of(texts))
            pricer = Pricer("gpt-4o-mini")
            return (outcome.tokens("input_tokens"), len(outcome.calls), [pricer(call) for call in outcome.calls])

    with LLMServer() as server:
        n_input, n_calls, costs = asyncio.run(go())
    told = estimate(taxonomy_of(282), OpenAIOptions(), Workload(500, texts[:50]), find_price("gpt-4o-mini", TODAY))
    assert told.n_calls[0] == n_calls
    assert told.input_tokens[0] < n_input < told.input_tokens[1]
    assert told.cost_usd
    assert told.cost_usd[0] < sum(costs) < told.cost_usd[1]  # type: ignore[call-overload]


def test_repeated_and_reused_products_are_not_asked_and_show_as_saved() -> None:
    price = find_price("gpt-4o-mini", TODAY)
    told = estimate(taxonomy_of(40), OpenAIOptions(), Workload(1_000, ["leche"], n_repeated=300, n_reused=200), price)
    assert told.n_asked == 500
    assert told.n_calls[0] == 20
    assert told.saved_usd == told.cost_usd[0]  # type: ignore[index]


def test_without_a_price_there_is_no_cost_and_not_zero() -> None:
    told = estimate(taxonomy_of(40), OpenAIOptions(model="our-llama"), Workload(10, ["x"]), None)
    assert told.cost_usd is None
    assert told.saved_usd is None
    assert told.input_tokens[0] > 0


def test_what_the_first_calls_were_charged_outweighs_counting() -> None:
    work = Workload(1_000, ["leche"])
    told = estimate(taxonomy_of(40), OpenAIOptions(), work, None)
    half = estimate(taxonomy_of(40), OpenAIOptions(), work, None, calibration=0.5)
    assert half.counted_by == "the first calls"
    assert half.input_tokens[1] < told.input_tokens[1] / 2


def test_limits_make_a_job_longer() -> None:
    work = Workload(10_000, ["leche entera 1 L"])
    free = estimate(taxonomy_of(282), OpenAIOptions(), work, None)
    few = estimate(taxonomy_of(282), OpenAIOptions(requests_per_minute=10), work, None)
    small = estimate(taxonomy_of(282), OpenAIOptions(tokens_per_minute=200_000), work, None)
    assert few.minutes[0] == pytest.approx(40.0)
    assert small.minutes[0] > free.minutes[0]
    assert free.minutes[0] < free.minutes[1]


def test_nothing_to_ask_takes_nothing() -> None:
    told = estimate(taxonomy_of(40), OpenAIOptions(), Workload(10, [], n_reused=10), find_price("gpt-4o-mini", TODAY))
    assert told.cost_usd == (0, 0)
    assert told.minutes == (0.0, 0.0)


def test_the_way_of_counting_is_named() -> None:
    assert counting_method()
    assert count_tokens("leche entera de vaca pasteurizada") > 5


def charged(text_of: Callable[[int], str], baggage: Baggage, n_concepts: int = 60) -> tuple[int, int]:
    """What the low end says of 100 products, and what all requests for them count: list, schema and messages."""
    texts = [text_of(i) for i in range(100)]
    taxonomy, options = taxonomy_of(n_concepts), OpenAIOptions(batch_size=20)
    told = estimate(taxonomy, options, Workload(100, texts), None, 1.0, baggage)
    shortlist = None if baggage.candidates is None else baggage.candidates._shortlist

    async def go() -> int:
        engine = OpenAIEngine(taxonomy, options, Credentials(KEY), Limiter(1), shortlist, baggage.parts, baggage.shots)
        try:
            asks = asks_of(texts)
            bodies = [json.loads(engine.body(asks[i : i + 20])) for i in range(0, 100, 20)]
        finally:
            await engine.aclose()
        return sum(
            count_tokens(body["messages"][0]["content"]) + count_tokens(body["messages"][1]["content"])
            + count_tokens(json.dumps(body["response_format"]["json_schema"]["schema"], separators=(",", ":")))
            for body in bodies
        )  # fmt: skip

    return told.input_tokens[0], asyncio.run(go())


def test_reviewed_examples_are_counted_as_they_would_be_sent() -> None:
    examples = [Example(f"leche entera marca {i}", "0101") for i in range(50)]
    shots = FewShots(examples, taxonomy_of(60).assignable, 300)
    told, sent = charged(lambda i: f"leche entera {i}", Baggage(shots=shots))
    plain, _ = charged(lambda i: f"leche entera {i}", Baggage())
    assert told == pytest.approx(sent, rel=0.02)
    assert 5 * 60 <= told - plain <= 5 * 400
    strange, none_sent = charged(lambda i: f"tornillo {i}", Baggage(shots=shots))  # no example is near
    assert strange == pytest.approx(none_sent, rel=0.02)


def test_of_a_long_taxonomy_only_the_candidates_are_counted_and_none_of_it_as_cached() -> None:
    taxonomy = taxonomy_of(1_200)

    def shortlist(texts: Sequence[str], k: int) -> frozenset[str]:
        return frozenset(taxonomy.assignable[len(text) % 50 + i] for text in texts for i in range(k))

    baggage = Baggage(candidates=Candidates(taxonomy, "es", shortlist))
    told, sent = charged(lambda i: f"leche entera {i}", baggage, 1_200)
    whole, _ = charged(lambda i: f"leche entera {i}", Baggage(), 1_200)
    assert told == pytest.approx(sent, rel=0.02)
    assert told < whole / 5
    options = OpenAIOptions(batch_size=20)
    assert estimate(taxonomy, options, Workload(100, ["leche"] * 100), None, baggage=baggage).cacheable_tokens == 0


def test_the_parts_of_an_edition_and_the_labels_of_its_taxonomy_are_in_a_jobs_estimate(tmp_path: Path) -> None:
    services = new_services(tmp_path, OPENAI_API_KEY="sk-test-000000")
    try:
        asked = Submission("lista", TAXONOMY.fingerprint, "openai")
        work = Workload(10, ["leche entera"] * 10)
        [plain] = estimate_job(services, asked, work, None)
        services.store.keep_labels(TAXONOMY.fingerprint, [Labelled(text_key("leche"), "leche", "0101")], "ana")
        [with_label] = estimate_job(services, asked, work, None)
        assert with_label.input_tokens[0] > plain.input_tokens[0]
        first = editing.begin(services, TAXONOMY.fingerprint, "ana")
        told = editing.reword(services, first, PromptParts(role="Clasifica con cuidado, paso a paso. " * 20), "ana")
        published = editing.publish(services, told, "", "ana")
        [edited] = estimate_job(services, replace(asked, edition_id=published.id), work, None)
        assert edited.input_tokens[0] > with_label.input_tokens[0]
    finally:
        services.stop()


def test_the_thoughts_of_a_model_are_assumed_until_a_job_has_shown_them(tmp_path: Path) -> None:
    work, price = Workload(100, ["leche"] * 100), find_price("gpt-5-mini", TODAY)
    plain = estimate(taxonomy_of(40), OpenAIOptions(), work, price)
    thinking = estimate(taxonomy_of(40), OpenAIOptions(model="gpt-5-mini"), work, price)
    assert plain.thoughts == (0, 0)
    assert thinking.are_thoughts_assumed
    assert thinking.output_tokens[1] > plain.output_tokens[1] + 100 * 200
    with ReasonerLike() as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        asked = Submission("job", bench.taxonomy_id, "openai", "gpt-5-mini", {"batch_size": 10}, reuse=False)
        jobs.submit(bench.services, asked, (Product(i, f"leche {i}") for i in range(50)))
        bench.services.executor.start()
        [job_id] = [job.id for job in bench.store.jobs()]
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        [known] = estimate_job(bench.services, asked, work, price)
    each = ReasonerLike.thoughts / 10
    assert not known.are_thoughts_assumed
    assert known.thoughts == pytest.approx((0.7 * each, 1.5 * each))
