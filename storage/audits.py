"""Audits: samples of a job's answers that a person checks, one product at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.labels import Labelled, Labels
from storage.tables import jobs
from storage.tables_analysis import Audit, AuditItem, audit_items, audits


class AuditNotFound(StorageError):
    """There is no such audit, or no such product in it."""


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """A product that was drawn for an audit, with the answer that is to be checked."""

    position: int
    stratum: str
    text: str
    text_key: str
    answer: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class StratumCount:
    """Of one stratum's drawn products: how many are checked, and right."""

    name: str
    n_drawn: int
    n_checked: int
    n_right: int


class Audits(Labels):
    """Verbs of audits; the newest of a job is the one that counts."""

    def start_audit(self, job_id: str, strata: Sequence[Any], drawn: Sequence[DrawnItem], seed: int,
                    actor: str) -> int:  # fmt: skip
        """Keep a drawn sample, in the order of checking; returns its id."""
        with self._write() as connection:
            values = {"job_id": job_id, "drawn_at": datetime.now(UTC), "actor": actor, "seed": seed,
                      "strata": list(strata)}  # fmt: skip
            audit_id = int(connection.execute(insert(audits).values(values).returning(audits.c.id)).scalar_one())
            rows = [{"audit_id": audit_id, "n": n, "position": d.position, "stratum": d.stratum, "text": d.text,
                     "text_key": d.text_key, "answer": d.answer, "confidence": d.confidence}
                    for n, d in enumerate(drawn)]  # fmt: skip
            if rows:
                connection.execute(insert(audit_items), rows)
        return audit_id

    def check(self, audit_id: int, n: int, is_right: bool | None, actor: str, notation: str | None = None) -> None:
        """Note that a product's answer is right or wrong (None: take that back), and what is right if it is known.

        What is known to be right is kept as the text's label too, in place of what this job said of it before.
        Raises AuditNotFound.
        """
        with self._write() as connection:
            at = datetime.now(UTC) if is_right is not None else None
            here = (audit_items.c.audit_id == audit_id) & (audit_items.c.n == n)
            told = update(audit_items).where(here).values(is_right=is_right, notation=notation, actor=actor,
                                                          checked_at=at)  # fmt: skip
            row = connection.execute(told.returning(audit_items.c.text, audit_items.c.text_key,
                                                    audit_items.c.answer)).first()  # fmt: skip
            if row is None:
                raise AuditNotFound(f"Audit {audit_id} has no product {n}.")
            right = row.answer if is_right else notation if is_right is False else None
            about = select(jobs.c.taxonomy_id, jobs.c.id).join(audits, audits.c.job_id == jobs.c.id)
            taxonomy_id, job_id = connection.execute(about.where(audits.c.id == audit_id)).one()
            if right:
                self._say(connection, taxonomy_id, [Labelled(row.text_key, row.text, right, job_id)], actor)
            else:
                self._retract(connection, taxonomy_id, row.text_key, actor, job_id)

    def audit(self, job_id: str) -> Audit | None:
        """Return the job's newest audit, None when there is none."""
        newest = select(Audit).where(audits.c.job_id == job_id).order_by(audits.c.id.desc()).limit(1)
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return session.scalars(newest).first()

    def audit_items(self, audit_id: int, *, unchecked: bool = False, n: int = 500) -> list[AuditItem]:
        """Return an audit's products in the order of checking, all or those not checked yet."""
        wanted = select(AuditItem).where(audit_items.c.audit_id == audit_id).order_by(audit_items.c.n).limit(n)
        if unchecked:
            wanted = wanted.where(audit_items.c.is_right.is_(None))
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(wanted))

    def audit_counts(self, audit_id: int) -> dict[str, StratumCount]:
        """Return the checks by stratum."""
        is_right = audit_items.c.is_right
        right = func.count().filter(is_right.is_(True))
        counted = select(audit_items.c.stratum, func.count(), func.count(is_right), right)
        counted = counted.where(audit_items.c.audit_id == audit_id).group_by(audit_items.c.stratum)
        with self._read() as connection:
            return {name: StratumCount(name, *map(int, n)) for name, *n in connection.execute(counted)}
