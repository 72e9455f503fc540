"""Services that speak only a part of the API: each is found out, asked in the best way it knows, and billed right."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai_check import ConnectionReport, check_connection
from classifier.engines.openai_request import forget_capabilities
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.limiter import Limiter
from tests.asking import KEY, Outcome, ask_all, asks_of, taxonomy_of
from tests.dialects import AzureLike, GrammarLike, OllamaLike, ReasonerLike, VLLMLike
from tests.llm_server import LLMServer, shelf

ASKS = asks_of([f"producto número {i}" for i in range(60)])


def asked_all(base_url: str, **options: object) -> Outcome:
    """Ask for sixty products; every answer is checked."""

    async def go() -> Outcome:
        forget_capabilities()
        settings = replace(OpenAIOptions(deadline_s=5.0, batch_size=10, concurrency=2), **options)  # type: ignore[arg-type]
        engine = OpenAIEngine(taxonomy_of(40), settings, Credentials(KEY, base_url), Limiter(settings.concurrency))
        try:
            return await ask_all(engine, ASKS)
        finally:
            await engine.aclose()

    outcome = asyncio.run(go())
    notations = taxonomy_of(40).assignable
    assert {key: p.notation for key, p in outcome.predictions.items()} == {
        ask.key: shelf(ask.text, notations) for ask in ASKS
    }
    return outcome


def tried(base_url: str, model: str = "gpt-4o-mini") -> ConnectionReport:
    forget_capabilities()
    return asyncio.run(check_connection(Credentials(KEY, base_url), model, 5.0))


def modes(report: ConnectionReport) -> dict[str, bool]:
    return {mode.mode: mode.works for mode in report.modes}


def assert_bill(outcome: Outcome, server: LLMServer) -> None:
    assert outcome.tokens("input_tokens") == server.ledger.input_tokens
    assert outcome.tokens("output_tokens") == server.ledger.output_tokens


def test_a_service_that_ignores_the_format_and_talks_around_its_json_is_understood_the_first_time() -> None:
    with OllamaLike() as server:
        outcome = asked_all(server.base_url, model="llama3")
        assert len(outcome.calls) == 6
        assert_bill(outcome, server)
        assert {call.request_id for call in outcome.calls} == {None}
        report = tried(server.base_url, "llama3")
    assert report.works
    assert report.cost_usd is None  # nobody knows its price
    assert report.requests_a_minute is None


@pytest.mark.parametrize("kind", [VLLMLike, GrammarLike])
def test_a_service_that_cannot_compile_the_schema_is_asked_for_plain_json_objects(kind: type[VLLMLike]) -> None:
    with kind() as server:
        outcome = asked_all(server.base_url, model="qwen2.5")
        assert_bill(outcome, server)
        assert server.asked[-1].body["response_format"] == {"type": "json_object"}
        assert sum(asked.body["response_format"]["type"] == "json_schema" for asked in server.asked) <= 2
        assert modes(tried(server.base_url, "qwen2.5")) == {"json_schema": False, "json_object": True, "text": True}


@pytest.mark.parametrize("where", ["deployment", "resource"])
def test_an_azure_address_is_asked_at_its_deployment_with_the_key_in_a_header_of_its_own(where: str) -> None:
    with AzureLike(key=KEY) as server:
        address = server.address if where == "deployment" else server.resource_address
        outcome = asked_all(address, model="catalogo-mini")
        assert_bill(outcome, server)
        report = tried(address, "catalogo-mini")
    assert report.works
    assert report.models is None


def test_an_azure_deployment_that_is_not_there_stops_the_test_with_azures_own_words() -> None:
    with AzureLike(key=KEY) as server:
        report = tried(server.resource_address, "another")
    assert not report.works
    assert "API deployment for this resource does not exist" in str(report.problem)


@pytest.mark.parametrize(("model", "n_cut"), [("gpt-5-mini", 0), ("o4-mini", 0), ("casa-razona-1", 2)])
def test_a_model_that_reasons_is_not_cut_off_by_a_bound_made_for_answers(model: str, n_cut: int) -> None:
    with ReasonerLike() as server:
        outcome = asked_all(server.base_url, model=model, temperature=0.0)
        assert_bill(outcome, server)
        assert outcome.tokens("reasoning_tokens") == server.ledger.reasoning_tokens > 0
        assert sum(call.kind == "truncated" for call in outcome.calls) <= n_cut
        last = server.asked[-1].body
    assert last.keys().isdisjoint({"temperature", "max_tokens", "max_completion_tokens"})


def test_the_test_of_a_connection_finds_out_that_a_model_reasons() -> None:
    with ReasonerLike() as server:
        report = tried(server.base_url, "casa-razona-1")
        assert modes(report) == {"json_schema": True, "json_object": True, "text": True}
        assert report.usage.reasoning_tokens == server.ledger.reasoning_tokens
        assert report.n_calls == len(server.asked) == 4
