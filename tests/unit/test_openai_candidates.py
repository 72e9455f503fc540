"""Taxonomies that are too long for a request: each call lists candidates, and looks twice before it gives up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from classifier.build import lexicon
from classifier.engines.local import LocalEngine
from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai_candidates import K_FIRST, K_SECOND, narrowed
from classifier.engines.openai_request import forget_capabilities
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.limiter import Limiter
from classifier.outcomes import Ask, Verdict
from classifier.taxonomy import Concept, Taxonomy
from tests.asking import KEY, Outcome, ask_all, asks_of
from tests.llm_faults import Row
from tests.llm_server import Asked, LLMServer

THINGS = ["Leche", "Arroz", "Champú", "Pañal", "Cerveza", "Aceite", "Galleta", "Tornillo", "Jabón", "Café"]
TRAITS = ["roja", "azul", "verde", "grande", "mediana", "infantil", "industrial", "casera", "orgánica", "premium"]


def five_thousand() -> Taxonomy:
    concepts = {f"{b:02d}": Concept(f"{b:02d}", f"urn:{b}", {"es": f"Sección {b}"}) for b in range(50)}
    for i in range(4_950):
        label = f"{THINGS[i % 10]} {TRAITS[i // 10 % 10]} serie {'abcdefghij'[i // 100 % 10]}{i // 1000}x"
        notation = f"{i % 50:02d}{i:04d}"
        concepts[notation] = Concept(notation, f"urn:{notation}", {"es": label}, broader=(notation[:2],))
    return Taxonomy("large", "urn:large", concepts, frozenset(n for n in concepts if len(n) > 2))


TAXONOMY = five_thousand()
LOCAL = LocalEngine(TAXONOMY, lexicon())
TEXTS = [TAXONOMY.label(n) for n in TAXONOMY.assignable[::330]]
WANTED = {TAXONOMY.label(n): n for n in TAXONOMY.assignable}


def run(server: LLMServer, asks: Sequence[Ask], **options: int) -> Outcome:
    async def go() -> Outcome:
        forget_capabilities()
        settings = OpenAIOptions(deadline_s=5.0, **options)  # type: ignore[arg-type]
        engine = OpenAIEngine(TAXONOMY, settings, Credentials(KEY, server.base_url), Limiter(4), LOCAL.shortlist)
        try:
            assert engine.weigh(asks[:5]) < 10_000
            return await ask_all(engine, asks)
        finally:
            await engine.aclose()

    return asyncio.run(go())


def right_if_listed(asked: Asked) -> list[Row]:
    return [
        {"product_id": p["product_id"], "confidence": 0.9,
         "notation": WANTED[p["text"]] if WANTED[p["text"]] in listed(asked) else "unsure"}
        for p in asked.products
    ]  # fmt: skip


def listed(asked: Asked) -> set[str]:
    lines = str(asked.body["messages"][0]["content"]).splitlines()
    return {word for line in lines for word in line.split()[:1]} & TAXONOMY.only


def all_unsure(asked: Asked) -> list[Row]:
    return [{"product_id": p["product_id"], "notation": "unsure", "confidence": 0.2} for p in asked.products]


def test_products_of_a_taxonomy_of_five_thousand_concepts_find_theirs_among_the_candidates() -> None:
    asks = asks_of(TEXTS)
    with LLMServer(respond=right_if_listed) as server:
        outcome = run(server, asks, batch_size=5)
    answers = {ask.text: outcome.predictions[ask.key].notation for ask in asks}
    assert answers == {text: WANTED[text] for text in TEXTS}
    assert all(0 < len(listed(asked)) <= 5 * K_FIRST for asked in server.asked)


def test_unsure_is_taken_only_after_a_second_look_at_more_candidates() -> None:
    with LLMServer(respond=all_unsure) as server:
        outcome = run(server, asks_of(TEXTS[:1]), batch_size=5)
    assert [p.verdict for p in outcome.predictions.values()] == [Verdict.UNSURE]
    assert [len(listed(asked)) for asked in server.asked] == [K_FIRST, K_SECOND]


def test_a_narrowed_taxonomy_has_headings_that_are_no_answers() -> None:
    notation = TAXONOMY.assignable[7]
    small = narrowed(TAXONOMY, frozenset([notation]))
    assert set(small.concepts) == {notation, notation[:2]}
    assert small.assignable == (notation,)


def test_nothing_found_leaves_only_the_verdicts() -> None:
    assert narrowed(TAXONOMY, frozenset()).assignable == ()


def test_the_right_concept_is_among_fifty_candidates_of_a_misspelt_name() -> None:
    found = [c.notation for c in LOCAL.candidates("serbesa industrial serie c2x", 50)]
    assert len(found) == 50
    assert WANTED["Cerveza industrial serie c2x"] in found[:20]
