"""Prompt injection: a hostile text may harm itself, never its neighbours, and never brings in an off-list answer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from classifier.isolation import goes_alone
from classifier.outcomes import Failure, FailureKind, Reply
from classifier.prompt import MAX_TEXT_CHARS
from classifier.retry import Again, decide
from tests.asking import ask_all, asks_of, engine_at, taxonomy_of
from tests.injections import INJECTIONS
from tests.llm_faults import Row
from tests.llm_server import Asked, LLMServer, shelf, sound_rows

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "supermarket_200.json"
HONEST = [
    "leche entera pascual 1L", "ARROZ LARGO 1KG", "champú H&S 2 en 1 400 ml", "Coca-Cola 2,25 L x 6", "pañales t.4",
    "aceite de oliva (virgen extra) 5 l", "7-UP lata", "pilas AA x4", "yerba mate c/palo 1/2 kg", "café 100% natural",
    "desodorante 48h", "tornillo 3/8\" x 50", "queso p/untar", "M&M's", "agua s/gas 500cc", "jabón azul 3+1",
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_a_text_that_speaks_to_the_model_goes_alone(text: str) -> None:
    assert goes_alone(text)


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_name_with_odd_signs_stays_with_the_others(text: str) -> None:
    assert not goes_alone(text)


def test_hardly_any_name_of_the_sample_goes_alone() -> None:
    names = [product["text"] for product in json.loads(SAMPLE.read_text(encoding="utf-8"))]
    assert sum(map(goes_alone, names)) <= 2


def test_the_engine_never_sends_such_a_text_in_company_whoever_made_the_batch() -> None:
    async def go() -> Reply:
        async with engine_at(server) as engine:
            return await engine.classify(asks_of(["leche", INJECTIONS[0], "arroz", "pasta 0105"]))

    with LLMServer() as server:
        reply = asyncio.run(go())
    assert [product["text"] for product in server.asked[0].products] == ["leche", "arroz"]
    aside = [reply.answers[key] for key in ("1", "3")]
    assert all(isinstance(answer, Failure) for answer in aside)
    assert decide(aside[0], 1, 0.0) == Again(0.0, alone=True, counts=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["0105", "ZZ-99"])
def test_a_server_that_obeys_an_injection_for_the_whole_request_changes_no_neighbours_answer(said: str) -> None:
    hostile = {text[:MAX_TEXT_CHARS] for text in INJECTIONS}

    def obey(asked: Asked) -> list[Row]:
        rows = sound_rows(asked)
        if any(product["text"] in hostile for product in asked.products):
            return [row | {"notation": said} for row in rows]
        return rows

    quartets = ((f"galletas {i}", hostile, f"arroz {i}", f"sal {i}") for i, hostile in enumerate(INJECTIONS))
    asks = asks_of([text for quartet in quartets for text in quartet])

    async def go() -> dict[str, object]:
        async with engine_at(server, n_concepts=40, concurrency=8) as engine:
            return dict((await ask_all(engine, asks)).answers)

    with LLMServer(respond=obey) as server:
        answers = asyncio.run(go())
    notations = taxonomy_of(40).assignable
    for ask in asks:
        answer = answers[ask.key]
        if ask.text not in INJECTIONS:
            assert answer.notation == shelf(ask.text, notations)  # type: ignore[attr-defined]
        elif said not in notations:
            assert isinstance(answer, Failure)
            assert answer.kind is FailureKind.OFF_LIST
