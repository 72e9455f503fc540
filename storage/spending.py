"""Adds attempts and results to the sums of storage.tables_spend; called in the transaction that records them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, bindparam

from storage.batches import Batch
from storage.rows import AttemptRow, Result
from storage.status import ItemStatus
from storage.tables_spend import pace, spend_tallies

PACE_S = 1  # width of a bucket of the pace; older rows of ten seconds are read alike
Sums = dict[tuple[Any, ...], dict[str, Any]]


def add_spend(connection: Connection, job_id: str, attempts: Sequence[AttemptRow],
              results: Sequence[Result] = ()) -> None:  # fmt: skip
    """Add these attempts and results to the job's sums."""
    _add(connection, _SPEND, ("model", "day", "kind"), job_id, spend_sums(attempts))
    _add(connection, _PACE, ("at_s",), job_id, pace_sums(attempts, results))


def spend_sums(attempts: Sequence[AttemptRow]) -> Sums:
    """Sum attempts by (model, day in UTC, kind)."""
    sums: Sums = {}
    for row in attempts:
        day = row.started_at.astimezone(UTC).date().isoformat()
        _sum(sums, (row.model, day, row.kind), {
            "n_attempts": 1, "n_unpriced": int(row.cost_usd is None), "n_items": len(row.positions),
            "n_sound": row.n_sound, "input_tokens": row.input_tokens, "cached_input_tokens": row.cached_input_tokens,
            "output_tokens": row.output_tokens, "reasoning_tokens": row.reasoning_tokens, "latency_s": row.latency_s,
            "cost_usd": row.cost_usd or Decimal(0), "wasted_usd": row.wasted_usd,
        })  # fmt: skip
    return sums


def pace_sums(attempts: Sequence[AttemptRow], results: Sequence[Result]) -> Sums:
    """Sum attempts and results by (Unix time of their ten seconds,)."""
    sums: Sums = {}
    nothing = {"n_ended": 0, "n_failed": 0, "n_attempts": 0, "cost_usd": Decimal(0), "wasted_usd": Decimal(0)}
    for a in attempts:
        cost = {"cost_usd": a.cost_usd or Decimal(0), "wasted_usd": a.wasted_usd}
        _sum(sums, _bucket(a.started_at, a.latency_s), nothing | {"n_attempts": 1} | cost)
    alike = Counter((r.finished_at, r.status, len(r.expected_of)) for r in results)
    for (finished_at, status, n_each), n_alike in alike.items():
        n = n_each * n_alike
        ended = {"n_ended": n, "n_failed": n if status == ItemStatus.FAILED else 0}
        _sum(sums, _bucket(finished_at, 0.0), nothing | ended)
    return sums


def _bucket(at: datetime, later_s: float) -> tuple[int]:
    return (int((at.timestamp() + later_s) // PACE_S) * PACE_S,)


def _sum(sums: Sums, key: tuple[Any, ...], values: dict[str, Any]) -> None:
    kept = sums.get(key)
    sums[key] = values if kept is None else {name: kept[name] + value for name, value in values.items()}


def _batch(table: Table) -> Batch:
    """Return the statement that adds rows to a table of sums, built once."""
    names = [column.name for column in table.c]
    counted = [column.name for column in table.c if not column.primary_key]

    def make(insert: Any) -> Any:
        statement = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})
        return statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: table.c[name] + statement.excluded[name] for name in counted},
        )

    return Batch(names, make)


_SPEND, _PACE = _batch(spend_tallies), _batch(pace)


def _add(connection: Connection, batch: Batch, keys: Sequence[str], job_id: str, sums: Sums) -> None:
    rows = ({"job_id": job_id} | dict(zip(keys, key, strict=True)) | sums[key] for key in sorted(sums))
    batch.run(connection, (tuple(row[name] for name in batch.names) for row in rows))
