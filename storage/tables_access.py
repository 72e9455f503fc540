"""The tables of who may use the jobs: people and their roles, API tokens; idempotency keys, callbacks and their log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import UtcTime


def _moment(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(UtcTime, nullable=nullable))


class PersonRole(SQLModel, table=True):
    """What a person, or everybody with an address of a domain ("@example.com"), may do; who is in lower case."""

    __tablename__ = "person_role"
    who: str = Field(primary_key=True)
    role: str
    granted_by: str
    granted_at: datetime = _moment(nullable=False)


class ApiToken(SQLModel, table=True):
    """A program's key to the REST interface; only the SHA-256 of the secret is kept."""

    __tablename__ = "api_token"
    id: str = Field(primary_key=True)
    name: str
    owner: str = Field(index=True)
    role: str = Field(default="analyst", sa_column=Column(String, nullable=False, server_default="analyst"))
    secret_sha256: str = Field(unique=True)
    created_at: datetime = _moment(nullable=False)
    revoked_at: datetime | None = _moment()


class IdempotencyKey(SQLModel, table=True):
    """What a key was first used for: scope is the owner ("" without tokens), body_sha256 of the request."""

    __tablename__ = "idempotency_key"
    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_sha256: str
    job_id: str = Field(index=True)
    created_at: datetime = _moment(nullable=False)


class Callback(SQLModel, table=True):
    """One message about the end of a job; id is its webhook-id, the same on every attempt."""

    id: str = Field(primary_key=True)
    job_id: str
    ended_at: datetime = _moment(nullable=False)  # the job's completed_at: a job that was resumed ends again
    status: str = "waiting"  # waiting, delivered, refused, given up
    n_attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    next_at: datetime | None = _moment()

    __table_args__ = (
        UniqueConstraint("job_id", "ended_at", name="uq_callback_job_end"),
        Index("ix_callback_next", "status", "next_at"),
    )


class CallbackAttempt(SQLModel, table=True):
    """One try to deliver a callback."""

    __tablename__ = "callback_attempt"
    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    callback_id: str = Field(index=True)
    at: datetime = _moment(nullable=False)
    http_status: int | None = None
    latency_s: float
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


def _table(model: type[SQLModel]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


person_roles = _table(PersonRole)
api_tokens = _table(ApiToken)
idempotency_keys = _table(IdempotencyKey)
callbacks = _table(Callback)
callback_attempts = _table(CallbackAttempt)
