"""What more products like these would cost, with a range. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from scipy.special import stdtrit

MIN_POINTS = 4  # spans that a range needs


class Paced(Protocol):
    """A span of a job: how many products ended in it, and what was paid."""

    @property
    def n_ended(self) -> int: ...  # noqa: D102
    @property
    def cost_usd(self) -> Decimal: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Projection:
    """USD of n_products; low and high are a 95 % interval for the mean cost of a product, None when too few spans."""

    n_products: int
    cost_usd: Decimal
    low_usd: Decimal | None
    high_usd: Decimal | None

    def plus(self, spent_usd: Decimal) -> Projection:
        """Add what is spent already."""
        low, high = (None if x is None else x + spent_usd for x in (self.low_usd, self.high_usd))
        return Projection(self.n_products, self.cost_usd + spent_usd, low, high)


def project(spans: Sequence[Paced], n_products: int) -> Projection | None:
    """Project by the ratio of cost to products over the spans of a job; None when no product ended.

    The interval is that of a ratio estimate with the spans as clusters (W. G. Cochran, Sampling Techniques, 3rd ed.,
    section 6.4), with Student's t of one degree less than there are spans.
    """
    n = sum(span.n_ended for span in spans)
    if not n:
        return None
    rate = sum((span.cost_usd for span in spans), Decimal(0)) / n
    cost = rate * n_products
    m = len(spans)
    if m < MIN_POINTS:
        return Projection(n_products, cost, None, None)
    squares = sum(((span.cost_usd - rate * span.n_ended) ** 2 for span in spans), Decimal(0))
    error = (squares * m / (m - 1)).sqrt() / n
    half = Decimal(float(stdtrit(m - 1, 0.975))) * error * n_products
    return Projection(n_products, cost, max(Decimal(0), cost - half), cost + half)
