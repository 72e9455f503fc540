"""Editions in the record: one draft a base taxonomy, which several people may edit, and what was published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.activity import add_activity
from storage.database import Database
from storage.errors import EditionChanged, EditionNotFound
from storage.tables import taxonomy_versions
from storage.tables_editions import Edition, editions


class Editions(Database):
    """Verbs over drafts and published editions. Drafts are saved only by who saw their last counter."""

    def edition(self, edition_id: int) -> Edition:
        """Return an edition. Raises EditionNotFound."""
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            found = session.get(Edition, edition_id)
        if found is None:
            raise EditionNotFound(f"There is no edition {edition_id}: a draft may have been discarded.")
        return found

    def editions(self, base_id: str | None = None) -> list[Edition]:
        """Published editions of a base taxonomy (None: of all), the newest first."""
        wanted = select(Edition).where(editions.c.published_at.is_not(None))
        if base_id is not None:
            wanted = wanted.where(editions.c.base_id == base_id)
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(wanted.order_by(editions.c.number.desc())))

    def draft_edition(self, base_id: str) -> Edition | None:
        """Return the draft of a base taxonomy, None when there is none."""
        wanted = select(Edition).where(editions.c.base_id == base_id, editions.c.published_at.is_(None))
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return session.scalars(wanted).first()

    def base_of(self, taxonomy_id: str) -> str:
        """Return the imported taxonomy version that a version goes back to; itself when it was imported."""
        wanted = select(taxonomy_versions.c.base_id).where(taxonomy_versions.c.id == taxonomy_id)
        with self._read() as connection:
            return connection.execute(wanted).scalar_one_or_none() or taxonomy_id

    def begin_draft(self, base_id: str, content: Mapping[str, Any], actor: str, parent_id: int | None = None) -> int:
        """Begin a draft and return its id; that of the draft that is there already, if somebody was faster."""
        now = datetime.now(UTC)
        row = {"base_id": base_id, "parent_id": parent_id, "content": dict(content), "author": actor, "note": "",
               "counter": 0, "created_at": now, "saved_at": now, "saved_by": actor}  # fmt: skip
        begun = sqlite.insert(editions) if self.is_sqlite else postgresql.insert(editions)
        draft = select(editions.c.id).where(editions.c.base_id == base_id, editions.c.published_at.is_(None))
        with self._write() as connection:
            connection.execute(begun.on_conflict_do_nothing(), row)
            return int(connection.execute(draft).scalar_one())

    def save_draft(self, edition_id: int, counter: int, content: Mapping[str, Any], note: str, actor: str) -> int:
        """Save a draft and return its new counter; counter: the one that was seen.

        Raises EditionChanged when it was saved, published or discarded meanwhile, and changes nothing then.
        """
        new = {"content": dict(content), "note": note, "counter": counter + 1, "saved_at": datetime.now(UTC),
               "saved_by": actor}  # fmt: skip
        with self._write() as connection:
            self._change(connection, edition_id, counter, new)
        return counter + 1

    def publish_edition(self, edition_id: int, counter: int, taxonomy: Mapping[str, Any], note: str,
                        actor: str) -> int:  # fmt: skip
        """Publish a draft with the taxonomy version (columns of TaxonomyVersion) that results; return its number.

        Raises EditionChanged as `save_draft` does. From now on the edition never changes.
        """
        now = datetime.now(UTC)
        with self._write() as connection:
            base_id = connection.execute(select(editions.c.base_id).where(editions.c.id == edition_id)).scalar()
            if base_id is not None:  # two publishers of a base take turns: numbers have no gap and no double
                connection.execute(select(taxonomy_versions.c.id).where(taxonomy_versions.c.id == base_id)
                                   .with_for_update())  # fmt: skip
            self._keep_taxonomy(connection, taxonomy, base_id)
            last = connection.execute(select(func.max(editions.c.number)).where(editions.c.base_id == base_id)).scalar()
            number = (last or 0) + 1
            self._change(connection, edition_id, counter, {
                "number": number, "taxonomy_id": taxonomy["id"], "note": note, "published_at": now, "saved_at": now,
                "saved_by": actor, "counter": counter + 1})  # fmt: skip
            add_activity(connection, actor, "published", f"edition {number} of {taxonomy['name']}", None)
            return number

    def discard_draft(self, edition_id: int, counter: int, actor: str = "analyst") -> None:
        """Throw a draft away. Raises EditionChanged when somebody else saved it meanwhile."""
        with self._write() as connection:
            self._change(connection, edition_id, counter, {"counter": counter + 1})
            connection.execute(delete(editions).where(editions.c.id == edition_id))
            add_activity(connection, actor, "draft discarded", f"draft {edition_id}", None)

    def _keep_taxonomy(self, connection: Connection, taxonomy: Mapping[str, Any], base_id: str | None) -> None:
        known = select(taxonomy_versions.c.id).where(taxonomy_versions.c.id == taxonomy["id"])
        if connection.execute(known).first() is None:
            row = {**taxonomy, "base_id": base_id, "created_at": datetime.now(UTC)}
            connection.execute(insert(taxonomy_versions), row)

    def _change(self, connection: Connection, edition_id: int, counter: int, values: Mapping[str, Any]) -> None:
        mine = (editions.c.id == edition_id) & (editions.c.counter == counter) & editions.c.published_at.is_(None)
        if connection.execute(update(editions).where(mine).values(dict(values))).rowcount:
            return
        raise EditionChanged(_what_happened(connection, edition_id))


def _what_happened(connection: Connection, edition_id: int) -> str:
    columns = (editions.c.saved_by, editions.c.number, editions.c.published_at)
    row = connection.execute(select(*columns).where(editions.c.id == edition_id)).first()
    if row is None:
        return "The draft was discarded or published meanwhile: nothing of yours was saved; look again."
    if row.published_at is not None:
        return f"{row.saved_by} published the draft as edition {row.number} meanwhile: nothing was overwritten."
    return f"{row.saved_by} changed the draft meanwhile: nothing was overwritten; look at it and do it again."
