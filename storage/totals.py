"""Sums over all jobs, for monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, func, select

from storage.database import Database
from storage.tables import jobs
from storage.tables_spend import spend_tallies

COUNTED = ("n_classified", "n_not_a_product", "n_unsure", "n_failed", "n_cancelled")
TOKENS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")


@dataclass(frozen=True, slots=True)
class Totals:
    """Jobs by state; products by how they ended; tokens and USD of all attempts."""

    jobs: dict[str, int]
    products: dict[str, int]
    tokens: dict[str, int]
    cost_usd: Decimal
    n_unpriced_attempts: int


@dataclass(frozen=True, slots=True)
class AttemptTotal:
    """Attempts of one model that ended in one way, and how long they took together."""

    model: str
    kind: str
    n: int
    latency_s: float


class TotalReads(Database):
    """Reading verbs over the whole record; jobs are few, so their counters are summed when asked."""

    def totals(self) -> Totals:
        """Sum the counters of all jobs that are not deleted."""
        with self._read() as connection:
            by_state = select(jobs.c.status, func.count().label("n"))
            states = connection.execute(_shown(by_state).group_by(jobs.c.status)).all()
            names = (*COUNTED, *TOKENS, "n_unpriced_attempts")
            sums = [func.coalesce(func.sum(jobs.c[name]), 0).label(name) for name in names]
            row: Row[Any] = connection.execute(_shown(select(*sums, func.sum(jobs.c.cost_usd).label("cost")))).one()
        found = row._mapping
        return Totals(
            jobs={row.status: row.n for row in states},
            products={name.removeprefix("n_"): int(found[name]) for name in COUNTED},
            tokens={name.removesuffix("_tokens"): int(found[name]) for name in TOKENS},
            cost_usd=found["cost"] or Decimal(0),
            n_unpriced_attempts=int(found["n_unpriced_attempts"]),
        )

    def attempt_totals(self) -> list[AttemptTotal]:
        """Sum the attempts by model and outcome; attempts themselves are not read."""
        keys = (spend_tallies.c.model, spend_tallies.c.kind)
        sums = (func.sum(spend_tallies.c.n_attempts), func.sum(spend_tallies.c.latency_s))
        with self._read() as connection:
            found = connection.execute(select(*keys, *sums).group_by(*keys).order_by(*keys))
            return [AttemptTotal(model, kind, int(n), float(s)) for model, kind, n, s in found]


def _shown(query: Select[Any]) -> Select[Any]:
    return query.where(jobs.c.deleted_at.is_(None))
