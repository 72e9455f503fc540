"""Versions of one concept scheme: a label that was said for one holds for all that still have its category."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from storage.database import Database
from storage.tables import taxonomy_versions

ALWAYS = frozenset({"not_a_product"})


class Kin(Database):
    """What labels ask of taxonomy versions; their content never changes, so it is read once."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._notations: dict[str, frozenset[str] | None] = {}

    def _kin(self, connection: Connection, taxonomy_id: str, *, lock: bool = False) -> list[str]:
        """Return all versions of a taxonomy's scheme (the same URI, or editions of one base), itself included.

        lock: nobody else labels their texts, and no job of theirs opens, until the transaction ends.
        """
        v = taxonomy_versions.c
        uri = select(v.uri).where(v.id == taxonomy_id, v.uri != "").scalar_subquery()
        root = select(func.coalesce(v.base_id, v.id)).where(v.id == taxonomy_id).scalar_subquery()
        versions = select(v.id).where((v.uri == uri) | (func.coalesce(v.base_id, v.id) == root)).order_by(v.id)
        found = connection.execute(versions.with_for_update(key_share=True) if lock else versions)
        return list(found.scalars()) or [taxonomy_id]

    def _has(self, connection: Connection, taxonomy_id: str, notation: str) -> bool:
        """Tell whether a version has a category; one whose concepts are not on record is taken to have it."""
        if taxonomy_id not in self._notations:
            columns = select(taxonomy_versions.c.record).where(taxonomy_versions.c.id == taxonomy_id)
            concepts = (connection.execute(columns).scalar() or {}).get("concepts")
            told = None if concepts is None else frozenset(str(concept["notation"]) for concept in concepts)
            self._notations[taxonomy_id] = told
        known = self._notations[taxonomy_id]
        return known is None or notation in known or notation in ALWAYS

    def _having(self, connection: Connection, versions: Sequence[str], notation: str | None) -> list[str]:
        return [] if notation is None else [v for v in versions if self._has(connection, v, notation)]
