"""What the faces read: one short query each, pages by keyset, sums from counters."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, and_, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from storage.columns import PICO
from storage.database import Database
from storage.errors import JobNotFound
from storage.spending import PACE_S
from storage.status import ChunkStatus, ItemStatus
from storage.tables import (
    ZERO,
    Attempt,
    Job,
    JobEvent,
    TaxonomyVersion,
    attempts,
    chunks,
    items,
    jobs,
    tallies,
    taxonomy_versions,
)
from storage.tables_spend import pace, spend_tallies


class TallyRow(NamedTuple):
    """n items with this expected label ("" when none), outcome and predicted notation ("" when none)."""

    expected: str
    outcome: str
    predicted: str
    n: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Spend:
    """Attempts of one model, day and kind; cost_usd is None when a price was unknown for all of them.

    n_items: products asked in them, n_sound of which got a sound answer. wasted_usd: paid for the others.
    """

    model: str
    day: str
    kind: str
    n_attempts: int
    n_unpriced: int
    n_items: int
    n_sound: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_usd: Decimal | None
    wasted_usd: Decimal


@dataclass(frozen=True, slots=True)
class PacePoint:
    """What a job did in the width_s seconds before a moment."""

    before_at: datetime
    width_s: int
    n_ended: int
    n_failed: int
    n_attempts: int
    cost_usd: Decimal
    wasted_usd: Decimal


SPEND_SUMS = ("n_attempts", "n_unpriced", "n_items", "n_sound", "input_tokens", "cached_input_tokens", "output_tokens",
              "reasoning_tokens", "cost_usd", "wasted_usd")  # fmt: skip
PACE_SUMS = ("n_ended", "n_failed", "n_attempts", "cost_usd", "wasted_usd")


class Reads(Database):
    """Reading verbs; none changes anything, none is blocked by a writer."""

    def job(self, job_id: str) -> Job:
        """Return a job with its counters. Raises JobNotFound."""
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            job = session.get(Job, job_id)
        if job is None:
            raise JobNotFound(f"There is no job {job_id}.")
        return job

    def jobs(self, *, n: int = 50, before: tuple[datetime, str] | None = None, statuses: Sequence[str] | None = None,
             owner: str | None = None, deleted: bool = False) -> list[Job]:  # fmt: skip
        """Jobs, newest first; before is the (created_at, id) of the last one of the page before."""
        wanted: list[Any] = [jobs.c.deleted_at.is_not(None) if deleted else jobs.c.deleted_at.is_(None)]
        if before is not None:
            created_at, job_id = before
            older = or_(jobs.c.created_at < created_at, and_(jobs.c.created_at == created_at, jobs.c.id < job_id))
            wanted.append(older)
        if statuses is not None:
            wanted.append(jobs.c.status.in_(statuses))
        if owner is not None:
            wanted.append(jobs.c.owner == owner)
        order = (jobs.c.created_at.desc(), jobs.c.id.desc())
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(select(Job).where(*wanted).order_by(*order).limit(n)))

    def attempts_of(self, job_id: str, chunk: int) -> list[Attempt]:
        """Attempts of a chunk, oldest first; an item's are those whose positions hold it."""
        order = (attempts.c.started_at, attempts.c.id)
        statement = select(Attempt).where(attempts.c.job_id == job_id, attempts.c.chunk == chunk).order_by(*order)
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(statement))

    def tallies(self, job_id: str) -> list[TallyRow]:
        """How the items ended: the sufficient statistic of accuracy at every level."""
        cost = type_coerce(tallies.c.cost_usd, BigInteger)  # whole pico-dollars: a job may have 100,000 rows
        columns = (tallies.c.expected, tallies.c.outcome, tallies.c.predicted, tallies.c.n, cost)
        with self._read() as connection:
            rows = connection.execute(select(*columns).where(tallies.c.job_id == job_id)).all()
        return [TallyRow(e, o, p, n, Decimal(pico) / PICO if pico else ZERO) for e, o, p, n, pico in rows]

    def outcomes(self, job_id: str) -> dict[str, int]:
        """How many items ended in each way: a verdict, or "failed:<kind>"."""
        counted = select(tallies.c.outcome, func.sum(tallies.c.n)).where(tallies.c.job_id == job_id)
        with self._read() as connection:
            return {outcome: int(n) for outcome, n in connection.execute(counted.group_by(tallies.c.outcome))}

    def labelled(self, job_id: str) -> tuple[int, int]:
        """How many labelled items ended, and how many of those were answered."""
        answered = func.sum(case((tallies.c.outcome.startswith("failed:"), 0), else_=tallies.c.n))
        counted = select(func.sum(tallies.c.n), answered).where(tallies.c.job_id == job_id, tallies.c.expected != "")
        with self._read() as connection:
            n, n_answered = connection.execute(counted).one()
        return int(n or 0), int(n_answered or 0)

    def spend(self, job_id: str | None = None) -> list[Spend]:
        """Attempts and money by model, day (UTC) and kind, of one job or of all, from sums."""
        keys = tuple(spend_tallies.c[name] for name in ("model", "day", "kind"))
        sums = [func.sum(spend_tallies.c[name], type_=spend_tallies.c[name].type).label(name) for name in SPEND_SUMS]
        statement = select(*keys, *sums).group_by(*keys).order_by(*keys)
        if job_id is not None:
            statement = statement.where(spend_tallies.c.job_id == job_id)
        with self._read() as connection:
            return [_spend(row) for row in connection.execute(statement)]

    def pace(self, job_id: str, n_points: int = 200) -> list[PacePoint]:
        """What the job did as time went by: at most about n_points spans, oldest first; quiet ones are left out."""
        at_s = pace.c.at_s
        with self._read() as connection:
            ends = select(func.min(at_s), func.max(at_s)).where(pace.c.job_id == job_id)
            first_s, last_s = connection.execute(ends).one()
            if first_s is None:
                return []
            width_s = max(PACE_S, -(-(last_s + PACE_S - first_s) // n_points // PACE_S) * PACE_S)
            span = ((at_s - first_s) // width_s).label("span")
            sums = [func.sum(pace.c[name], type_=pace.c[name].type) for name in PACE_SUMS]
            rows = connection.execute(select(span, *sums).where(pace.c.job_id == job_id).group_by(span).order_by(span))
            return [PacePoint(datetime.fromtimestamp(first_s + (int(n) + 1) * width_s, UTC), width_s, *told)
                    for n, *told in rows]  # fmt: skip

    def in_work(self, job_id: str) -> tuple[int, int]:
        """How many products workers have taken and not answered yet, and how many workers those are."""
        taken = and_(chunks.c.job_id == job_id, chunks.c.status == ChunkStatus.OPEN, chunks.c.owner.is_not(None),
                     chunks.c.lease_until_s > time.time())  # fmt: skip
        theirs = and_(items.c.job_id == chunks.c.job_id, items.c.position.between(chunks.c.first, chunks.c.last),
                      items.c.status == ItemStatus.PROCESSING)  # fmt: skip
        n = select(func.count(), func.count(chunks.c.owner.distinct())).select_from(chunks.join(items, theirs))
        with self._read() as connection:
            n_items, n_workers = connection.execute(n.where(taken)).one()
        return int(n_items), int(n_workers)

    def events(self, job_id: str) -> list[JobEvent]:
        """Return the job's history, oldest first."""
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.id)))  # type: ignore[arg-type]

    def taxonomy(self, taxonomy_id: str) -> TaxonomyVersion | None:
        """Return a taxonomy version, None when it is not there."""
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return session.get(TaxonomyVersion, taxonomy_id)

    def taxonomies(self) -> list[Mapping[str, Any]]:
        """Versions that are not hidden, newest first, without their records."""
        columns = [c for c in taxonomy_versions.c if c.name != "record"]
        shown = select(*columns).where(taxonomy_versions.c.hidden_at.is_(None))
        with self._read() as connection:
            rows = connection.execute(shown.order_by(taxonomy_versions.c.created_at.desc()))
            return [dict(row._mapping) for row in rows]


def _spend(row: Any) -> Spend:
    told = dict(row._mapping)
    counts = {name: int(told[name]) for name in SPEND_SUMS if not name.endswith("usd")}
    known = None if counts["n_unpriced"] == counts["n_attempts"] else told["cost_usd"]
    return Spend(told["model"], told["day"], told["kind"], **counts, cost_usd=known, wasted_usd=told["wasted_usd"])
