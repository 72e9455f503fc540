"""Numbers, money and times as people of the session's language write them; "–" where there is nothing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal, format_percent

from classifier.metrics import Share
from pages.components.texts import language, t

NOTHING = "–"


def number(n: int | float | Decimal | None, digits: int = 0) -> str:
    """1234.5 -> "1,234.5"."""
    if n is None:
        return NOTHING
    return str(format_decimal(n, "#,##0" + ("." + "0" * digits if digits else ""), locale=language()))


def percent(share: float | None, digits: int = 1) -> str:
    """0.965 -> "96.5%"."""
    if share is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + ("\u00a0%" if language() == "es" else "%")
    return format_percent(share, pattern, locale=language())


def probability(p: float) -> str:
    """0.00036 -> "= 0.0004"; below what four digits show, "< 0.0001"."""
    return f"= {number(p, 4)}" if p >= 0.00005 else f"< {number(0.0001, 4)}"


def of(share: Share) -> str:
    """Give the counts behind a share: "193 of 200"."""
    return t("{k} of {n}", k=number(share.k), n=number(share.n))


def interval(share: Share) -> str:
    """Give a share's 95 % interval: "93.0%–98.3%"."""
    bounds = share.interval
    return NOTHING if bounds is None else f"{percent(bounds[0])}–{percent(bounds[1])}"


def bounds_of(bounds: tuple[float, float] | None) -> str:
    """Give an interval for a narrow column, in whole percent: "93–98%"."""
    if bounds is None:
        return NOTHING
    return f"{number(bounds[0] * 100)}–{percent(bounds[1], 0)}"


def rounded(share: float | None) -> float | None:
    """Round a share for a column of percent to the tenths that percent() writes."""
    return None if share is None else round(share, 3)


def usd(amount: Decimal | None) -> str:
    """Dollars and cents; three telling digits below ten cents: a product costs a hundredth of a cent."""
    if amount is None:
        return NOTHING
    digits = 2
    if amount and abs(amount) < Decimal("0.1"):
        digits = min(9, 2 - amount.adjusted())
    sign = "¤" if language() == "en" else ""
    text = format_currency(amount, "USD", sign + "#,##0." + "0" * digits, locale=language(), currency_digits=False)
    return text if sign else f"{text}\u00a0USD"


def duration(seconds: float | None) -> str:
    """Time in its two largest units: "2 min 5 s"."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{number(seconds, 0 if isinstance(seconds, int) else 1)} s"
    whole = round(seconds)
    parts = [(whole // 86400, t("d")), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next((i for i, (n, _) in enumerate(parts) if n), 3)
    return " ".join(f"{n} {unit}" for n, unit in parts[first : first + 2] if n)


def zone() -> ZoneInfo:
    """Return the browser's time zone, UTC when it is not known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment(at: datetime | None) -> str:
    """A time on the reader's clock: "23 Nov 2026, 10:42:07"."""
    return NOTHING if at is None else format_datetime(at, "d MMM y, HH:mm:ss", tzinfo=zone(), locale=language())


def size(n_bytes: int) -> str:
    """Bytes as KB or MB (1,000 based)."""
    if n_bytes < 1_000_000:
        return f"{number(n_bytes / 1000, 1)} KB"
    return f"{number(n_bytes / 1_000_000, 1)} MB"
