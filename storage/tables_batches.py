"""The table of what was handed to a provider's Batch API."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Column, Index, Table, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.columns import Json, UtcTime


class ProviderBatch(SQLModel, table=True):
    """One batch of requests, from the intent to send it until all that came of it is recorded.

    id is ours and stands in the provider's metadata; layout lists the positions of each request's products. again
    lists the positions that the provider left unasked. read_at: when its answers were recorded, or it came to nothing.
    """

    __tablename__ = "provider_batch"
    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="job.id")
    chunk: int
    layout: list[list[int]] = Field(sa_column=Column(Json, nullable=False))
    again: list[int] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    input_file_id: str | None = None
    batch_id: str | None = None
    status: str = "intended"  # then what the provider calls it
    n_requests: int
    n_done: int = 0
    n_failed: int = 0
    message: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    intended_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    submitted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    expires_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    read_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))

    __table_args__ = (
        Index("ix_provider_batch_job", "job_id", "chunk", "intended_at"),
        Index("ix_provider_batch_unread", "job_id", sqlite_where=sql("read_at IS NULL"),
              postgresql_where=sql("read_at IS NULL")),
    )  # fmt: skip


provider_batches = cast(Table, ProviderBatch.__table__)  # type: ignore[attr-defined]
