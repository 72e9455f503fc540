"""The table of what jobs learned from."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Column, LargeBinary, Table
from sqlmodel import Field, SQLModel

from storage.columns import UtcTime


class ExampleSet(SQLModel, table=True):
    """Labelled texts as they were when a job was frozen; id is their fingerprint, content is the caller's."""

    __tablename__ = "example_set"
    id: str = Field(primary_key=True)
    n_examples: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


example_sets = cast(Table, ExampleSet.__table__)  # type: ignore[attr-defined]
