"""What was handed to a provider's Batch API: written before it is sent, so that a kill at any moment loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.orm import Session

from storage.database import Database
from storage.rows import BatchRead, Claim
from storage.status import ACTIVE, JobStatus
from storage.tables import chunks, jobs
from storage.tables_batches import ProviderBatch, provider_batches

_unread = provider_batches.c.read_at.is_(None)


@dataclass(frozen=True, slots=True)
class StrayBatch:
    """A batch that nobody waits for any more, because its job was cancelled or deleted; claim: its chunk as it is."""

    batch: ProviderBatch
    claim: Claim


class ProviderBatches(Database):
    """Verbs of a worker that asks through a provider's Batch API."""

    def intend_batch(self, batch: ProviderBatch) -> None:
        """Write down that a batch is about to be sent."""
        with self._write() as connection:
            connection.execute(insert(provider_batches), batch.model_dump())

    def tell_batch(self, own_id: str, **told: Any) -> None:
        """Write down what is known now of a batch (columns of ProviderBatch); own_id is ours, not the provider's."""
        with self._write() as connection:
            connection.execute(update(provider_batches).where(provider_batches.c.id == own_id).values(**told))

    def batches_of_chunk(self, job_id: str, chunk: int) -> list[ProviderBatch]:
        """All batches of a chunk, oldest first."""
        return self._batches(and_(provider_batches.c.job_id == job_id, provider_batches.c.chunk == chunk))

    def batches_of_job(self, job_id: str) -> list[ProviderBatch]:
        """All batches of a job, oldest first."""
        return self._batches(provider_batches.c.job_id == job_id)

    def stray_batches(self) -> list[StrayBatch]:
        """Batches that may still run, or whose answers were not fetched, of jobs that have been given up."""
        given_up = (jobs.c.status == JobStatus.CANCELLED) | (
            jobs.c.deleted_at.is_not(None) & jobs.c.status.not_in(ACTIVE)
        )
        with self._read() as connection:
            found = select(provider_batches.c.job_id, provider_batches.c.chunk, chunks)
            found = found.join(jobs, jobs.c.id == provider_batches.c.job_id)
            here = and_(chunks.c.job_id == provider_batches.c.job_id, chunks.c.n == provider_batches.c.chunk)
            rows = connection.execute(found.join(chunks, here).where(_unread, given_up)).all()
        claims = {(row.job_id, row.n): Claim(row.job_id, row.n, row.first, row.last, row.token, row.seq)
                  for row in rows}  # fmt: skip
        return [
            StrayBatch(batch, claim)
            for (job_id, n), claim in claims.items()
            for batch in self.batches_of_chunk(job_id, n)
            if batch.read_at is None
        ]

    def _batches(self, where: Any) -> list[ProviderBatch]:
        ordered = select(ProviderBatch).where(where)
        ordered = ordered.order_by(provider_batches.c.intended_at, provider_batches.c.id)
        with self._read() as connection, Session(connection, expire_on_commit=False) as session:
            return list(session.scalars(ordered))


def mark_read(connection: Connection, read: Sequence[BatchRead]) -> None:
    """Note, in the transaction that records their answers, that batches are done with."""
    for batch in read:
        done = update(provider_batches).where(provider_batches.c.id == batch.id)
        connection.execute(done.values(read_at=datetime.now(UTC), again=list(batch.again)))
