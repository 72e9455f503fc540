"""What people said products are: labels by text, which serve this job and any later one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Database
from storage.tables_analysis import labels

KEYS_A_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """A person's word on a product text: a notation, or "not_a_product". job_id: where it was said, if in a job."""

    text_key: str
    text: str
    notation: str
    job_id: str | None = None


class Labels(Database):
    """Labels of a taxonomy version; the last word on a text holds."""

    def keep_labels(self, taxonomy_id: str, told: Sequence[Labelled], actor: str) -> None:
        """Write labels, in place of earlier ones for the same texts."""
        with self._write() as connection:
            write_labels(connection, taxonomy_id, told, actor, is_sqlite=self.is_sqlite)

    def forget_label(self, taxonomy_id: str, text_key: str) -> None:
        """Take a label back."""
        with self._write() as connection:
            where = (labels.c.taxonomy_id == taxonomy_id) & (labels.c.text_key == text_key)
            connection.execute(delete(labels).where(where))

    def find_labels(self, taxonomy_id: str, text_keys: Iterable[str]) -> dict[str, str]:
        """Return the notations that people gave to these texts, by text key; those without a label are left out."""
        keys = iter(text_keys)
        found: dict[str, str] = {}
        columns = select(labels.c.text_key, labels.c.notation).where(labels.c.taxonomy_id == taxonomy_id)
        with self._read() as connection:
            while some := list(islice(keys, KEYS_A_QUERY)):
                found.update((row[0], row[1]) for row in connection.execute(columns.where(labels.c.text_key.in_(some))))
        return found

    def labels(self, taxonomy_id: str, *, after: str = "", n: int = 50) -> list[Mapping[str, Any]]:
        """Labels of a taxonomy version by text key, after one (keyset page), with Label's columns."""
        page = select(labels).where(labels.c.taxonomy_id == taxonomy_id, labels.c.text_key > after)
        with self._read() as connection:
            rows = connection.execute(page.order_by(labels.c.text_key).limit(n))
            return [dict(row._mapping) for row in rows]

    def count_labels(self, taxonomy_id: str) -> int:
        """How many texts have a label in this taxonomy version."""
        counted = select(func.count()).select_from(labels).where(labels.c.taxonomy_id == taxonomy_id)
        with self._read() as connection:
            return int(connection.execute(counted).scalar_one())


def drop_label(connection: Connection, taxonomy_id: str, text_key: str, job_id: str) -> None:
    """Remove what was said of a text in this job, in a transaction that is open already."""
    where = (labels.c.taxonomy_id == taxonomy_id) & (labels.c.text_key == text_key) & (labels.c.job_id == job_id)
    connection.execute(delete(labels).where(where))


def write_labels(connection: Connection, taxonomy_id: str, told: Sequence[Labelled], actor: str, *,
                 is_sqlite: bool) -> None:  # fmt: skip
    """Write labels in a transaction that is open already."""
    if not told:
        return
    at = datetime.now(UTC)
    rows = [{"taxonomy_id": taxonomy_id, "text_key": t.text_key, "text": t.text, "notation": t.notation,
             "actor": actor, "at": at, "job_id": t.job_id} for t in told]  # fmt: skip
    statement = sqlite.insert(labels) if is_sqlite else postgresql.insert(labels)
    changed = [c.name for c in labels.c if not c.primary_key]
    statement = statement.on_conflict_do_update(
        index_elements=[labels.c.taxonomy_id, labels.c.text_key],
        set_={name: statement.excluded[name] for name in changed},
    )
    connection.execute(statement, rows)
