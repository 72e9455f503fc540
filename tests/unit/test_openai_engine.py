"""The OpenAI engine over whole jobs: what it sends, what it learns, what it costs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from classifier.engines.openai_check import ConnectionReport, check_connection
from classifier.engines.openai_request import forget_capabilities
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.limiter import Limiter
from classifier.outcomes import Ask, Failure, FailureKind
from classifier.pricing import Pricer
from tests.asking import KEY, Outcome, ask_all, asks_of, engine_at, taxonomy_of
from tests.llm_server import Asked, LLMServer, always, by_rate, first, shelf

MIX = {"429": 0.05, "500": 0.03, "prose": 0.03, "truncated": 0.03, "off_list": 0.02, "reset": 0.01}


def run(server: LLMServer, asks: Sequence[Ask], **options: object) -> Outcome:
    async def go() -> Outcome:
        async with engine_at(server, **options) as engine:  # type: ignore[arg-type]
            return await ask_all(engine, asks)

    return asyncio.run(go())


def names(n: int) -> list[Ask]:
    return asks_of([f"producto número {i}" for i in range(n)])


def n_wrong(outcome: Outcome, asks: Sequence[Ask], n_concepts: int = 40) -> int:
    notations = taxonomy_of(n_concepts).assignable
    texts = {ask.key: ask.text for ask in asks}
    return sum(p.notation != shelf(texts[key], notations) for key, p in outcome.predictions.items())


@pytest.mark.parametrize("batch_size", [1, 25])
def test_a_mix_of_faults_loses_nothing_and_keeps_nothing_wrong(batch_size: int) -> None:
    asks = names(400)
    with LLMServer(faults=by_rate(MIX), retry_after="0.2") as server:
        outcome = run(server, asks, batch_size=batch_size)
    assert len(outcome.predictions) == 400
    assert n_wrong(outcome, asks) == 0
    assert len(server.asked) <= 400 * 1.25


def test_tokens_on_the_bill_equal_the_servers_ledger() -> None:
    with LLMServer(faults=by_rate(MIX | {"nojson": 0.1}), retry_after="0.1", reasoning_tokens=7) as server:
        outcome = run(server, names(300), batch_size=5)
    ledger = server.ledger
    assert outcome.tokens("input_tokens") == ledger.input_tokens
    assert outcome.tokens("cached_input_tokens") == ledger.cached_tokens
    assert outcome.tokens("output_tokens") == ledger.output_tokens
    assert outcome.tokens("reasoning_tokens") == ledger.reasoning_tokens


def test_a_tenth_without_json_still_classifies_all_with_the_retries_on_the_bill() -> None:
    with LLMServer(faults=by_rate({"nojson": 0.1})) as server:
        outcome = run(server, names(200), batch_size=1)
    assert len(outcome.predictions) == 200
    assert len(outcome.calls) == 200 + server.ledger.faults["nojson"] > 200
    assert all(call.usage for call in outcome.calls)


def test_at_282_concepts_a_product_costs_150_input_tokens_and_a_tenth_of_the_old_system() -> None:
    with LLMServer() as server:
        outcome = run(server, names(500), n_concepts=282, concurrency=4)
    assert outcome.tokens("input_tokens") / 500 <= 150
    price = Pricer("gpt-4o-mini")
    costs = [price(call) for call in outcome.calls]
    assert None not in costs
    assert sum(cost for cost in costs if cost) / 500 <= 0.00046 / 10


def test_nine_tenths_of_the_input_are_the_same_for_every_call() -> None:
    with LLMServer() as server:
        run(server, names(50), n_concepts=282, concurrency=1)
    systems = {asked.body["messages"][0]["content"] for asked in server.asked}
    schemas = {json.dumps(asked.body["response_format"]) for asked in server.asked}
    assert len(systems) == len(schemas) == 1
    shared = len(systems.pop()) + len(schemas.pop())
    assert shared / (shared + len(server.asked[0].body["messages"][-1]["content"])) >= 0.9


def test_a_full_bucket_of_a_rate_limit_is_followed_without_being_refused() -> None:
    with LLMServer(rpm=3_000, bucket=50, latency_s=0.05) as server:
        outcome = run(server, names(200), batch_size=1, concurrency=32)
    assert len(outcome.predictions) == 200
    assert len(server.asked) <= 210  # requests may be late on a busy machine; a plain client makes 3.5 times 200


def test_a_stronger_word_goes_back_with_a_product_whose_answer_was_off_the_list() -> None:
    with LLMServer(faults=first("off_list")) as server:
        outcome = run(server, names(3), concurrency=1)
    assert len(outcome.predictions) == 3
    products = server.asked[1].products
    assert all("not in the list" in product["feedback"] for product in products)
    assert "ZZ-no-such-category" not in json.dumps(products)  # the model's own words never come back to it


def test_a_refused_product_is_final_after_one_retry_alone_and_its_neighbours_are_answered() -> None:
    def refuse(asked: Asked) -> str | None:
        return "refusal" if any("veneno" in product["text"] for product in asked.products) else None

    asks = [*names(9), Ask("9", "veneno para ratas")]
    with LLMServer(faults=refuse) as server:
        outcome = run(server, asks, concurrency=2)
    failure = outcome.answers["9"]
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.REFUSED
    assert len(outcome.predictions) == 9
    assert sum(len(asked.products) == 1 and asked.products[0]["product_id"] == "9" for asked in server.asked) == 1


@pytest.mark.parametrize(("fault", "word"), [("auth", "key"), ("quota", "quota"), ("no_model", "model")])
def test_what_no_retry_can_cure_stops_the_job_at_once_and_says_what_to_do(fault: str, word: str) -> None:
    with LLMServer(faults=always(fault)) as server:
        outcome = run(server, names(200), concurrency=4, batch_size=10)
    assert outcome.stopped
    assert word in outcome.stopped
    assert len(server.asked) <= 8


@pytest.mark.parametrize(
    ("unknown", "mode"), [(["json_schema"], "json_object"), (["json_schema", "json_object"], "text")]
)
def test_a_service_without_structured_output_is_asked_in_the_best_way_it_knows(unknown: list[str], mode: str) -> None:
    asks = names(60)
    with LLMServer(unknown_settings=unknown) as server:
        outcome = run(server, asks, concurrency=3, batch_size=5)
    assert len(outcome.predictions) == 60
    assert n_wrong(outcome, asks) == 0
    assert server.asked[-1].body.get("response_format", {}).get("type", "text") == mode


def test_settings_a_service_does_not_know_are_left_out_and_the_rest_is_kept() -> None:
    unknown = ["temperature", "prompt_cache_key", "max_completion_tokens"]
    with LLMServer(unknown_settings=unknown) as server:
        outcome = run(server, names(20), concurrency=1, temperature=0.0, seed=7)
    body = server.asked[-1].body
    assert len(outcome.predictions) == 20
    assert body.keys().isdisjoint(unknown)
    assert body["seed"] == 7
    assert body["max_tokens"] > 0


def test_options_reach_the_service_and_none_is_not_sent() -> None:
    with LLMServer() as server:
        run(server, names(1), seed=1, service_tier="flex", reasoning_effort="low")
    body = server.asked[0].body
    assert (body["seed"], body["service_tier"], body["reasoning_effort"]) == (1, "flex", "low")
    assert "temperature" not in body
    assert "max_completion_tokens" not in body  # reasoning needs room that nobody knows
    assert body["prompt_cache_key"].startswith("anaquel-")


def test_key_organisation_and_project_go_with_every_call() -> None:
    async def go() -> None:
        from classifier.engines.openai import OpenAIEngine

        credentials = Credentials(KEY, server.base_url, "org-1", "proj-1")
        engine = OpenAIEngine(taxonomy_of(5), OpenAIOptions(), credentials, Limiter(1))
        for _ in range(3):
            await engine.classify(names(1))
        await engine.aclose()

    with LLMServer(key=KEY) as server:
        asyncio.run(go())
    for asked in server.asked:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        assert headers["authorization"] == f"Bearer {KEY}"
        assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-1")
    assert server.ledger.statuses == {200: 3}


def test_answers_cut_off_make_batches_smaller_and_sound_ones_make_them_grow_again() -> None:
    async def go() -> list[int]:
        sizes = []
        async with engine_at(server, concurrency=1, batch_size=16) as engine:
            for _ in range(22):
                await engine.classify(names(engine.batch_size))
                sizes.append(engine.batch_size)
        return sizes

    with LLMServer(faults=first("length", "length")) as server:
        sizes = asyncio.run(go())
    assert sizes[:2] == [8, 4]
    assert sizes[-1] == 16


def test_cancelling_a_call_is_not_swallowed_and_frees_the_connection() -> None:
    async def go() -> None:
        async with engine_at(server, concurrency=1) as engine:
            await engine.classify(names(1))
            call = asyncio.create_task(engine.classify(names(1)))
            await asyncio.sleep(0.1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with LLMServer(faults=first(None, "hang")) as server:
        asyncio.run(go())


def check(server: LLMServer, key: str = KEY, model: str = "gpt-4o-mini") -> ConnectionReport:
    forget_capabilities()
    return asyncio.run(check_connection(Credentials(key, server.base_url), model, 5.0))


def test_a_connection_test_names_modes_models_and_cost() -> None:
    with LLMServer(unknown_settings=["json_schema", "seed"], rpm=600, bucket=10) as server:
        report = check(server)
    assert [(mode.mode, mode.works) for mode in report.modes] == [
        ("json_schema", False), ("json_object", True), ("text", True)]  # fmt: skip
    assert report.works
    assert report.models == ("gpt-4.1-nano", "gpt-4o-mini")
    assert report.usage.input_tokens == server.ledger.input_tokens
    assert report.cost_usd
    assert report.requests_a_minute
    assert report.requests_a_minute.limit == 600


def test_a_connection_test_with_a_wrong_key_says_so_once_and_keeps_it_secret() -> None:
    with LLMServer(key="sk-the-right-one") as server:
        report = check(server)
    assert not report.works
    assert report.problem
    assert "refused the key" in report.problem
    assert KEY not in repr(report)
    assert len(server.asked) == 1


def test_a_connection_test_of_a_model_without_a_price_does_not_call_it_free() -> None:
    with LLMServer() as server:
        assert check(server, model="our-own-llama").cost_usd is None


def test_options_and_nothing_secret_survive_the_record() -> None:
    options = OpenAIOptions(model="gpt-5-mini", batch_size=7, seed=3)
    assert OpenAIOptions.from_record(json.loads(json.dumps(options.to_record()))) == options
    assert OpenAIOptions.from_record({"model": "m", "gone": 1}) == OpenAIOptions(model="m")
    assert KEY not in repr(Credentials(KEY))


@pytest.mark.parametrize("bad", [{"model": " "}, {"batch_size": 0}, {"concurrency": 0}, {"deadline_s": 0}])
def test_senseless_options_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\."):
        OpenAIOptions(**bad)  # type: ignore[arg-type]
