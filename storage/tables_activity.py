"""The table of what people and programs did: it outlives the jobs that it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text
from sqlmodel import Field, SQLModel

from storage.columns import UtcTime


class Activity(SQLModel, table=True):
    """One act: who (a person, a token's owner, a command line) did what to which job, and when."""

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    actor: str
    action: str  # created, cancel requested, paused, resumed, priority, deleted, restored, exported, token ...
    job_id: str | None = None  # no foreign key: a job that is removed stays in the log
    what: str = Field(sa_column=Column(Text, nullable=False))

    __table_args__ = (Index("ix_activity_job", "job_id", "id"),)


activities = cast(Table, Activity.__table__)  # type: ignore[attr-defined]
