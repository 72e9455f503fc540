"""What a call costs: dated prices a token, exact arithmetic. An unknown price is None, never $0."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version

from classifier.outcomes import Call, Usage

PICO = Decimal("1e-12")  # the record keeps whole pico-dollars
MILLION = Decimal(1_000_000)
NOTHING = Decimal(0)
# OpenAI bills flex like its Batch API, at half price; "priority" has prices of its own that we do not know
TIER_FACTORS = {"": Decimal(1), "default": Decimal(1), "standard": Decimal(1), "scale": Decimal(1), "auto": Decimal(1)}
TIER_FACTORS |= {"flex": Decimal("0.5"), "batch": Decimal("0.5")}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Price:
    """USD a token on a day. source: the price table and its version, or "entered" by the analyst."""

    input_usd: Decimal
    cached_input_usd: Decimal
    output_usd: Decimal
    on: date
    source: str

    def at_tier(self, service_tier: str | None) -> Price | None:
        """Give the price at a service tier; None when that is not known."""
        factor = TIER_FACTORS.get(service_tier or "")
        if factor is None:
            return None
        fresh, cached, output = (usd * factor for usd in (self.input_usd, self.cached_input_usd, self.output_usd))
        return Price(fresh, cached, output, self.on, self.source)

    def to_record(self) -> dict[str, str]:
        """Give plain JSON values for a job's spec."""
        return {
            "input_usd": str(self.input_usd),
            "cached_input_usd": str(self.cached_input_usd),
            "output_usd": str(self.output_usd),
            "on": self.on.isoformat(),
            "source": self.source,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Price:
        """Rebuild from `to_record`; raises KeyError, ValueError or decimal.InvalidOperation when it is not one."""
        fresh, cached, output = (Decimal(record[name]) for name in ("input_usd", "cached_input_usd", "output_usd"))
        return cls(fresh, cached, output, date.fromisoformat(record["on"]), record["source"])


def entered_price(input_usd: Decimal, output_usd: Decimal, cached_input_usd: Decimal | None, on: date) -> Price:
    """Make a price from what an analyst entered, in USD a million tokens; cached input costs the same unless told."""
    cached = input_usd if cached_input_usd is None else cached_input_usd
    if any(not amount.is_finite() or amount < 0 for amount in (input_usd, cached, output_usd)):
        raise ValueError("A price is 0 or more USD a million tokens.")
    return Price(input_usd / MILLION, cached / MILLION, output_usd / MILLION, on, "entered")


@lru_cache(maxsize=1024)
def find_price(model: str, on: date, base_url: str | None = None) -> Price | None:
    """Look a model's price up in genai-prices, offline; None when it is not known there.

    The service is recognised by its base URL; at an unknown one the model's name decides, as a proxy would be billed.
    """
    from genai_prices import Usage as Nothing
    from genai_prices import calc_price

    at = datetime.combine(on, time(12), UTC)
    for api_url in dict.fromkeys((base_url, None)):
        try:
            found = calc_price(Nothing(), model, provider_api_url=api_url, genai_request_timestamp=at).model_price
        except (LookupError, ValueError):
            continue
        return _price(found.input_mtok, found.cache_read_mtok, found.output_mtok, on)
    log.warning("No price is known for the model %r: its calls are counted, their cost is not.", model[:100])
    return None


def _price(input_mtok: object, cached_mtok: object, output_mtok: object, on: date) -> Price | None:
    amounts = [_base(input_mtok), _base(cached_mtok), _base(output_mtok)]
    if amounts[0] is None or amounts[2] is None:
        return None
    cached = amounts[0] if amounts[1] is None else amounts[1]
    source = f"genai-prices {version('genai-prices')}"
    return Price(amounts[0] / MILLION, cached / MILLION, amounts[2] / MILLION, on, source)


def _base(amount: object) -> Decimal | None:
    """Give the price of short prompts where a table has tiers by length: ours are a few thousand tokens."""
    amount = getattr(amount, "base", amount)
    return amount if isinstance(amount, Decimal) else None


def cost_usd(usage: Usage, price: Price, service_tier: str | None = None) -> Decimal | None:
    """Price a call's tokens, rounded to pico-dollars; None when the service tier's price is not known."""
    factor = TIER_FACTORS.get(service_tier or "")
    if factor is None:
        return None
    fresh = usage.input_tokens - usage.cached_input_tokens
    cost = fresh * price.input_usd + usage.cached_input_tokens * price.cached_input_usd
    return ((cost + usage.output_tokens * price.output_usd) * factor).quantize(PICO)


def split(cost: Decimal, n: int) -> list[Decimal]:
    """Share a cost among n items in whole pico-dollars; the shares add up to the cost exactly."""
    pico = int(cost.quantize(PICO).scaleb(12))
    share, rest = divmod(pico, n)
    one_more, one = Decimal(share + 1).scaleb(-12), Decimal(share).scaleb(-12)
    return [one_more] * rest + [one] * (n - rest)


class Pricer:
    """Prices the calls of one job: by the analyst's price, else by the model that answered, else the one asked for."""

    def __init__(self, model: str, base_url: str | None = None, entered: Price | None = None) -> None:
        self._model = model
        self._base_url = base_url
        self._entered = entered
        if entered is None:
            find_price(model, datetime.now(UTC).date(), base_url)  # reads the table now (0.3 s), not between calls

    def price(self, call: Call) -> Price | None:
        """Find the price of the day on which the call was made."""
        if self._entered is not None:
            return self._entered
        on = call.started_at.date()
        return find_price(call.model, on, self._base_url) or find_price(self._model, on, self._base_url)

    def __call__(self, call: Call) -> Decimal | None:
        """USD of a call; 0 when the service reported no usage (it charges none for an error); None: no known price."""
        price = self.price(call)
        if price is None:
            return None
        return NOTHING if call.usage is None else cost_usd(call.usage, price, call.service_tier)


class LadderPricer:
    """Prices the calls of a job with two models: each call by the model that was asked."""

    def __init__(self, first: Pricer, stronger: Pricer) -> None:
        self._first, self._stronger = first, stronger

    def __call__(self, call: Call) -> Decimal | None:
        """USD of a call, as `Pricer` gives it."""
        return (self._first if call.asked_model is None else self._stronger)(call)
