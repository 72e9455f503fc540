"""The tables of what people say of product texts: every word ever said, and what files had said before."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text
from sqlmodel import Field, SQLModel

from storage.columns import UtcTime


class LabelEvent(SQLModel, table=True):
    """One word of one person on a product text; rows are appended, never changed.

    notation None: nothing is said of the text any more. kind: one of storage.label_history.Kind. act: what was said in
    one go (a selection, a file) shares it, so that it can be taken back in one go.
    restores: the earlier word that holds again, if this one took a later one back.
    """

    __tablename__ = "label_event"
    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    taxonomy_id: str = Field(foreign_key="taxonomy_version.id")
    text_key: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    notation: str | None = None
    actor: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    job_id: str | None = None  # where it was said
    kind: str
    act: str
    restores: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))

    __table_args__ = (Index("ix_label_event_text", "text_key", "id"), Index("ix_label_event_act", "act"))


class FileLabel(SQLModel, table=True):
    """What a file expected of an item whose label is now a reviewed one: it comes back when that is taken back."""

    __tablename__ = "file_label"
    job_id: str = Field(sa_column=Column(
        String, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, nullable=False))  # fmt: skip
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    expected: str | None = None


class ItemText(SQLModel, table=True):
    """Where a text stands in a job, in the order of texts: what finds a text's items at once.

    An index on the items themselves would cost more than half of a large import; this one is written when it is needed
    first, in its own order (see Job.is_indexed).
    """

    __tablename__ = "item_text"
    job_id: str = Field(sa_column=Column(
        String, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, nullable=False))  # fmt: skip
    text_key: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))

    __table_args__ = {"sqlite_with_rowid": False}


def _table(model: type[SQLModel]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


label_events: Table = _table(LabelEvent)
file_labels: Table = _table(FileLabel)
item_texts: Table = _table(ItemText)
