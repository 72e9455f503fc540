"""The tables of what is known about results: surveys, attributions, reviewed labels, audits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text
from sqlmodel import Field, SQLModel

from storage.columns import Json, UtcTime


def _job(*, index: bool = False) -> Any:
    reference = ForeignKey("job.id", ondelete="CASCADE")
    return Field(sa_column=Column(String, reference, primary_key=not index, nullable=False, index=index))


def _moment(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(UtcTime, nullable=nullable))


class AnalysisRecord(SQLModel, table=True):
    """A survey of a job's ended items; record is classifier.analysis.survey's JSON."""

    __tablename__ = "analysis"
    job_id: str = _job()
    n_seen: int
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    record: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))


class Attribution(SQLModel, table=True):
    """Where a failed product without a label most likely belongs: inferred, no answer. source: twin, retriever."""

    job_id: str = _job()
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    notation: str
    source: str

    __table_args__ = (Index("ix_attribution_notation", "job_id", "notation", "position"),)


class Label(SQLModel, table=True):
    """What a person said a product text is, in one taxonomy version: good for this job and for any later one.

    notation: a concept's, or "not_a_product". text_key: classifier.normalisation.text_key of the text.
    """

    taxonomy_id: str = Field(primary_key=True, foreign_key="taxonomy_version.id")
    text_key: str = Field(primary_key=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    notation: str
    actor: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    job_id: str | None = None  # where it was said


class Audit(SQLModel, table=True):
    """A stratified sample of a job's answers to be checked by a person.

    strata: [[name, branch, risk, n_all], ...]; n_all is how many answers of the job the stratum stands for.
    """

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    job_id: str = _job(index=True)
    drawn_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    actor: str
    seed: int = Field(sa_column=Column(BigInteger, nullable=False))
    strata: list[Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))


class AuditItem(SQLModel, table=True):
    """One product of an audit, in the order n in which it is shown. answer: what the job said when it was drawn."""

    __tablename__ = "audit_item"
    audit_id: int = Field(sa_column=Column(
        BigInteger().with_variant(Integer, "sqlite"), ForeignKey("audit.id", ondelete="CASCADE"), primary_key=True,
        autoincrement=False))  # fmt: skip
    n: int = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    stratum: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    text_key: str
    answer: str
    confidence: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    is_right: bool | None = None  # None: not checked yet
    notation: str | None = None  # the right one, if the checker said it
    actor: str | None = None
    checked_at: datetime | None = _moment()


def _table(model: type[SQLModel]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


analyses = _table(AnalysisRecord)
attributions = _table(Attribution)
labels = _table(Label)
audits = _table(Audit)
audit_items = _table(AuditItem)
