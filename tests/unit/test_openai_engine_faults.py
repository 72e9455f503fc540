"""Every way a service can fail, as the engine tells it: against a real HTTP server, through the real client."""

from __future__ import annotations

import asyncio
import socket

import pytest

from classifier.outcomes import Ask, Failure, FailureKind, Prediction, Reply, Verdict
from tests.asking import KEY, asks_of, engine_at, taxonomy_of
from tests.llm_faults import rows_text
from tests.llm_server import LLMServer, always, first, shelf, sound_rows

TEXTS = ["leche entera 1L", "champú anticaspa", "arroz largo", "cerveza clara 6x355"]


def classify(server: LLMServer, asks: list[Ask], **options: object) -> Reply:
    async def once() -> Reply:
        async with engine_at(server, **options) as engine:  # type: ignore[arg-type]
            return await engine.classify(asks)

    return asyncio.run(once())


def kinds(reply: Reply) -> set[FailureKind | None]:
    return {answer.kind if isinstance(answer, Failure) else None for answer in reply.answers.values()}


def right(asks: list[Ask], n_concepts: int = 40) -> dict[str, str]:
    return {ask.key: shelf(ask.text, taxonomy_of(n_concepts).assignable) for ask in asks}


def notations(reply: Reply) -> dict[str, str | None]:
    return {key: a.notation for key, a in reply.answers.items() if isinstance(a, Prediction)}


def test_a_batch_is_answered_by_key_with_usage_and_request_id() -> None:
    asks = asks_of(TEXTS)
    with LLMServer() as server:
        reply = classify(server, asks)
    assert notations(reply) == right(asks)
    assert reply.call is not None
    assert reply.call.usage is not None
    assert reply.call.usage.input_tokens == server.ledger.input_tokens
    assert (reply.call.kind, reply.call.request_id, reply.call.http_status) == ("ok", "req_0", 200)
    assert reply.call.model == "gpt-4o-mini-2024-07-18"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("nojson", FailureKind.NOT_JSON),
        ("empty", FailureKind.NOT_JSON),
        ("null_content", FailureKind.NOT_JSON),
        ("no_choices", FailureKind.NOT_JSON),
        ("html", FailureKind.NOT_JSON),
        ("empty_body", FailureKind.NOT_JSON),
        ("cut_body", FailureKind.NOT_JSON),
        ("null_body", FailureKind.NOT_JSON),
        ("list_body", FailureKind.NOT_JSON),
        ("error_200", FailureKind.SERVER_ERROR),
        ("off_list", FailureKind.OFF_LIST),
        ("no_notation", FailureKind.MISSING),
        ("refusal", FailureKind.REFUSED),
        ("429", FailureKind.RATE_LIMITED),
        ("quota", FailureKind.QUOTA),
        ("500", FailureKind.SERVER_ERROR),
        ("503", FailureKind.SERVER_ERROR),
        ("auth", FailureKind.AUTH),
        ("forbidden", FailureKind.AUTH),
        ("no_model", FailureKind.BAD_REQUEST),
        ("bad_request", FailureKind.BAD_REQUEST),
        ("filtered_400", FailureKind.CONTENT_FILTER),
        ("too_long", FailureKind.TRUNCATED),
        ("reset", FailureKind.CONNECTION),
        ("deep", FailureKind.TRUNCATED),
    ],
)
def test_a_fault_becomes_a_failure_of_its_kind_for_every_product(fault: str, kind: FailureKind) -> None:
    with LLMServer(faults=always(fault)) as server:
        reply = classify(server, asks_of(TEXTS))
    assert kinds(reply) == {kind}
    assert reply.answers.keys() == {"0", "1", "2", "3"}
    assert reply.call is not None
    assert reply.call.kind == kind
    assert reply.call.error


@pytest.mark.parametrize("fault", ["prose", "two_objects", "single_quotes", "number_keys", "foreign", "nan", "echo"])
def test_an_odd_answer_that_says_it_all_is_kept(fault: str) -> None:
    asks = asks_of(TEXTS)
    with LLMServer(faults=always(fault)) as server:
        reply = classify(server, asks)
    assert notations(reply) == right(asks)


@pytest.mark.parametrize("fault", ["nan", "sure"])
def test_a_confidence_that_is_no_probability_is_unknown(fault: str) -> None:
    with LLMServer(faults=always(fault)) as server:
        reply = classify(server, asks_of(TEXTS))
    assert {a.confidence for a in reply.answers.values() if isinstance(a, Prediction)} == {None}


@pytest.mark.parametrize(("fault", "kind"), [("truncated", FailureKind.TRUNCATED), ("length", FailureKind.TRUNCATED)])
def test_a_cut_answer_keeps_its_whole_rows_and_nothing_of_the_cut_one(fault: str, kind: FailureKind) -> None:
    asks = asks_of(TEXTS)
    with LLMServer(faults=always(fault)) as server:
        reply = classify(server, asks)
    assert kinds(reply) == {None, kind}
    assert notations(reply).items() < right(asks).items()


def test_a_cut_notation_is_not_taken_for_the_broader_concept_it_looks_like() -> None:
    with LLMServer() as server:
        server.respond = lambda asked: [{"product_id": "0", "notation": "0105", "confidence": 0.9}]
        whole = rows_text(server.respond(None))  # type: ignore[arg-type]

        async def cut_everywhere() -> set[str | None]:
            from classifier.engines.openai_reply import Completion, read_answers

            found: set[str | None] = set()
            for end in range(len(whole)):
                completion = Completion(whole[:end], "stop", "", "m", None, None, None)
                answer = read_answers(completion, [Ask("0", "x")], frozenset({"01", "0105"}))["0"]
                found.add(answer.notation if isinstance(answer, Prediction) else None)
            return found

        assert asyncio.run(cut_everywhere()) <= {None, "0105"}


@pytest.mark.parametrize("fault", ["off_list_one", "missing", "contradiction"])
def test_one_bad_row_does_not_cost_its_neighbours(fault: str) -> None:
    asks = asks_of(TEXTS)
    with LLMServer(faults=always(fault)) as server:
        reply = classify(server, asks)
    assert len(notations(reply)) == 3
    assert notations(reply).items() < right(asks).items()
    assert reply.call is not None
    assert reply.call.kind == "ok"


def test_an_answer_off_the_list_is_never_snapped_to_something_near() -> None:
    with LLMServer(respond=lambda asked: [{"product_id": "0", "notation": " 0101", "confidence": 1}]) as server:
        reply = classify(server, asks_of(["leche"]))
    assert kinds(reply) == {FailureKind.OFF_LIST}


def test_not_a_product_and_unsure_are_answers_without_a_notation() -> None:
    def respond(asked: object) -> list[dict[str, object]]:
        verdicts = ["not_a_product", "unsure"]
        return [{"product_id": str(i), "notation": v, "confidence": 0.8} for i, v in enumerate(verdicts)]

    with LLMServer(respond=respond) as server:
        reply = classify(server, asks_of(["hola", "cosa"]))
    assert reply.answers["0"] == Prediction(Verdict.NOT_A_PRODUCT, None, 0.8)
    assert reply.answers["1"] == Prediction(Verdict.UNSURE, None, 0.8)


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_call_ends_at_its_deadline_also_when_bytes_keep_dripping(fault: str) -> None:
    with LLMServer(faults=always(fault)) as server:
        reply = classify(server, asks_of(TEXTS), deadline_s=0.3)
    assert kinds(reply) == {FailureKind.TIMEOUT}
    assert reply.call is not None
    assert reply.call.usage is None


def test_nobody_listening_is_a_connection_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = LLMServer()
        server.base_url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        assert kinds(classify(server, asks_of(TEXTS))) == {FailureKind.CONNECTION}


def test_the_usage_of_an_unusable_answer_is_on_the_bill() -> None:
    with LLMServer(faults=always("nojson")) as server:
        reply = classify(server, asks_of(TEXTS))
    assert reply.call is not None
    assert reply.call.usage is not None
    assert reply.call.usage.output_tokens == server.ledger.output_tokens > 0


def test_a_refusal_says_whether_the_product_was_alone() -> None:
    with LLMServer(faults=always("refusal")) as server:
        together, alone = classify(server, asks_of(TEXTS)), classify(server, asks_of(TEXTS[:1]))
    assert [a.alone for a in together.answers.values() if isinstance(a, Failure)] == [False] * 4
    assert [a.alone for a in alone.answers.values() if isinstance(a, Failure)] == [True]


def test_the_key_never_comes_back_in_errors_or_raw_answers() -> None:
    with LLMServer(faults=always("auth")) as server:
        reply = classify(server, asks_of(TEXTS))
    assert KEY not in repr(reply)
    assert "[key]" in repr(reply)


def test_the_raw_answer_is_bounded() -> None:
    with LLMServer(respond=lambda asked: [*sound_rows(asked), {"product_id": "x" * 50_000}]) as server:
        reply = classify(server, asks_of(TEXTS))
    assert reply.call is not None
    assert len(reply.call.raw) == 4_000


@pytest.mark.parametrize("text", ["\ud800 leche", "\x00\x01", "a" * 5_000, '"}]} {"x":[', "🥛" * 300])
def test_any_text_can_be_asked(text: str) -> None:
    with LLMServer() as server:
        reply = classify(server, [Ask("0", text)])
    assert kinds(reply) == {None}


def test_a_redirect_is_not_followed() -> None:
    from aiohttp import web

    async def go() -> Reply:
        async def away(request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"location": server.base_url + "/chat/completions"})

        app = web.Application()
        app.router.add_post("/v1/chat/completions", away)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        door = LLMServer()
        door.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        async with engine_at(door) as engine:
            reply = await engine.classify(asks_of(TEXTS))
        await runner.cleanup()
        return reply

    with LLMServer() as server:
        reply = asyncio.run(go())
        assert kinds(reply) == {FailureKind.BAD_REQUEST}
        assert not server.asked


def test_a_text_that_alone_is_not_accepted_is_its_own_failure_once_others_were() -> None:
    async def go() -> tuple[Reply, Reply]:
        async with engine_at(server) as engine:
            return await engine.classify(asks_of(TEXTS)), await engine.classify(asks_of(["malo"]))

    with LLMServer(faults=first(None, "bad_request")) as server:
        sound, refused = asyncio.run(go())
    assert kinds(sound) == {None}
    assert kinds(refused) == {FailureKind.REFUSED}
