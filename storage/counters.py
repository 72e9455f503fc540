"""Sums kept in the transaction that changes them, so that no page ever counts results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, update

from storage.batches import Batch
from storage.rows import AttemptRow, Result
from storage.status import ItemStatus
from storage.tables import jobs

Group = tuple[Result, int, Decimal]  # one of those that count alike, how many, and what they cost
OF_VERDICT = {"concept": "n_classified", "not_a_product": "n_not_a_product", "unsure": "n_unsure"}
COUNTERS = (
    "n_classified", "n_not_a_product", "n_unsure", "n_failed", "n_cancelled", "n_correct", "n_reused", "n_attempts",
    "n_failed_attempts", "n_unpriced_attempts", "input_tokens", "cached_input_tokens", "output_tokens",
    "reasoning_tokens", "cost_usd", "wasted_usd",
)  # fmt: skip
_added = {name: jobs.c[name] + bindparam(f"add_{name}", type_=jobs.c[name].type) for name in COUNTERS}
_add = Batch(
    [*(f"add_{name}" for name in COUNTERS), "b_job"],
    lambda _: update(jobs).where(jobs.c.id == bindparam("b_job")).values(_added),
)
_alike = attrgetter("expected_of", "status", "verdict", "notation", "error_kind", "reused")


def outcome_of(row: Result) -> str:
    """Return the tally's outcome: the verdict, or "failed:<kind>"."""
    return f"failed:{row.error_kind}" if row.status == ItemStatus.FAILED else str(row.verdict)


def is_correct(expected: str | None, verdict: str | None, notation: str | None) -> bool:
    """Tell whether a labelled item's outcome is the expected one; "not_a_product" is a label like a notation."""
    return expected is not None and expected == (notation if verdict == "concept" else verdict)


def count_groups(groups: Iterable[Group], *, revived: bool) -> dict[str, Any]:
    """Job counters that these groups of results add."""
    counted: Counter[str] = Counter()
    for row, n_alike, _ in groups:
        n = n_alike * len(row.expected_of)
        counted["n_failed" if row.status == ItemStatus.FAILED else OF_VERDICT[str(row.verdict)]] += n
        counted["n_correct"] += n_alike * sum(is_correct(e, row.verdict, row.notation) for e in row.expected_of)
        counted["n_reused"] += n_alike * row.reused
        counted["n_cancelled"] -= n if revived else 0
    return dict(counted)


def groups_of(results: Sequence[Result]) -> list[Group]:
    """Put results together that count alike: one of each group, how many it has, and what they cost."""
    groups: dict[Any, Group] = {}
    for row in results:
        key = _alike(row)
        first, n, cost_usd = groups.get(key) or (row, 0, Decimal(0))
        groups[key] = (first, n + 1, cost_usd + row.cost_usd)
    return list(groups.values())


def count_attempts(attempts: Sequence[AttemptRow]) -> dict[str, Any]:
    """Job counters that these attempts add."""
    if not attempts:
        return {}
    return {
        "n_attempts": len(attempts),
        "n_failed_attempts": sum(a.n_sound < len(a.positions) for a in attempts),
        "n_unpriced_attempts": sum(a.cost_usd is None for a in attempts),
        "input_tokens": sum(a.input_tokens for a in attempts),
        "cached_input_tokens": sum(a.cached_input_tokens for a in attempts),
        "output_tokens": sum(a.output_tokens for a in attempts),
        "reasoning_tokens": sum(a.reasoning_tokens for a in attempts),
        "cost_usd": sum((a.cost_usd or Decimal(0) for a in attempts), Decimal(0)),
        "wasted_usd": sum((a.wasted_usd for a in attempts), Decimal(0)),
    }


def add_counters(connection: Connection, job_id: str, counted: Mapping[str, Any]) -> None:
    """Add to the job's row, in one statement that is the same for all sets of counters."""
    if any(counted.values()):
        _add.one(connection, (*(counted.get(name, 0) for name in COUNTERS), job_id))


def tally_rows(job_id: str, groups: Iterable[Group]) -> list[dict[str, Any]]:
    """Return rows for the tally, one a distinct (expected, outcome, predicted); the cost stands with the asked item."""
    n: Counter[tuple[str, str, str]] = Counter()
    cost: dict[tuple[str, str, str], Decimal] = {}
    for row, n_alike, cost_usd in groups:
        for i, expected in enumerate(row.expected_of):
            key = (expected or "", outcome_of(row), row.notation or "")
            n[key] += n_alike
            cost[key] = cost.get(key, Decimal(0)) + (cost_usd if i == 0 else Decimal(0))
    return [
        {"job_id": job_id, "expected": e, "outcome": o, "predicted": p, "n": n[e, o, p], "cost_usd": cost[e, o, p]}
        for e, o, p in sorted(n)
    ]
