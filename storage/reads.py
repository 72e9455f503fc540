"""What the faces read: one short query each, pages by keyset, sums from counters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import JobNotFound
from storage.status import ItemStatus
from storage.tables import (
    Attempt,
    Item,
    Job,
    JobEvent,
    TaxonomyVersion,
    attempts,
    items,
    jobs,
    tallies,
    taxonomy_versions,
)

EXPORT_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of a job are wanted; every field that is not None narrows."""

    status: str | None = None
    verdict: str | None = None
    error_kind: str | None = None
    expected: Sequence[str] | None = None
    notation: Sequence[str] | None = None
    ended: bool | None = None  # has its final outcome
    wrong: bool | None = None  # labelled, answered, and not as expected
    search: str | None = None  # part of the text or the product id

    def condition(self, job_id: str) -> Any:
        """Return the SQL condition."""
        parts = [items.c.job_id == job_id]
        parts += [items.c[name] == value for name in ("status", "verdict", "error_kind")
                  if (value := getattr(self, name)) is not None]  # fmt: skip
        parts += [items.c[name].in_(values) for name in ("expected", "notation")
                  if (values := getattr(self, name)) is not None]  # fmt: skip
        if self.ended:
            parts.append(items.c.status.in_((ItemStatus.CLASSIFIED, ItemStatus.FAILED)))
        if self.wrong:
            told = func.coalesce(items.c.notation, items.c.verdict)
            parts += [items.c.status == ItemStatus.CLASSIFIED, items.c.expected.is_not(None), items.c.expected != told]
        if self.search:
            parts.append(or_(items.c.text.icontains(self.search, autoescape=True),
                             items.c.product_id.icontains(self.search, autoescape=True)))  # fmt: skip
        return and_(*parts)


@dataclass(frozen=True, slots=True)
class TallyRow:
    """n items with this expected label ("" when none), outcome and predicted notation ("" when none)."""

    expected: str
    outcome: str
    predicted: str
    n: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Spend:
    """Attempts of one model, day and kind; cost_usd is None when a price was unknown for all of them."""

    model: str
    day: str
    kind: str
    n_attempts: int
    n_unpriced: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_usd: Decimal | None


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

    def items(self, job_id: str, wanted: ItemFilter | None = None, *, after: int = -1, n: int = 50) -> list[Item]:
        """Items of a job by position, after a position (keyset page)."""
        condition = (wanted or ItemFilter()).condition(job_id)
        statement = select(Item).where(condition, items.c.position > after).order_by(items.c.position).limit(n)
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(statement))

    def count_items(self, job_id: str, wanted: ItemFilter) -> int:
        """How many items a filter finds; for filtered lists only (job totals are counters)."""
        with self._read() as connection:
            return int(connection.execute(select(func.count()).where(wanted.condition(job_id))).scalar_one())

    def stream_items(self, job_id: str, wanted: ItemFilter | None = None) -> Iterator[Sequence[Any]]:
        """All items by position in pages of rows, each page its own short read."""
        after = -1
        condition = (wanted or ItemFilter()).condition(job_id)
        while True:
            with self._read() as connection:
                page = connection.execute(
                    select(items).where(condition, items.c.position > after)
                    .order_by(items.c.position).limit(EXPORT_ROWS)
                ).all()  # fmt: skip
            if not page:
                return
            yield page
            after = page[-1].position

    def attempts_of(self, job_id: str, chunk: int) -> list[Attempt]:
        """Attempts of a chunk, oldest first; an item's are those whose positions hold it."""
        order = (attempts.c.started_at, attempts.c.id)
        statement = select(Attempt).where(attempts.c.job_id == job_id, attempts.c.chunk == chunk).order_by(*order)
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(statement))

    def tallies(self, job_id: str) -> list[TallyRow]:
        """How the items ended: the sufficient statistic of accuracy at every level."""
        columns = (tallies.c.expected, tallies.c.outcome, tallies.c.predicted, tallies.c.n, tallies.c.cost_usd)
        with self._read() as connection:
            return [TallyRow(*row) for row in connection.execute(select(*columns).where(tallies.c.job_id == job_id))]

    def spend(self, job_id: str | None = None) -> list[Spend]:
        """Attempts and money by model, day (UTC) and kind, of one job or of all."""
        day = _day(self.is_sqlite)
        columns = [func.coalesce(func.sum(attempts.c[name]), 0) for name in
                   ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")]  # fmt: skip
        unpriced = func.count() - func.count(attempts.c.cost_usd)
        cost = func.sum(attempts.c.cost_usd, type_=attempts.c.cost_usd.type)
        where = true() if job_id is None else attempts.c.job_id == job_id
        keys = (attempts.c.model, day, attempts.c.kind)
        statement = select(*keys, func.count(), unpriced, *columns, cost).where(where).group_by(*keys).order_by(*keys)
        with self._read() as connection:
            return [Spend(m, str(d), k, n, u, int(i), int(c), int(o), int(r), usd)
                    for m, d, k, n, u, i, c, o, r, usd in connection.execute(statement)]  # fmt: skip

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


def _day(is_sqlite: bool) -> Any:
    return func.date(attempts.c.started_at) if is_sqlite else func.to_char(attempts.c.started_at, "YYYY-MM-DD")
