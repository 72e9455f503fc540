"""The tables: what is remembered of taxonomies, jobs, chunks, items, attempts and answers.

SQLModel declares them; `table=True` models do not validate, so the verbs of Store are the only writers.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.columns import Json, Usd, UtcTime
from storage.status import ChunkStatus, ItemStatus, JobStatus

ZERO = Decimal(0)


def _usd() -> Any:
    return Field(default=ZERO, sa_column=Column(Usd, nullable=False, server_default="0"))


def _moment() -> Any:
    return Field(default=None, sa_column=Column(UtcTime, nullable=True))


def _count() -> Any:
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


def _json() -> Any:
    return Field(default=None, sa_column=Column(Json, nullable=True))


def _long() -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=True))


# Conditions of partial indexes: a query must say them word for word, not by parameters, or SQLite cannot use the index
FAILED = "status = 'failed'"
WRONG = "status = 'classified' AND expected IS NOT NULL AND expected <> coalesce(notation, verdict)"
NO_CATEGORY = "status = 'classified' AND notation IS NULL"


def _partial(name: str, condition: str, *columns: str) -> Index:
    return Index(name, "job_id", *columns, sqlite_where=sql(condition), postgresql_where=sql(condition))


class TaxonomyVersion(SQLModel, table=True):
    """One content of a concept scheme; id is its fingerprint, record is classifier.taxonomy.to_record's JSON.

    base_id: the imported version that an edition changed; None for what was imported itself.
    """

    __tablename__ = "taxonomy_version"
    id: str = Field(primary_key=True)
    name: str
    uri: str
    n_concepts: int
    n_assignable: int
    languages: list[str] | None = _json()
    record: dict[str, Any] | None = _json()
    report: dict[str, Any] | None = _json()
    created_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    hidden_at: datetime | None = _moment()
    base_id: str | None = Field(default=None, sa_column=Column(String, nullable=True))


class Job(SQLModel, table=True):
    """One upload x taxonomy version x frozen spec, with counters kept in the transactions that change them."""

    id: str = Field(primary_key=True)
    name: str
    status: str = Field(default=JobStatus.QUEUED)
    priority: int = 1  # 1..5, 5 goes first
    owner: str | None = None
    parent_id: str | None = Field(default=None, index=True)
    source: str = "page"  # page, rest, cli: where it came from
    taxonomy_id: str = Field(foreign_key="taxonomy_version.id")
    engine: str
    model: str | None = None
    spec: dict[str, Any] | None = _json()
    import_report: dict[str, Any] | None = _json()
    estimate: dict[str, Any] | None = _json()
    callback_url: str | None = _long()
    budget_usd: Decimal | None = Field(default=None, sa_column=Column(Usd, nullable=True))
    chunk_size: int = 500
    is_indexed: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=sql("false")))

    n_items: int = _count()
    n_labelled: int = _count()
    n_classified: int = _count()
    n_not_a_product: int = _count()
    n_unsure: int = _count()
    n_failed: int = _count()
    n_cancelled: int = _count()
    n_correct: int = _count()
    n_duplicates: int = _count()
    n_reused: int = _count()
    label_seq: int = _count()  # how often reviews have changed what is expected of its items
    n_attempts: int = _count()
    n_failed_attempts: int = _count()
    n_unpriced_attempts: int = _count()
    input_tokens: int = _count()
    cached_input_tokens: int = _count()
    output_tokens: int = _count()
    reasoning_tokens: int = _count()
    cost_usd: Decimal = _usd()
    wasted_usd: Decimal = _usd()  # of cost_usd: attempts that gave no sound answer

    created_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    ready_at: datetime | None = _moment()  # every item is in the database
    started_at: datetime | None = _moment()
    completed_at: datetime | None = _moment()
    cancel_requested_at: datetime | None = _moment()
    pause_requested_at: datetime | None = _moment()
    deleted_at: datetime | None = _moment()
    error_message: str | None = _long()
    waits_for: str | None = _long()  # what a job that stands still is waiting for, as a sentence
    waits_until_at: datetime | None = _moment()

    __table_args__ = (
        Index("ix_job_created", "created_at", "id"),
        Index("ix_job_status_priority", "status", "priority"),
    )


class Chunk(SQLModel, table=True):
    """A span of a job's items, first..last inclusive: what an executor runs. token fences late workers off."""

    job_id: str = Field(primary_key=True, foreign_key="job.id")
    n: int = Field(primary_key=True)
    first: int
    last: int
    status: str = Field(default=ChunkStatus.OPEN)
    owner: str | None = None
    lease_until_s: float | None = Field(default=None, sa_column=Column(Float, nullable=True))  # Unix time
    token: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    seq: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))  # flushes applied

    __table_args__ = (
        Index("ix_chunk_open", "job_id", "n", sqlite_where=sql("status = 'open'"),
              postgresql_where=sql("status = 'open'")),
        Index("ix_chunk_owner", "owner"),
        Index("ix_chunk_leased", "job_id", "lease_until_s", sqlite_where=sql("owner IS NOT NULL"),
              postgresql_where=sql("owner IS NOT NULL")),
    )  # fmt: skip


class Item(SQLModel, table=True):
    """One product's place in a job, and its one final result.

    same_as: the position of an earlier item with the same text, whose answer this one shares; n_same counts them.
    cost_usd and tokens are this item's share of its attempts.
    """

    job_id: str = Field(primary_key=True, foreign_key="job.id")
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    product_id: str | None = _long()
    expected: str | None = None
    extra: dict[str, Any] | None = _json()
    text_key: str
    same_as: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    n_same: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    status: str = Field(default=ItemStatus.QUEUED)
    verdict: str | None = None
    notation: str | None = None
    confidence: float | None = None
    why: str | None = _long()
    runners_up: list[Any] | None = _json()
    error_kind: str | None = None
    error: str | None = _long()
    n_attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    reused: bool = False
    input_tokens: int = _count()
    output_tokens: int = _count()
    cost_usd: Decimal = _usd()
    finished_at: datetime | None = _moment()

    __table_args__ = (
        Index("ix_item_same_as", "job_id", "same_as", sqlite_where=sql("same_as IS NOT NULL"),
              postgresql_where=sql("same_as IS NOT NULL")),
        _partial("ix_item_failed", FAILED, "position", "error_kind", "expected"),
        _partial("ix_item_wrong", WRONG, "expected", "notation", "position", "verdict"),
        _partial("ix_item_no_category", NO_CATEGORY, "verdict", "position"),
        _partial("ix_item_notation", "notation IS NOT NULL", "notation", "position", "expected"),
        _partial("ix_item_expected", "expected IS NOT NULL", "expected", "position"),
        _partial("ix_item_confidence", "confidence IS NOT NULL", "confidence", "position"),
    )  # fmt: skip


class Attempt(SQLModel, table=True):
    """One engine call: what was asked, what came, what it cost. positions lists the items that shared it."""

    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="job.id")
    chunk: int
    worker: str
    positions: list[int] | None = _json()
    n_items: int
    n_sound: int
    model: str
    kind: str  # ok, or the kind of failure of the whole call
    http_status: int | None = None
    request_id: str | None = None
    service_tier: str | None = None
    started_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    latency_s: float
    input_tokens: int = _count()
    cached_input_tokens: int = _count()
    output_tokens: int = _count()
    reasoning_tokens: int = _count()
    cost_usd: Decimal | None = Field(default=None, sa_column=Column(Usd, nullable=True))  # None: price unknown
    error: str | None = _long()
    raw: str | None = _long()

    __table_args__ = (Index("ix_attempt_job_chunk", "job_id", "chunk", "started_at"),)


class Tally(SQLModel, table=True):
    """How many items of a job ended in the same way: enough for accuracy at any level without reading items.

    expected and predicted are "" where there is none; outcome is a verdict or "failed:<kind>".
    """

    job_id: str = Field(primary_key=True, foreign_key="job.id")
    expected: str = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    predicted: str = Field(primary_key=True)
    n: int = _count()
    cost_usd: Decimal = _usd()


class Answer(SQLModel, table=True):
    """A sound paid answer for a text under one spec, to be reused at no cost."""

    spec_key: str = Field(primary_key=True)
    text_key: str = Field(primary_key=True)
    verdict: str
    notation: str | None = None
    confidence: float | None = None
    why: str | None = _long()
    runners_up: list[Any] | None = _json()
    job_id: str


class JobEvent(SQLModel, table=True):
    """A transition or request in a job's history, with its cause and who or what caused it."""

    __tablename__ = "job_event"
    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    job_id: str = Field(foreign_key="job.id", index=True)
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    kind: str
    cause: str = Field(sa_column=Column(Text, nullable=False))
    actor: str


class Preference(SQLModel, table=True):
    """A setting that the analyst changed on the page (never a secret)."""

    key: str = Field(primary_key=True)
    value: Any = _json()


def _table(model: type[SQLModel]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


taxonomy_versions = _table(TaxonomyVersion)
jobs = _table(Job)
chunks = _table(Chunk)
items = _table(Item)
attempts = _table(Attempt)
tallies = _table(Tally)
answers = _table(Answer)
job_events = _table(JobEvent)
preferences = _table(Preference)
