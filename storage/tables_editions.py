"""The table of editions: what was laid over an imported taxonomy and its prompt, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.columns import Json, UtcTime

IS_DRAFT = "published_at IS NULL"


class Edition(SQLModel, table=True):
    """One edition of a base taxonomy. A draft has no number and no published_at; a published one never changes.

    content: the caller's JSON. counter: how often a draft was saved, for the check that nobody else saved meanwhile.
    taxonomy_id: the taxonomy version that results, once published. parent_id: the edition that it began from.
    """

    __tablename__ = "edition"
    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    base_id: str = Field(foreign_key="taxonomy_version.id")
    number: int | None = None
    parent_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    taxonomy_id: str | None = Field(default=None, foreign_key="taxonomy_version.id", index=True)
    content: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    author: str
    note: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    counter: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    created_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    saved_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    saved_by: str
    published_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))

    __table_args__ = (
        Index("uq_edition_number", "base_id", "number", unique=True),
        Index("uq_edition_draft", "base_id", unique=True, sqlite_where=sql(IS_DRAFT), postgresql_where=sql(IS_DRAFT)),
    )  # fmt: skip


editions = cast(Table, Edition.__table__)  # type: ignore[attr-defined]
