"""What calls without a known price come to at prices that were entered after them.

A price is kept for a model of a service and holds for every job that asked it there. The record is not touched: what a
job comes to at such prices is told beside its known cost and never added to it without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from classifier.bootstrap import Services
from classifier.metrics import Share
from classifier.pricing import Price
from classifier.spec import Spec
from storage import Job, UsedTokens

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class LaterPrice:
    """USD a token, its day, and who entered it."""

    price: Price
    by: str


@dataclass(frozen=True, slots=True)
class LaterCost:
    """USD of n_calls calls without a known price, at prices by model; models of missing have none.

    total_usd: with the job's known cost; it and what follows are None while a model has no price.
    """

    n_calls: int
    prices: Mapping[str, LaterPrice]
    missing: tuple[str, ...]
    usd: Decimal
    total_usd: Decimal | None
    per_product_usd: Decimal | None
    per_correct_usd: Decimal | None


def later_cost(services: Services, job: Job) -> LaterCost | None:
    """Tell what the calls of a job without a known price come to; None when every call has one."""
    if not job.n_unpriced_attempts:
        return None
    used = services.store.unpriced_tokens(job.id)
    kept = {row.model: find_later_price(services, job, row.model) for row in used}
    prices = {model: told for model, told in kept.items() if told is not None}
    usd = sum((at_price(row, prices[row.model].price) for row in used if row.model in prices), NOTHING)
    missing = tuple(model for model in kept if model not in prices)
    total = None if missing or not prices else job.cost_usd + usd
    n = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    right = Share(job.n_correct, services.store.labelled(job.id)[0])
    each = total / n if total is not None and n else None
    per_correct = each * right.n / right.k if each is not None and right.k else None
    return LaterCost(job.n_unpriced_attempts, prices, missing, usd, total, each, per_correct)


def at_price(used: UsedTokens, price: Price) -> Decimal:
    """USD of tokens at a price, as it stands: no service tier changes what an analyst says was paid."""
    fresh = used.input_tokens - used.cached_input_tokens
    return (fresh * price.input_usd + used.cached_input_tokens * price.cached_input_usd
            + used.output_tokens * price.output_usd)  # fmt: skip


def find_later_price(services: Services, job: Job, model: str) -> LaterPrice | None:
    """Return the price that was entered for a model where the job asked it."""
    kept = services.store.preference(_key(job, model))
    try:
        return LaterPrice(Price.from_record(kept), str(kept["by"])) if kept else None
    except (KeyError, TypeError, ValueError, InvalidOperation):  # what another version wrote is no price
        return None


def keep_later_price(services: Services, job: Job, model: str, price: Price | None, actor: str) -> None:
    """Keep a price for a model where the job asked it; None forgets it."""
    services.store.set_preference(_key(job, model), None if price is None else price.to_record() | {"by": actor})
    services.store.note_activity(actor, "price forgotten" if price is None else "price entered", model, job.id)


def _key(job: Job, model: str) -> str:
    return f"price of {model} at {Spec.from_record(job.spec or {}).base_url or ''}"
