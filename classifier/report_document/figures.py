"""Numbers as people of a report's language write them; "–" where there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_decimal

from classifier.exports.wording import word

NOTHING = "–"


class Figures:
    """Writes numbers and words in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def t(self, text: str, /, **values: object) -> str:
        """Translate a text and fill its placeholders."""
        return word(text, self.language, **values)

    def number(self, n: float | Decimal | None, digits: int = 0) -> str:
        """1234.5 -> "1,235"."""
        if n is None:
            return NOTHING
        return str(format_decimal(n, "#,##0" + ("." + "0" * digits if digits else ""), locale=self.language))

    def percent(self, share: float | None) -> str:
        """0.965 -> "96.5 %"."""
        return NOTHING if share is None else f"{self.number(100 * share, 1)}\u00a0%"

    def share(self, told: Mapping[str, Any]) -> str:
        """Give a share with its counts and 95 % interval, as `classifier.analysis.summary.share` has them."""
        if told["value"] is None:
            return NOTHING
        low, high = told["interval"]
        return self.t("{share} ({k} of {n}; 95 %: {low} to {high})", share=self.percent(told["value"]),
                      k=self.number(told["k"]), n=self.number(told["n"]), low=self.percent(low),
                      high=self.percent(high))  # fmt: skip

    def usd(self, amount: str | None) -> str:
        """Give dollars with two telling digits at least; a price that is not known is never $0."""
        if amount is None:
            return self.t("price unknown")
        value = Decimal(amount)
        digits = 2 if not value or abs(value) >= 1 else min(9, max(2, 1 - value.adjusted()))
        return f"{self.number(value, digits)} USD"

    def moment(self, at: datetime | None) -> str:
        """Give a moment in UTC."""
        return NOTHING if at is None else f"{format_datetime(at, 'medium', locale=self.language)} UTC"
