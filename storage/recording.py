"""One flush, one transaction: results, attempts, counters, leases, and what people want of the jobs meanwhile.

Each part is applied only while its chunk has the token and sequence number that the worker knows: a late worker and a
flush that is repeated after its commit got lost both change nothing but the bill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.conditions import complete, settle_cancel
from storage.counters import add_counters, count_attempts, count_results, tally_rows
from storage.database import Database
from storage.rows import AttemptRow, Claim, Flushed, Part, Request, Result
from storage.spending import add_spend
from storage.status import OPEN_ITEMS, ChunkStatus, ItemStatus, JobStatus
from storage.tables import answers, attempts, chunks, items, jobs, tallies

OUTCOME = ("status", "verdict", "notation", "confidence", "why", "runners_up", "error_kind", "error", "finished_at")
SHARE = ("n_attempts", "reused", "input_tokens", "output_tokens", "cost_usd")

_one = and_(items.c.job_id == bindparam("b_job"), items.c.position == bindparam("b_position"))
_same = and_(items.c.job_id == bindparam("b_job"), items.c.same_as == bindparam("b_position"))
_open = and_(items.c.status != ItemStatus.CLASSIFIED, items.c.status != ItemStatus.FAILED)
_of_claim = and_(chunks.c.job_id == bindparam("b_job"), chunks.c.n == bindparam("b_n"))
_set_outcome: dict[str, Any] = {name: bindparam(f"v_{name}") for name in OUTCOME}
_set_share: dict[str, Any] = {name: bindparam(f"v_{name}") for name in SHARE}
_record_one = update(items).where(_one, _open).values({**_set_outcome, **_set_share})
_record_same = update(items).where(_same, _open).values(_set_outcome)


class Recording(Database):
    """Verbs of a worker after it called an engine."""

    def flush(self, worker: str, lease_s: float, parts: Sequence[Part], held: Sequence[Claim]) -> Flushed:
        """Record the parts, extend the leases of all held chunks, and read the requests of their jobs.

        Idempotent; raises Unavailable when the database is away (nothing is recorded then: try again).
        """
        with self._write() as connection:
            now_s = self.now_s(connection)
            lease_until_s = now_s + lease_s
            job_ids = sorted({c.job_id for c in held} | {part.claim.job_id for part in parts})
            statuses = _lock_jobs(connection, job_ids)
            lost = {part.claim for part in parts if not self._apply(connection, worker, lease_until_s, part, statuses)}
            ending = {part.claim for part in parts if part.ends}
            lost |= _extend(connection, worker, lease_until_s, [claim for claim in held if claim not in ending])
            for job_id in {part.claim.job_id for part in parts if part.finished}:
                complete(connection, job_id)
            requests = _requests(connection, job_ids)
            for job_id in {claim.job_id for claim in ending if claim.job_id in requests}:
                if requests[job_id].cancel:
                    settle_cancel(connection, job_id, now_s)
            return Flushed(requests, frozenset(lost))

    def _apply(self, connection: Connection, worker: str, lease_until_s: float, part: Part,
               statuses: Mapping[str, str]) -> bool:  # fmt: skip
        """Apply a part if it is its turn; False when the lease was lost (its attempts are kept all the same)."""
        claim = part.claim
        if claim.job_id not in statuses:
            return False  # the job was removed meanwhile
        rows = [_attempt(claim, worker, a) for a in part.attempts]
        if not _take_turn(connection, worker, lease_until_s, part):
            late = self._insert_new(connection, rows, part.attempts)
            add_counters(connection, claim.job_id, count_attempts(late))
            add_spend(connection, self._upsert, claim.job_id, late)
            return _already_applied(connection, part)
        if rows:
            connection.execute(insert(attempts), rows)
        counted = count_attempts(part.attempts)
        if part.results:
            values = [_values(claim.job_id, r) for r in part.results]
            connection.execute(_record_one, values)
            shared = [v for v, r in zip(values, part.results, strict=True) if len(r.expected_of) > 1]
            if shared:
                connection.execute(_record_same, shared)
            self._add_tallies(connection, claim.job_id, part.results)
            self._keep_answers(connection, part)
            revived = statuses[claim.job_id] == JobStatus.CANCELLED
            counted.update(count_results(part.results, revived=revived))
        if part.finished:
            done = update(chunks).where(_at(claim), ~_has_open_item(claim))
            connection.execute(done.values(status=ChunkStatus.DONE))
        add_counters(connection, claim.job_id, counted)
        add_spend(connection, self._upsert, claim.job_id, part.attempts, part.results)
        return True

    def _insert_new(self, connection: Connection, rows: list[dict[str, Any]],
                    sources: Sequence[AttemptRow]) -> list[AttemptRow]:  # fmt: skip
        """Insert attempts one by one and return those that were not there yet."""
        statement = self._upsert(attempts).on_conflict_do_nothing().returning(attempts.c.id)
        return [a for row, a in zip(rows, sources, strict=True) if connection.execute(statement, row).first()]

    def _upsert(self, table: Any) -> Any:
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def _add_tallies(self, connection: Connection, job_id: str, results: Sequence[Result]) -> None:
        statement = self._upsert(tallies)
        statement = statement.on_conflict_do_update(
            index_elements=[tallies.c.job_id, tallies.c.expected, tallies.c.outcome, tallies.c.predicted],
            set_={name: tallies.c[name] + statement.excluded[name] for name in ("n", "cost_usd")},
        )
        connection.execute(statement, tally_rows(job_id, results))

    def _keep_answers(self, connection: Connection, part: Part) -> None:
        kept = [
            {"spec_key": part.spec_key, "text_key": r.text_key, "verdict": r.verdict, "notation": r.notation,
             "confidence": r.confidence, "why": _storable(r.why), "runners_up": r.runners_up,
             "job_id": part.claim.job_id}
            for r in part.results if r.status == ItemStatus.CLASSIFIED and not r.reused and r.text_key
        ]  # fmt: skip
        if part.spec_key and kept:
            connection.execute(self._upsert(answers).on_conflict_do_nothing(), kept)

    def requests(self, job_ids: Sequence[str]) -> Mapping[str, Request]:
        """What people want of these jobs now, by id; a job that is not there is left out."""
        with self._read() as connection:
            return _requests(connection, job_ids)

    def find_answers(self, spec_key: str, text_keys: Sequence[str]) -> dict[str, Any]:
        """Sound answers given before under the same spec, by text_key; each has Answer's columns."""
        with self._read() as connection:
            found = connection.execute(
                select(answers).where(answers.c.spec_key == spec_key, answers.c.text_key.in_(text_keys))
            )
            return {row.text_key: row for row in found}


def _lock_jobs(connection: Connection, job_ids: Sequence[str]) -> dict[str, str]:
    """Lock the jobs' rows in one order: on PostgreSQL two last chunks would otherwise miss each other."""
    locked = select(jobs.c.id, jobs.c.status).where(jobs.c.id.in_(job_ids)).order_by(jobs.c.id).with_for_update()
    return {row.id: row.status for row in connection.execute(locked)}


def _at(claim: Claim) -> Any:
    return and_(chunks.c.job_id == claim.job_id, chunks.c.n == claim.n, chunks.c.token == claim.token)


def _take_turn(connection: Connection, worker: str, lease_until_s: float, part: Part) -> bool:
    """Move the chunk's sequence on; False when it is not this part's turn."""
    values: dict[str, Any] = {"seq": part.seq + 1, "lease_until_s": lease_until_s, "owner": worker}
    if part.ends:
        values |= {"lease_until_s": None, "owner": None}
    turn = update(chunks).where(_at(part.claim), chunks.c.seq == part.seq).values(values)
    if connection.execute(turn).rowcount != 1:
        return False
    if part.release and not part.finished:
        span = and_(items.c.job_id == part.claim.job_id, items.c.position.between(part.claim.first, part.claim.last))
        back = update(items).where(span, items.c.status == ItemStatus.PROCESSING)
        connection.execute(back.values(status=ItemStatus.QUEUED))
    return True


def _has_open_item(claim: Claim) -> Any:
    span = and_(items.c.job_id == claim.job_id, items.c.position.between(claim.first, claim.last))
    return select(items.c.position).where(span, items.c.status.in_(OPEN_ITEMS), items.c.same_as.is_(None)).exists()


def _already_applied(connection: Connection, part: Part) -> bool:
    seq = connection.execute(select(chunks.c.seq).where(_at(part.claim))).scalar()
    return seq is not None and seq > part.seq


def _extend(connection: Connection, worker: str, lease_until_s: float, held: Sequence[Claim]) -> set[Claim]:
    """Extend the leases of the held chunks and of no other; returns those that are held no longer."""
    if not held:
        return set()
    mine = and_(chunks.c.owner == worker, chunks.c.status == ChunkStatus.OPEN)
    rows = connection.execute(select(chunks.c.job_id, chunks.c.n, chunks.c.token).where(mine))
    have = {(row.job_id, row.n, row.token) for row in rows}
    kept = [claim for claim in held if (claim.job_id, claim.n, claim.token) in have]
    if len(kept) == len(have):
        connection.execute(update(chunks).where(mine).values(lease_until_s=lease_until_s))
    elif kept:
        extend = update(chunks).where(_of_claim, mine).values(lease_until_s=lease_until_s)
        connection.execute(extend, [{"b_job": claim.job_id, "b_n": claim.n} for claim in kept])
    return set(held) - set(kept)


def _requests(connection: Connection, job_ids: Sequence[str]) -> dict[str, Request]:
    columns = (jobs.c.id, jobs.c.status, jobs.c.cancel_requested_at, jobs.c.pause_requested_at, jobs.c.priority,
               jobs.c.cost_usd, jobs.c.budget_usd)  # fmt: skip
    rows = connection.execute(select(*columns).where(jobs.c.id.in_(job_ids)))
    return {
        row.id: Request(row.status, row.cancel_requested_at is not None, row.pause_requested_at is not None,
                        row.priority, row.cost_usd, row.budget_usd)
        for row in rows
    }  # fmt: skip


def _attempt(claim: Claim, worker: str, row: AttemptRow) -> dict[str, Any]:
    return {
        "id": row.id, "job_id": claim.job_id, "chunk": claim.n, "worker": worker, "positions": list(row.positions),
        "n_items": len(row.positions), "n_sound": row.n_sound, "model": row.model, "kind": row.kind,
        "http_status": row.http_status, "request_id": row.request_id, "service_tier": row.service_tier,
        "started_at": row.started_at, "latency_s": row.latency_s, "input_tokens": row.input_tokens,
        "cached_input_tokens": row.cached_input_tokens, "output_tokens": row.output_tokens,
        "reasoning_tokens": row.reasoning_tokens, "cost_usd": row.cost_usd, "error": _storable(row.error),
        "raw": _storable(row.raw),
    }  # fmt: skip


def _values(job_id: str, row: Result) -> dict[str, Any]:
    values: dict[str, Any] = {f"v_{name}": getattr(row, name) for name in (*OUTCOME, *SHARE)}
    values["b_job"], values["b_position"] = job_id, row.position
    values["v_why"], values["v_error"] = _storable(row.why), _storable(row.error)
    return values


def _storable(text: str | None) -> str | None:
    """Replace what a database cannot keep in a text (NUL, half surrogate pairs); a service may send anything."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
