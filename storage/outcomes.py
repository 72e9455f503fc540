"""Writing what engines told: attempts, results, the tally of outcomes, and answers kept for reuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, update
from sqlalchemy.engine import Connection

from storage.batches import Batch
from storage.counters import tally_rows
from storage.rows import AttemptRow, Claim, Result
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


def insert_attempts(connection: Connection, claim: Claim, worker: str, told: Sequence[AttemptRow]) -> None:
    """Write engine calls that are not in the record yet."""
    _attempts.run(connection, (
        (a.id, claim.job_id, claim.n, worker, list(a.positions), len(a.positions), a.n_sound, a.model, a.kind,
         a.http_status, a.request_id, a.service_tier, a.started_at, a.latency_s, a.input_tokens, a.cached_input_tokens,
         a.output_tokens, a.reasoning_tokens, a.cost_usd, storable(a.error), storable(a.raw))
        for a in told
    ))  # fmt: skip


def record_results(connection: Connection, job_id: str, results: Sequence[Result]) -> None:
    """Write final outcomes, for the items themselves and for those that share their answer; and tally them."""
    outcomes = [(r.status, r.verdict, r.notation, r.confidence, storable(r.why), r.runners_up, r.error_kind,
                 storable(r.error), r.finished_at) for r in results]  # fmt: skip
    _items.run(connection, (
        (*outcome, r.n_attempts, r.reused, r.input_tokens, r.output_tokens, r.cost_usd, job_id, r.position)
        for outcome, r in zip(outcomes, results, strict=True)
    ))  # fmt: skip
    _followers.run(connection, (
        (*outcome, job_id, r.position)
        for outcome, r in zip(outcomes, results, strict=True) if len(r.expected_of) > 1
    ))  # fmt: skip
    _tallies.run(connection, (tuple(row[name] for name in TALLY) for row in tally_rows(job_id, results)))


def keep_answers(connection: Connection, job_id: str, spec_key: str, results: Sequence[Result]) -> None:
    """Keep sound paid answers for jobs with the same spec."""
    _answers.run(connection, (
        (spec_key, r.text_key, r.verdict, r.notation, r.confidence, storable(r.why), r.runners_up, job_id)
        for r in results if r.status == ItemStatus.CLASSIFIED and not r.reused and r.text_key
    ))  # fmt: skip


def storable(text: str | None) -> str | None:
    """Replace what a database cannot keep in a text (NUL, half surrogate pairs); a service may send anything."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
