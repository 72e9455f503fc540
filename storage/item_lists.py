"""Lists of items by any filter: a page at a time, by keyset, each answered within a bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select, union_all
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.orm import Session

from storage.database import Database
from storage.item_filter import ItemFilter
from storage.tables import Item, items, jobs, tallies
from storage.tables_analysis import attributions

EXPORT_ROWS = 2_000
FIRST_STEP, MAX_STEP = 1_000, 250_000  # positions looked at in one go of a slow search
PATIENCE_S = 0.12

Keep = Callable[[Row[Any]], bool]  # a row with position, text, product_id and extra -> whether it is wanted


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a list. total: of the whole list, None when counting it would take long.

    seen_to: the position up to which the job was looked through; is_end: nothing comes after this page. The next page
    is the one after seen_to; a page may be short, even empty, when a search ran out of time.
    """

    items: list[Item]
    total: int | None
    seen_to: int
    is_end: bool


class _HeedsHints(SQLiteCompiler):
    """Writes with_hint's INDEXED BY, which SQLAlchemy leaves out for SQLite.

    Without it SQLite, that knows no frequencies, walks a whole job in order to save a sort of fifty rows.
    """

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """Return what stands behind a table's name."""
        return text


class ItemLists(Database):
    """Reading verbs over the items of a job."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        if self.is_sqlite:
            self._reader.dialect.statement_compiler = _HeedsHints

    def items(self, job_id: str, wanted: ItemFilter | None = None, *, after: int = -1, n: int = 50) -> list[Item]:
        """Items of a job by position, after a position (keyset page), however long that takes."""
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            found = self._positions(connection, job_id, wanted or ItemFilter(), after, None, n)
            return _fetch(session, job_id, found)

    def items_at(self, job_id: str, positions: Sequence[int]) -> list[Item]:
        """Return the items at these positions, in this order; those that are not there are left out."""
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return _fetch(session, job_id, positions)

    def item_page(self, job_id: str, wanted: ItemFilter, *, after: int = -1, n: int = 50, keep: Keep | None = None,
                  patience_s: float = PATIENCE_S) -> ItemPage:  # fmt: skip
        """Return the first n items after a position that pass the filter and keep.

        Filters that need every row to be looked at stop after patience_s; then seen_to tells how far they came.
        """
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            n_items = connection.execute(select(jobs.c.n_items).where(jobs.c.id == job_id)).scalar_one_or_none() or 0
            if keep is None and not wanted.is_uncovered:
                found = self._positions(connection, job_id, wanted, after, None, n + 1)
                is_end, found = len(found) <= n, found[:n]
                seen_to = n_items - 1 if is_end else found[-1]
            else:
                found, seen_to = self._search(connection, job_id, wanted, after, n_items, n, keep, patience_s)
                is_end = seen_to >= n_items - 1
            total = len(found) if after < 0 and is_end else None
            if total is None and keep is None:
                total = self._total(connection, job_id, wanted)
            return ItemPage(_fetch(session, job_id, found), total, seen_to, is_end)

    def count_items(self, job_id: str, wanted: ItemFilter) -> int:
        """How many items a filter finds, however long that takes; tallied filters are told at once."""
        with self._read() as connection:
            total = self._total(connection, job_id, wanted)
            if total is not None:
                return total
            condition = wanted.condition(job_id, is_sqlite=self.is_sqlite)
            return int(connection.execute(select(func.count()).select_from(items).where(condition)).scalar_one())

    def stream_items(self, job_id: str, wanted: ItemFilter | None = None, n_page: int = EXPORT_ROWS,
                     columns: Sequence[str] = ()) -> Iterator[Sequence[Any]]:  # fmt: skip
        """All items by position in pages of rows (all columns unless told), each page its own short read."""
        after = -1
        told = [items.c[name] for name in columns] or list(items.c)
        condition = (wanted or ItemFilter()).condition(job_id, is_sqlite=self.is_sqlite)
        while True:
            with self._read() as connection:
                page = connection.execute(
                    select(*told).where(condition, items.c.position > after).order_by(items.c.position).limit(n_page)
                ).all()  # fmt: skip
            if not page:
                return
            yield page
            after = page[-1].position

    def attributions_of(self, job_id: str, positions: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return (notation, source) of the failed products among these positions whose category was inferred."""
        columns = (attributions.c.position, attributions.c.notation, attributions.c.source)
        where = and_(attributions.c.job_id == job_id, attributions.c.position.in_(positions))
        with self._read() as connection:
            return {p: (notation, source) for p, notation, source in connection.execute(select(*columns).where(where))}

    def explain(self, job_id: str, wanted: ItemFilter) -> str:
        """Return the database's plan for a page of the list: what the tests hold us to."""
        statement = self._position_query(job_id, wanted, -1, None, 50, (items.c.position,))
        compiled = statement.compile(self._reader, compile_kwargs={"render_postcompile": True})
        prefix = "EXPLAIN QUERY PLAN " if self.is_sqlite else "EXPLAIN "
        with self._read() as connection:
            told = connection.exec_driver_sql(prefix + str(compiled), _parameters(compiled, is_sqlite=self.is_sqlite))
            return "\n".join(str(row[-1]) for row in told)

    def _positions(self, connection: Connection, job_id: str, wanted: ItemFilter, after: int, upto: int | None,
                   n: int) -> list[int]:  # fmt: skip
        query = self._position_query(job_id, wanted, after, upto, n, (items.c.position,))
        return list(connection.execute(query).scalars())

    def _position_query(self, job_id: str, wanted: ItemFilter, after: int, upto: int | None, n: int | None,
                        columns: Sequence[Any]) -> Select[Any]:  # fmt: skip
        """Select by the filter's indexes, in the order of positions."""
        parts = self._parts(job_id, wanted, after, upto, columns)
        if len(parts) == 1:
            return parts[0].order_by(items.c.position).limit(n)
        told = union_all(*(select(p.order_by(items.c.position).limit(n).subquery()) for p in parts)).subquery()
        return select(told).order_by(told.c.position).limit(n)

    def _parts(self, job_id: str, wanted: ItemFilter, after: int, upto: int | None,
               columns: Sequence[Any]) -> list[Select[Any]]:  # fmt: skip
        span = [items.c.position > after, *([] if upto is None else [items.c.position <= upto])]
        parts = []
        for index, condition in wanted.sources(job_id, is_sqlite=self.is_sqlite):
            part = select(*columns).select_from(items).where(condition, *span)
            parts.append(part if index is None else part.with_hint(items, f"INDEXED BY {index}", "sqlite"))
        return parts

    def _search(self, connection: Connection, job_id: str, wanted: ItemFilter, after: int, n_items: int, n: int,
                keep: Keep | None, patience_s: float) -> tuple[list[int], int]:  # fmt: skip
        """Look through the job in growing steps until n are found, the end is reached, or the time is over."""
        columns = (items.c.position, items.c.text, items.c.product_id, items.c.extra)
        found: list[int] = []
        step, began_s = FIRST_STEP, time.monotonic()
        while after < n_items - 1:
            upto = min(after + step, n_items - 1)
            step_began_s = time.monotonic()
            rows = connection.execute(self._position_query(job_id, wanted, after, upto, None, columns))
            for row in rows:
                if keep is None or keep(row):
                    found.append(row.position)
                    if len(found) == n:
                        rows.close()
                        return found, row.position
            after = upto
            now_s = time.monotonic()
            if now_s - began_s >= patience_s:
                break
            pace = step / max(1e-4, now_s - step_began_s)
            step = int(min(MAX_STEP, 4 * step, max(FIRST_STEP, pace * (patience_s - (now_s - began_s)))))
        return found, after

    def _total(self, connection: Connection, job_id: str, wanted: ItemFilter) -> int | None:
        if wanted == ItemFilter():
            return int(connection.execute(select(jobs.c.n_items).where(jobs.c.id == job_id)).scalar_one_or_none() or 0)
        if wanted.is_tallied:
            total = select(func.coalesce(func.sum(tallies.c.n), 0)).where(wanted.tally_condition(job_id))
            return int(connection.execute(total).scalar_one())
        if wanted == ItemFilter(branch=wanted.branch):
            return _count_branch(connection, job_id, wanted.branch or ())
        if wanted.is_slow or not wanted.is_indexed:
            return None
        return sum(int(connection.execute(part).scalar_one())
                   for part in self._parts(job_id, wanted, -1, None, (func.count(),)))  # fmt: skip


def _count_branch(connection: Connection, job_id: str, branch: Sequence[str]) -> int | None:
    """Count by tallies and attributions what belongs to a branch; None while items are open that may belong to it."""
    t = tallies.c
    told = case((t.outcome == "concept", t.predicted), else_=t.outcome)
    belongs = or_(t.expected.in_(branch), and_(t.expected == "", told.in_(branch)))
    counted = select(func.sum(t.n), func.sum(case((belongs, t.n), else_=0))).where(t.job_id == job_id)
    n_ended, n = connection.execute(counted).one()
    n_items = connection.execute(select(jobs.c.n_items).where(jobs.c.id == job_id)).scalar_one_or_none()
    if n_ended != n_items:
        return None
    where = and_(attributions.c.job_id == job_id, attributions.c.notation.in_(branch))
    return int(n) + int(connection.execute(select(func.count()).select_from(attributions).where(where)).scalar_one())


def _fetch(session: Session, job_id: str, positions: Sequence[int]) -> list[Item]:
    found = session.scalars(select(Item).where(items.c.job_id == job_id, items.c.position.in_(positions)))
    at = {item.position: item for item in found}
    return [at[p] for p in positions if p in at]


def _parameters(compiled: Any, *, is_sqlite: bool) -> Any:
    told = compiled.construct_params()
    return tuple(told[name] for name in compiled.positiontup) if is_sqlite else told
