"""What the body of POST /classify/async asks for beside its products, and how each field is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from classifier.request_faults import Check, check_text
from classifier.spec import ENGINES

ID_LENGTH = 2_000
NAME_LENGTH = 200


@dataclass
class RequestOptions:
    """What a body asks for beside its products; None where it does not say."""

    n_products: int = 0
    priority: int | None = None
    callback_url: str | None = None
    taxonomy: str | None = None
    engine: str | None = None
    model: str | None = None
    budget_usd: Decimal | None = None
    threshold: float | None = None
    learn: bool | None = None
    learn_expected: bool | None = None
    batch: bool | None = None
    stronger_model: str | None = None
    reuse: bool | None = None
    seed: int | None = None
    temperature: float | None = None
    service_tier: str | None = None
    reasoning_effort: str | None = None


def _priority(check: Check, name: str, value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        check.add("int_type", (name,), "Input should be a valid integer", value)
    elif value < 1:
        check.add("greater_than_equal", (name,), "Input should be greater than or equal to 1", value, ge=1)
    else:
        check.add("less_than_equal", (name,), "Input should be less than or equal to 5", value, le=5)
    return None


def _engine(check: Check, name: str, value: object) -> str | None:
    if value is None or value in ENGINES:
        return value
    wanted = " or ".join(repr(engine) for engine in ENGINES)
    check.add("literal_error", (name,), f"Input should be {wanted}", value, expected=wanted)
    return None


def _budget(check: Check, name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        check.add("decimal_type", (name,), "Input should be a number of USD", value)
    elif value <= 0:
        check.add("greater_than", (name,), "Input should be greater than 0", value, gt=0)
    elif value > 1_000_000:
        check.add("less_than_equal", (name,), "Input should be less than or equal to 1000000", value, le=1_000_000)
    else:
        return Decimal(str(value))
    return None


def _number(check: Check, name: str, value: object, top: int) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        check.add("float_type", (name,), "Input should be a valid number", value)
    elif not value >= 0:
        check.add("greater_than_equal", (name,), "Input should be greater than or equal to 0", value, ge=0)
    elif value > top:
        check.add("less_than_equal", (name,), f"Input should be less than or equal to {top}", value, le=top)
    else:
        return float(value)
    return None


def _share(check: Check, name: str, value: object) -> float | None:
    return _number(check, name, value, 1)


def _temperature(check: Check, name: str, value: object) -> float | None:
    return _number(check, name, value, 2)


def _switch(check: Check, name: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    check.add("bool_type", (name,), "Input should be a valid boolean", value)
    return None


def _short(check: Check, name: str, value: object) -> str | None:
    return check_text(check, (name,), value, NAME_LENGTH) or None  # an empty name is none


def _url(check: Check, name: str, value: object) -> str | None:
    return check_text(check, (name,), value, ID_LENGTH) or None


def _whole(check: Check, name: str, value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63):
        return value
    check.add("int_type", (name,), "Input should be a valid integer", value)
    return None


READERS: dict[str, Callable[[Check, str, object], Any]] = {
    "priority": _priority, "callback_url": _url, "taxonomy": _short, "engine": _engine, "model": _short,
    "budget_usd": _budget, "threshold": _share, "learn": _switch, "learn_expected": _switch,
    "batch": _switch, "stronger_model": _short, "reuse": _switch, "seed": _whole,
    "temperature": _temperature, "service_tier": _short, "reasoning_effort": _short,
}  # fmt: skip
