"""Writing what engines told: attempts, results, the tally of outcomes, and answers kept for reuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import and_, bindparam, update
from sqlalchemy.engine import Connection

from storage.batches import Batch
from storage.counters import Group, tally_rows
from storage.rows import Part, Result
from storage.status import ItemStatus
from storage.tables import answers, attempts, items, tallies

OUTCOME = ("status", "verdict", "notation", "confidence", "why", "runners_up", "error_kind", "error", "finished_at")
SHARE = ("n_attempts", "reused", "input_tokens", "output_tokens", "cost_usd")
PLACE = ("b_job", "b_position")
ATTEMPT = (
    "id", "job_id", "chunk", "worker", "positions", "n_items", "n_sound", "model", "kind", "http_status", "request_id",
    "service_tier", "started_at", "latency_s", "input_tokens", "cached_input_tokens", "output_tokens",
    "reasoning_tokens", "cost_usd", "error", "raw",
)  # fmt: skip
ANSWER = ("spec_key", "text_key", "verdict", "notation", "confidence", "why", "runners_up", "job_id")
TALLY = ("job_id", "expected", "outcome", "predicted", "n", "cost_usd")

_open = and_(items.c.status != ItemStatus.CLASSIFIED, items.c.status != ItemStatus.FAILED)


def _update_items(column: Any, names: Sequence[str]) -> Any:
    values = {name: bindparam(f"v_{name}", type_=items.c[name].type) for name in names}
    there = and_(items.c.job_id == bindparam("b_job"), column == bindparam("b_position"), _open)
    return update(items).where(there).values(values)


def _insert(table: Any, names: Sequence[str], insert: Any) -> Any:
    return insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})


def _add_tally(insert: Any) -> Any:
    statement = _insert(tallies, TALLY, insert)
    return statement.on_conflict_do_update(
        index_elements=[tallies.c.job_id, tallies.c.expected, tallies.c.outcome, tallies.c.predicted],
        set_={name: tallies.c[name] + statement.excluded[name] for name in ("n", "cost_usd")},
    )


_attempts = Batch(ATTEMPT, lambda insert: _insert(attempts, ATTEMPT, insert))
_answers = Batch(ANSWER, lambda insert: _insert(answers, ANSWER, insert).on_conflict_do_nothing())
_tallies = Batch(TALLY, _add_tally)
_items = Batch([f"v_{n}" for n in (*OUTCOME, *SHARE)] + [*PLACE],
               lambda _: _update_items(items.c.position, (*OUTCOME, *SHARE)))  # fmt: skip
_followers = Batch([f"v_{n}" for n in OUTCOME] + [*PLACE], lambda _: _update_items(items.c.same_as, OUTCOME))


_of_outcome, _of_share = attrgetter(*OUTCOME), attrgetter(*SHARE)


def insert_attempts(connection: Connection, worker: str, parts: Sequence[Part]) -> None:
    """Write engine calls that are not in the record yet."""
    _attempts.run(connection, (
        (a.id, part.claim.job_id, part.claim.n, worker, list(a.positions), len(a.positions), a.n_sound, a.model, a.kind,
         a.http_status, a.request_id, a.service_tier, a.started_at, a.latency_s, a.input_tokens, a.cached_input_tokens,
         a.output_tokens, a.reasoning_tokens, a.cost_usd, storable(a.error), storable(a.raw))
        for part in parts for a in part.attempts
    ))  # fmt: skip


def record_results(connection: Connection, parts: Sequence[Part]) -> None:
    """Write final outcomes, for the items themselves and for those that share their answer, and keep sound answers."""
    told = [(part, [_storable(row) for row in part.results]) for part in parts if part.results]
    _items.run(connection, (
        (*_of_outcome(row), *_of_share(row), part.claim.job_id, row.position) for part, rows in told for row in rows
    ))  # fmt: skip
    _followers.run(connection, (
        (*_of_outcome(row), part.claim.job_id, row.position)
        for part, rows in told for row in rows if len(row.expected_of) > 1
    ))  # fmt: skip
    _answers.run(connection, (
        (part.spec_key, row.text_key, row.verdict, row.notation, row.confidence, row.why, row.runners_up,
         part.claim.job_id)
        for part, rows in told if part.spec_key
        for row in rows if row.status == ItemStatus.CLASSIFIED and not row.reused and row.text_key
    ))  # fmt: skip


def add_tallies(connection: Connection, job_id: str, groups: Sequence[Group]) -> None:
    """Add a job's final outcomes to its tally."""
    _tallies.run(connection, map(itemgetter(*TALLY), tally_rows(job_id, groups)))


def move_tallies(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Add to the tally what follows TALLY, negative numbers too."""
    _tallies.run(connection, rows)


def _storable(row: Result) -> Result:
    if row.why is None and row.error is None:
        return row
    return replace(row, why=storable(row.why), error=storable(row.error))


def storable(text: str | None) -> str | None:
    """Replace what a database cannot keep in a text (NUL, half surrogate pairs); a service may send anything."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
