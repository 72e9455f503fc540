"""Taxonomy versions and new jobs: how work enters the record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from itertools import chain, groupby, islice
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from storage.bulk import copy_rows
from storage.events import add_event
from storage.labels import Labels
from storage.relabelling import label_new_job
from storage.rows import NewItem, NewJob
from storage.status import ChunkStatus, ItemStatus, JobStatus
from storage.tables import chunks, items, jobs, taxonomy_versions
from storage.text_places import place_texts

ROWS_A_BATCH = 5_000
PLACED_AT_ONCE = 20_000  # items; of larger jobs the places of texts are written when somebody asks
CHUNK_SIZES = (50, 500, 5_000)  # smallest, usual and largest, in items
CHUNKS_WANTED, CHUNKS_BORNE = 40, 8_000
ITEM_COLUMNS = ("job_id", "position", "text", "text_key", "product_id", "expected", "extra", "same_as",
                "status", "reused")  # fmt: skip
N_BOUND = len(ITEM_COLUMNS) - 3  # of a row: the job's id once for all of them, two are constants
ROWS_A_STATEMENT = 50  # of SQLite: half the time of one row in each, and more brings nothing


class Intake(Labels):
    """Verbs that add taxonomies and jobs."""

    def add_taxonomy(self, version: Mapping[str, Any]) -> bool:
        """Keep a taxonomy version (columns of TaxonomyVersion but created_at); False when it is there already."""
        with self._write() as connection:
            known = connection.execute(
                update(taxonomy_versions).where(taxonomy_versions.c.id == version["id"]).values(hidden_at=None)
            ).rowcount
            if known:
                return False
            connection.execute(insert(taxonomy_versions), {**version, "created_at": datetime.now(UTC)})
            return True

    def create_job(self, new: NewJob, actor: str) -> None:
        """Write a job without items; it is not claimed before `open_job`."""
        with self._write() as connection:
            now = datetime.now(UTC)
            connection.execute(insert(jobs), {**asdict(new), "status": JobStatus.QUEUED, "created_at": now})
            add_event(connection, new.id, "created", f"{new.name} was uploaded", actor)

    def append_items(self, job_id: str, rows: Iterable[NewItem]) -> int:
        """Write items in batches, each in its own transaction; returns how many."""
        n_rows = 0
        pack, write = (_flat, _insert) if self.is_sqlite else (_copied, _copy)
        packed = (pack(job_id, some) for some in _groups(rows))
        while batch := list(islice(packed, ROWS_A_BATCH // ROWS_A_STATEMENT)):
            with self._write() as connection:  # the rows are read before: nobody waits for a file
                n_rows += write(connection, batch)
        return n_rows

    def open_job(self, job_id: str, import_report: Mapping[str, Any] | None, actor: str) -> None:
        """Count what was written, cut it into chunks and let workers claim them."""
        with self._write() as connection:
            self._label(connection, job_id)
            _count_same(connection, job_id)
            size = connection.execute(select(jobs.c.chunk_size).where(jobs.c.id == job_id)).scalar_one()
            n_items, n_labelled, n_duplicates = connection.execute(
                select(func.count(), func.count(items.c.expected), func.count(items.c.same_as))
                .where(items.c.job_id == job_id)
            ).one()  # fmt: skip
            size = size or chunk_size_of(n_items)
            if n_items:
                connection.execute(insert(chunks), list(_chunks(job_id, n_items, size)))
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(
                n_items=n_items, chunk_size=size, n_labelled=n_labelled, n_duplicates=n_duplicates,
                import_report=import_report, ready_at=datetime.now(UTC)))  # fmt: skip
            add_event(connection, job_id, "queued", f"{n_items} products accepted", actor)

    def _label(self, connection: Connection, job_id: str) -> None:
        """Give the products the labels that people gave their texts before."""
        taxonomy_id = connection.execute(select(jobs.c.taxonomy_id).where(jobs.c.id == job_id)).scalar_one()
        n_items = connection.execute(select(func.count()).where(items.c.job_id == job_id)).scalar_one()
        keys = select(items.c.text_key).where(items.c.job_id == job_id)
        if n_items <= PLACED_AT_ONCE:
            place_texts(connection, job_id)
        label_new_job(connection, job_id, self._labels_for_job(connection, taxonomy_id, keys, n_items))


def chunk_size_of(n_items: int) -> int:
    """Give small jobs enough chunks for several workers, and large ones not too many: at most about 8,000, or 5,000
    items in each."""
    small, usual, large = CHUNK_SIZES
    return max(small, min(usual, n_items // CHUNKS_WANTED), min(large, n_items // CHUNKS_BORNE))


def _groups(rows: Iterable[NewItem]) -> Iterator[list[NewItem]]:
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS_A_STATEMENT)):
        yield some


def _copied(job_id: str, rows: Iterable[NewItem]) -> list[Any]:
    return [(job_id, row.position, row.text, row.text_key, row.product_id, row.expected, row.extra or None,
             row.same_as, ItemStatus.QUEUED, False) for row in rows]  # fmt: skip


def _copy(connection: Connection, packed: Sequence[Sequence[Any]]) -> int:
    copy_rows(connection, items, ITEM_COLUMNS, chain.from_iterable(packed))
    return sum(map(len, packed))


def _flat(job_id: str, rows: Iterable[NewItem]) -> list[Any]:
    values: list[Any] = [job_id]
    for position, text, text_key, product_id, expected, extra, same_as in rows:
        values += (position, text, text_key, product_id, expected, _json(extra) if extra else None, same_as)
    return values


def _insert(connection: Connection, packed: Sequence[Sequence[Any]]) -> int:
    """Write rows by the driver's own call, past SQLAlchemy's handling of each parameter."""
    n_rows = 0
    for n_values, alike in groupby(packed, key=len):  # only the last group is smaller
        size, groups = n_values // N_BOUND, [tuple(values) for values in alike]
        connection.exec_driver_sql(_statement(size), groups)
        n_rows += size * len(groups)
    return n_rows


@cache
def _statement(n_rows: int) -> str:
    row = "(?1" + ", ?" * N_BOUND + ", 'queued', 0)"
    return f"INSERT INTO item ({', '.join(ITEM_COLUMNS)}) VALUES {', '.join([row] * n_rows)}"  # noqa: S608


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a surrogate pair, or a number beyond 64 bits
        return json.dumps(value)


def _count_same(connection: Connection, job_id: str) -> None:
    same = (
        select(items.c.same_as, func.count()).where(items.c.job_id == job_id, items.c.same_as.is_not(None))
        .group_by(items.c.same_as)
    )  # fmt: skip
    counted = [{"at": position, "n": n} for position, n in connection.execute(same)]
    if counted:
        leader = (items.c.job_id == job_id) & (items.c.position == bindparam("at"))
        connection.execute(update(items).where(leader).values(n_same=bindparam("n")), counted)


def _chunks(job_id: str, n_items: int, size: int) -> Iterator[dict[str, Any]]:
    for n, first in enumerate(range(0, n_items, size)):
        last = min(first + size, n_items) - 1
        yield {"job_id": job_id, "n": n, "first": first, "last": last, "status": ChunkStatus.OPEN}
