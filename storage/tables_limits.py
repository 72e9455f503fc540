"""The tables of what all workers share: how fast a service may be called, and how much of a budget each may spend."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from sqlalchemy import Column, Float, Table
from sqlmodel import Field, SQLModel

from storage.columns import Usd


class RateGate(SQLModel, table=True):
    """When the next permit of a limit is free (Unix time): GCRA's theoretical arrival time. key names the limit."""

    __tablename__ = "rate_gate"
    key: str = Field(primary_key=True)
    free_at_s: float = Field(sa_column=Column(Float(53), nullable=False))


class Allowance(SQLModel, table=True):
    """What a worker may still spend of a job's budget before it must ask again; recorded calls are taken off."""

    job_id: str = Field(primary_key=True, foreign_key="job.id")
    worker: str = Field(primary_key=True)
    usd: Decimal = Field(sa_column=Column(Usd, nullable=False))
    asked_at_s: float = Field(sa_column=Column(Float(53), nullable=False))  # Unix time


rate_gates = cast(Table, RateGate.__table__)  # type: ignore[attr-defined]
allowances = cast(Table, Allowance.__table__)  # type: ignore[attr-defined]
