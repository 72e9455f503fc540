"""The table of surveys: see storage.analyses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Column, ForeignKey, String, Table
from sqlmodel import Field, SQLModel

from storage.columns import Json, UtcTime


class AnalysisRecord(SQLModel, table=True):
    """A survey of a job's ended items; record is classifier.survey's JSON."""

    __tablename__ = "analysis"
    job_id: str = Field(sa_column=Column(String, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True))
    n_seen: int
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    record: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))


analyses = cast(Table, AnalysisRecord.__table__)  # type: ignore[attr-defined]
