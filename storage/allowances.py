"""One budget for all workers: each draws an allowance before it calls, and what it records is taken off in that flush.

At every moment: recorded cost + the allowances of all workers <= the budget.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, and_, case, delete, exists, literal, select, update

from storage.batches import upsert
from storage.columns import Usd
from storage.database import Database
from storage.tables import chunks, jobs
from storage.tables_limits import allowances

ORPHANED_S = 60.0


@dataclass(frozen=True, slots=True)
class Grant:
    """USD that a worker may spend now. others_hold: another worker has an allowance that it may give back."""

    usd: Decimal
    others_hold: bool


class Allowances(Database):
    """Verbs of a worker that wants to spend money."""

    def draw_allowance(self, job_id: str, worker: str, least_usd: Decimal, wanted_usd: Decimal) -> Grant:
        """Draw wanted_usd of what is left of the budget, or all that is left if that is at least least_usd, else 0."""
        with self._write() as connection:
            job = connection.execute(
                select(jobs.c.budget_usd, jobs.c.cost_usd).where(jobs.c.id == job_id).with_for_update()
            ).first()
            if job is None or job.budget_usd is None:
                return Grant(wanted_usd, others_hold=False)
            held = {row.worker: row.usd for row in
                    connection.execute(select(allowances).where(allowances.c.job_id == job_id))}  # fmt: skip
            left_usd = job.budget_usd - job.cost_usd - sum(held.values(), Decimal(0))
            granted_usd = min(left_usd, wanted_usd) if left_usd >= least_usd else Decimal(0)
            if granted_usd > 0:
                _add(connection, job_id, worker, granted_usd, self.now_s(connection), self.is_sqlite)
            return Grant(granted_usd, any(usd > 0 for holder, usd in held.items() if holder != worker))

    def return_allowance(self, job_id: str, worker: str, unused_usd: Decimal) -> None:
        """Give back what a worker has drawn and does not use; what is left covers costs that it has yet to record."""
        with self._write() as connection:
            spend_allowance(connection, job_id, worker, unused_usd)

    def clear_allowances(self) -> None:
        """Take back what workers drew that hold no chunk of the job any more."""
        with self._write() as connection:
            old = allowances.c.asked_at_s < self.now_s(connection) - ORPHANED_S
            at_work = exists().where(chunks.c.job_id == allowances.c.job_id, chunks.c.owner == allowances.c.worker)
            connection.execute(delete(allowances).where(old, ~at_work))


def spend_allowance(connection: Connection, job_id: str, worker: str, usd: Decimal) -> None:
    """Take off a worker's allowance what it gives back, or a cost in the transaction that adds it to the job's."""
    mine = and_(allowances.c.job_id == job_id, allowances.c.worker == worker)
    left = allowances.c.usd - literal(usd, allowances.c.usd.type)
    connection.execute(update(allowances).where(mine).values(usd=case((left > 0, left), else_=literal(0, Usd))))


def take_back(connection: Connection, job_id: str, workers: Collection[str]) -> None:
    """Remove the allowances of workers that are gone."""
    connection.execute(delete(allowances).where(allowances.c.job_id == job_id, allowances.c.worker.in_(workers)))


def _add(connection: Connection, job_id: str, worker: str, usd: Decimal, now_s: float, is_sqlite: bool) -> None:
    row = {"job_id": job_id, "worker": worker, "usd": usd, "asked_at_s": now_s}
    new = upsert("sqlite" if is_sqlite else "postgresql")(allowances).values(row)
    connection.execute(new.on_conflict_do_update(
        index_elements=["job_id", "worker"],
        set_={"usd": allowances.c.usd + new.excluded.usd, "asked_at_s": now_s},
    ))  # fmt: skip
