"""Sums of the attempts, kept in the transaction that records them: what no page may ever add up by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Float, ForeignKey, String, Table
from sqlmodel import Field, SQLModel

from storage.columns import Usd


def _job() -> Any:
    return Field(sa_column=Column(String, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, nullable=False))


def _count() -> Any:
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


def _usd() -> Any:
    return Field(default=Decimal(0), sa_column=Column(Usd, nullable=False, server_default="0"))


class SpendTally(SQLModel, table=True):
    """Attempts of a job by model, day (UTC, YYYY-MM-DD) and kind. wasted_usd: of cost_usd, for no sound answer."""

    __tablename__ = "spend_tally"
    job_id: str = _job()
    model: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    n_attempts: int = _count()
    n_unpriced: int = _count()
    n_items: int = _count()
    n_sound: int = _count()
    input_tokens: int = _count()
    cached_input_tokens: int = _count()
    output_tokens: int = _count()
    reasoning_tokens: int = _count()
    latency_s: float = Field(default=0.0, sa_column=Column(Float, nullable=False, server_default="0"))
    cost_usd: Decimal = _usd()
    wasted_usd: Decimal = _usd()


class Pace(SQLModel, table=True):
    """What a job did in ten seconds of its life; at_s: Unix time at which they began."""

    job_id: str = _job()
    at_s: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    n_ended: int = _count()
    n_failed: int = _count()
    n_attempts: int = _count()
    cost_usd: Decimal = _usd()
    wasted_usd: Decimal = _usd()


spend_tallies = cast(Table, SpendTally.__table__)  # type: ignore[attr-defined]
pace = cast(Table, Pace.__table__)  # type: ignore[attr-defined]
