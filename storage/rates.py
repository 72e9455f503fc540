"""One limit for all workers: a row for each service and kind, moved on by every worker that takes permits.

The row holds the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371): one statement, no counting.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, case

from storage.batches import upsert
from storage.database import Database
from storage.tables_limits import rate_gates


class Rates(Database):
    """Verbs of limits that several processes share."""

    def take_permits(self, key: str, n: float, per_minute: float) -> float:
        """Take n permits of a limit; returns after how many seconds they may be used. Raises Unavailable."""
        cost_s = n * 60.0 / per_minute
        with self._write() as connection:
            now_s = self.now_s(connection)
            moved = connection.execute(
                self._move(cost_s), {"b_key": key, "b_now_s": now_s, "b_first_s": now_s + cost_s}
            )
            return max(0.0, float(moved.scalar_one()) - cost_s - now_s)

    def hold_back(self, key: str, wait_s: float) -> None:
        """Let nobody have a permit for so long: the service said so to one of the workers."""
        with self._write() as connection:
            now_s = self.now_s(connection) + wait_s
            connection.execute(self._move(0.0), {"b_key": key, "b_now_s": now_s, "b_first_s": now_s})

    def _move(self, cost_s: float) -> Any:
        now_s: BindParameter[float] = bindparam("b_now_s")
        there_s = rate_gates.c.free_at_s
        later_s = case((there_s > now_s, there_s), else_=now_s)
        first = upsert("sqlite" if self.is_sqlite else "postgresql")(rate_gates).values(
            key=bindparam("b_key"), free_at_s=bindparam("b_first_s"))  # fmt: skip
        moved = first.on_conflict_do_update(index_elements=["key"], set_={"free_at_s": later_s + cost_s})
        return moved.returning(rate_gates.c.free_at_s)
