"""Texts with a known answer, for learning: what people said, what files expected, and the sets that jobs froze."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from storage.kin import Kin
from storage.tables import items, jobs
from storage.tables_analysis import labels
from storage.tables_examples import example_sets


class ToldText(NamedTuple):
    """A text, the notation (or "not_a_product") that it was given, and when."""

    text: str
    notation: str
    at: datetime


class ExampleSets(Kin):
    """Reading verbs over all jobs of a taxonomy version, newest first; and sets that are kept as they were."""

    def reviewed_texts(self, taxonomy_id: str, n: int) -> list[ToldText]:
        """At most n texts that people labelled, the last word first."""
        with self._read() as connection:
            kin = self._kin(connection, taxonomy_id)
            wanted = select(labels.c.text, labels.c.notation, labels.c.at).where(labels.c.taxonomy_id.in_(kin))
            rows = connection.execute(wanted.order_by(labels.c.at.desc(), labels.c.text_key).limit(n))
            return [ToldText(*row) for row in rows if self._has(connection, taxonomy_id, row.notation)]

    def expected_texts(self, taxonomy_id: str, n: int) -> Iterator[ToldText]:
        """At most n texts with the answers that the files of jobs expected; identical texts of a job once."""
        whole = (jobs.c.taxonomy_id == taxonomy_id) & jobs.c.deleted_at.is_(None) & jobs.c.ready_at.is_not(None)
        told = items.c.expected.is_not(None) & items.c.same_as.is_(None)
        with self._read() as connection:
            newest = select(jobs.c.id, jobs.c.created_at).where(whole & (jobs.c.n_labelled > 0))
            for job_id, at in connection.execute(newest.order_by(jobs.c.created_at.desc(), jobs.c.id)).all():
                columns = select(items.c.text, items.c.expected).where((items.c.job_id == job_id) & told)
                for text, expected in connection.execute(columns.order_by(items.c.position).limit(n)):
                    yield ToldText(text, expected, at)
                    n -= 1
                if n <= 0:
                    return

    def keep_example_set(self, set_id: str, n_examples: int, content: bytes) -> None:
        """Keep a set of examples; one that is known already stays as it is."""
        row = {"id": set_id, "n_examples": n_examples, "content": content, "made_at": datetime.now(UTC)}
        insert = sqlite.insert(example_sets) if self.is_sqlite else postgresql.insert(example_sets)
        with self._write() as connection:
            connection.execute(insert.on_conflict_do_nothing(), row)

    def example_set(self, set_id: str) -> bytes | None:
        """Return a kept set's content, None when there is none."""
        with self._read() as connection:
            return connection.execute(
                select(example_sets.c.content).where(example_sets.c.id == set_id)
            ).scalar_one_or_none()
