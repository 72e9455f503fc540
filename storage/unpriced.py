"""The tokens of calls whose price is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, func, select

from storage.database import Database
from storage.tables import attempts
from storage.tables_spend import spend_tallies

KINDS = ("input_tokens", "cached_input_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class UsedTokens:
    """Tokens of a model's calls; cached_input_tokens are among input_tokens."""

    model: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int


def _tokens(table: Table) -> Select[Any]:
    told = [func.sum(table.c[name]).label(name) for name in KINDS]
    return select(table.c.model, *told).group_by(table.c.model).order_by(table.c.model)


class UnpricedCalls(Database):
    """Reads about calls without a price."""

    def unpriced_tokens(self, job_id: str) -> list[UsedTokens]:
        """Tokens of the job's calls without a price, by model; models whose calls used none are left out."""
        sums = spend_tallies.c
        partly = select(func.count()).where(sums.job_id == job_id, sums.n_unpriced > 0,
                                            sums.n_unpriced < sums.n_attempts)  # fmt: skip
        with self._read() as connection:
            if connection.execute(partly).scalar():  # priced and unpriced calls share sums: read the calls themselves
                used = _tokens(attempts).where(attempts.c.cost_usd.is_(None), attempts.c.job_id == job_id)
            else:
                used = _tokens(spend_tallies).where(sums.n_unpriced > 0, sums.job_id == job_id)
            rows = connection.execute(used).all()
        return [UsedTokens(model, *map(int, n)) for model, *n in rows if any(n)]
