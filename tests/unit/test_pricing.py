"""Money: exact, dated, and never $0 when it is not known."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.outcomes import Call, Usage
from classifier.pricing import Price, Pricer, cost_usd, entered_price, find_price, split

TODAY = date(2026, 11, 23)
MINI = Price(Decimal("0.15e-6"), Decimal("0.075e-6"), Decimal("0.6e-6"), TODAY, "test")


def call(model: str, usage: Usage | None = Usage(1000, 0, 100), tier: str | None = None) -> Call:  # noqa: B008
    return Call(model, datetime(2026, 11, 23, tzinfo=UTC), 1.0, "ok", usage, service_tier=tier)


def test_the_price_of_a_known_model_is_per_token_and_dated() -> None:
    price = find_price("gpt-4o-mini", TODAY)
    assert price is not None
    assert (price.input_usd, price.cached_input_usd, price.output_usd) == MINI_AMOUNTS
    assert price.on == TODAY
    assert price.source.startswith("genai-prices ")


MINI_AMOUNTS = (Decimal("0.15e-6"), Decimal("0.075e-6"), Decimal("0.6e-6"))


@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "http://127.0.0.1:9100/v1", None])
def test_the_dated_name_a_service_answers_with_has_the_models_price(base_url: str | None) -> None:
    price = find_price("gpt-4o-mini-2024-07-18", TODAY, base_url)
    assert price is not None
    assert (price.input_usd, price.cached_input_usd, price.output_usd) == MINI_AMOUNTS


def test_an_unknown_model_has_no_price_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    find_price.cache_clear()
    assert find_price("our-own-llama", TODAY) is None
    assert "our-own-llama" in caplog.text
    assert Pricer("our-own-llama")(call("our-own-llama")) is None


def test_cached_input_is_cheaper_and_reasoning_is_output() -> None:
    assert cost_usd(Usage(1000, 400, 100, 60), MINI) == Decimal("0.00018")


@pytest.mark.parametrize(("tier", "cost"), [("flex", "0.000105"), ("default", "0.00021"), (None, "0.00021")])
def test_a_service_tier_has_its_own_price(tier: str | None, cost: str) -> None:
    assert cost_usd(Usage(1000, 0, 100), MINI, tier) == Decimal(cost)


def test_a_tier_without_a_known_price_has_none() -> None:
    assert cost_usd(Usage(1000, 0, 100), MINI, "priority") is None


@given(st.integers(0, 10**15), st.integers(1, 500))
def test_shares_of_a_cost_add_up_to_it_exactly(pico: int, n: int) -> None:
    cost = Decimal(pico).scaleb(-12)
    shares = split(cost, n)
    assert len(shares) == n
    assert sum(shares) == cost
    assert max(shares) - min(shares) <= Decimal("1e-12")


def test_the_model_that_answered_is_priced_before_the_one_asked_for() -> None:
    pricer = Pricer("gpt-4o-mini")
    assert pricer(call("gpt-4o")) == Decimal("0.0035")
    assert pricer(call("some-deployment")) == Decimal("0.00021")


def test_an_entered_price_is_used_for_every_model() -> None:
    price = entered_price(Decimal(1), Decimal(2), None, TODAY)
    assert Pricer("our-own-llama", entered=price)(call("x")) == Decimal("0.0012")
    assert Price.from_record(json.loads(json.dumps(price.to_record()))) == price


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity"])
def test_a_senseless_price_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        entered_price(Decimal(amount), Decimal(1), None, TODAY)


def test_a_call_that_reported_no_usage_costs_nothing_where_the_price_is_known() -> None:
    assert Pricer("gpt-4o-mini")(call("gpt-4o-mini", None)) == 0
    assert Pricer("our-own-llama")(call("our-own-llama", None)) is None
