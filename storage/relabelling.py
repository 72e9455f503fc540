"""Reviewed labels become the expected ones of every job's products with that text; figures move along with them.

All in the transaction that writes the label: the tallies and counters of a job are at no moment anything else than a
recount of its items would say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.counters import is_correct
from storage.outcomes import move_tallies
from storage.status import ItemStatus
from storage.tables import items, jobs, tallies
from storage.tables_analysis import analyses
from storage.tables_labels import file_labels, item_texts
from storage.text_places import place_texts

KEYS_A_QUERY = 500
Key = tuple[str, str, str]  # expected, outcome, predicted: a row of the tally
_place = and_(item_texts.c.job_id == items.c.job_id, item_texts.c.position == items.c.position)
_file_label = and_(file_labels.c.job_id == items.c.job_id, file_labels.c.position == items.c.position)


@dataclass
class _Moved:
    """What new labels change in one job."""

    n_labelled: int = 0
    n_correct: int = 0
    n_items: int = 0
    n: Counter[Key] = field(default_factory=Counter)
    cost_usd: defaultdict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def move(self, row: Any, expected: str | None) -> None:
        """Count a group of items with one outcome that get another expected label."""
        self.n_items += row.n
        self.n_labelled += row.n * ((expected is not None) - (row.expected is not None))
        if row.status not in (ItemStatus.CLASSIFIED, ItemStatus.FAILED):
            return
        self.n_correct += row.n * (is_correct(expected, row.verdict, row.notation)
                                   - is_correct(row.expected, row.verdict, row.notation))  # fmt: skip
        outcome = f"failed:{row.error_kind}" if row.status == ItemStatus.FAILED else str(row.verdict)
        for label, sign in ((row.expected, -1), (expected, 1)):
            key = (label or "", outcome, row.notation or "")
            self.n[key] += sign * row.n
            self.cost_usd[key] += sign * (row.cost_usd or Decimal(0))


def relabel(connection: Connection, told: Mapping[str, str | None], versions: Mapping[str, Sequence[str]],
            kin: Sequence[str]) -> int:  # fmt: skip
    """Give texts (by key) their label in all open or ended jobs of these versions; None brings the file's back.

    versions: those that have a notation. In the others the file's label stands. Returns how many items changed. The
    kin must be locked.
    """
    keys, n_items = list(told), 0
    for start in range(0, len(keys), KEYS_A_QUERY):
        some = {key: told[key] for key in keys[start : start + KEYS_A_QUERY]}
        n_items += _relabel(connection, some, versions, kin)
    return n_items


def label_new_job(connection: Connection, job_id: str, told: Iterable[tuple[str, str]]) -> None:
    """Give the items of a job that is about to open the labels (text key, notation) that are known."""
    labels = [(key, notation, job_id) for key, notation in told]
    if labels:
        place_texts(connection, job_id)
        _write(connection, labels, [])


def reread(connection: Connection, job_id: str, positions: Sequence[int]) -> dict[int, tuple[str | None, ...]]:
    """Return what is expected now of items and, behind them, of those that share their answers."""
    columns = (items.c.position, items.c.same_as, items.c.expected)
    mine = select(*columns).where(items.c.job_id == job_id, items.c.position.in_(positions))
    theirs = select(*columns).where(items.c.job_id == job_id, items.c.same_as.in_(positions))
    found: dict[int, tuple[str | None, ...]] = {row.position: (row.expected,) for row in connection.execute(mine)}
    for row in connection.execute(theirs):
        found[row.same_as] += (row.expected,)
    return found


def _relabel(connection: Connection, told: Mapping[str, str | None], versions: Mapping[str, Sequence[str]],
             kin: Sequence[str]) -> int:  # fmt: skip
    taxonomy_of = _lock_jobs(connection, kin)
    moved: dict[str, _Moved] = {}
    kept: dict[tuple[str, str, str], None] = {}
    taken_back: dict[tuple[str, str], None] = {}
    for row in connection.execute(_groups(list(told), kin)):
        notation = told[row.text_key]
        if notation is not None and taxonomy_of[row.job_id] in versions.get(notation, ()):
            expected, is_kept = notation, True
            kept[row.text_key, notation, row.job_id] = None
        else:
            expected, is_kept = row.from_file if row.is_reviewed else row.expected, False
            if row.is_reviewed:
                taken_back[row.text_key, row.job_id] = None
        if expected != row.expected or is_kept != bool(row.is_reviewed):
            moved.setdefault(row.job_id, _Moved()).move(row, expected)
    _write(connection, list(kept), list(taken_back))
    for job_id in sorted(moved):
        _recount(connection, job_id, moved[job_id])
    return sum(found.n_items for found in moved.values())


def _lock_jobs(connection: Connection, kin: Sequence[str]) -> dict[str, str]:
    """Lock the kin's jobs in the order that every writer keeps; returns their taxonomies."""
    wanted = and_(jobs.c.taxonomy_id.in_(kin), jobs.c.ready_at.is_not(None))
    found = select(jobs.c.id, jobs.c.taxonomy_id, jobs.c.is_indexed).where(wanted).order_by(jobs.c.id)
    rows = connection.execute(found.with_for_update()).all()
    for row in rows:
        if not row.is_indexed:
            place_texts(connection, row.id)
    return {row.id: row.taxonomy_id for row in rows}


def _groups(keys: Sequence[str], kin: Sequence[str]) -> Any:
    """Select the items with these texts, those that ended alike together."""
    i, f, at = items.c, file_labels.c, item_texts.c
    alike = (i.job_id, at.text_key, i.expected, i.status, i.verdict, i.notation, i.error_kind)
    reviewed = f.position.is_not(None)
    counted = (func.count().label("n"), func.sum(i.cost_usd, type_=i.cost_usd.type).label("cost_usd"))
    told = select(*alike, reviewed.label("is_reviewed"), f.expected.label("from_file"), *counted)
    of_kin = select(jobs.c.id).where(jobs.c.taxonomy_id.in_(kin), jobs.c.ready_at.is_not(None))
    told = told.select_from(item_texts.join(items, _place).outerjoin(file_labels, _file_label))
    return told.where(at.job_id.in_(of_kin), at.text_key.in_(keys)).group_by(*alike, reviewed, f.expected)


def _write(connection: Connection, kept: Sequence[tuple[str, str, str]], back: Sequence[tuple[str, str]]) -> None:
    """Write expected labels: (text key, notation, job) that hold, (text key, job) where the file's come back."""
    at, job = item_texts.c, bindparam("b_job", type_=items.c.job_id.type)
    positions = select(at.position).where(at.job_id == job, at.text_key == bindparam("b_key"))
    here = and_(items.c.job_id == job, items.c.position.in_(positions))
    if kept:
        rows = [{"b_key": key, "b_job": job_id, "v_notation": notation} for key, notation, job_id in kept]
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        old = select(items.c.job_id, items.c.position, items.c.expected).where(here)
        keep = insert(file_labels).from_select(["job_id", "position", "expected"], old).on_conflict_do_nothing()
        connection.execute(keep, rows)
        connection.execute(update(items).where(here).values(expected=bindparam("v_notation")), rows)
    if back:
        rows = [{"b_key": key, "b_job": job_id} for key, job_id in back]
        from_file = select(file_labels.c.expected).where(_file_label).correlate(items).scalar_subquery()
        replaced = exists(select(file_labels.c.position).where(_file_label).correlate(items))
        connection.execute(update(items).where(here, replaced).values(expected=from_file), rows)
        gone = and_(file_labels.c.job_id == job, file_labels.c.position.in_(positions))
        connection.execute(delete(file_labels).where(gone), rows)


def _recount(connection: Connection, job_id: str, moved: _Moved) -> None:
    rows = [(job_id, *key, n, moved.cost_usd[key]) for key, n in sorted(moved.n.items()) if n or moved.cost_usd[key]]
    move_tallies(connection, rows)
    connection.execute(delete(tallies).where(tallies.c.job_id == job_id, tallies.c.n == 0))
    changes = {"n_labelled": jobs.c.n_labelled + moved.n_labelled, "n_correct": jobs.c.n_correct + moved.n_correct,
               "label_seq": jobs.c.label_seq + 1}  # fmt: skip
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(changes))
    connection.execute(update(analyses).where(analyses.c.job_id == job_id).values(n_seen=-1))  # survey it anew
