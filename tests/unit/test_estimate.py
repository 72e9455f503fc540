"""The estimate before launch, checked against what the same job then costs at a server."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from classifier.engines.options import OpenAIOptions
from classifier.engines.tokens import count_tokens, counting_method
from classifier.estimate import Workload, estimate
from classifier.pricing import Pricer, find_price
from tests.asking import ask_all, asks_of, engine_at, taxonomy_of
from tests.llm_server import LLMServer

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
