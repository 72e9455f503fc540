"""One flush, one transaction: results, attempts, counters, leases, and what people want of the jobs meanwhile.

Each part is applied only while its chunk has the token and sequence number that the worker knows: a late worker and a
flush that is repeated after its commit got lost both change nothing but the bill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, bindparam, select, update

from storage.allowances import spend_allowance
from storage.batches import Batch
from storage.conditions import complete, mark_items, settle_cancel
from storage.counters import add_counters, count_attempts, count_groups, groups_of
from storage.database import Database
from storage.outcomes import add_tallies, insert_attempts, record_results
from storage.provider_batches import mark_read
from storage.relabelling import reread
from storage.rows import AttemptRow, Claim, Flushed, Part, Request, Result
from storage.spending import add_spend
from storage.status import OPEN_ITEMS, ChunkStatus, ItemStatus, JobStatus
from storage.tables import answers, attempts, chunks, items, jobs

Row = TypeVar("Row")

# built once: SQLAlchemy spends more on building a statement than SQLite on running it
_of_claim = and_(chunks.c.job_id == bindparam("b_job"), chunks.c.n == bindparam("b_n"))
_at = and_(_of_claim, chunks.c.token == bindparam("b_token"))
_mine = and_(chunks.c.owner == bindparam("b_owner"), chunks.c.status == ChunkStatus.OPEN)
_lease: dict[str, Any] = {"lease_until_s": bindparam("v_lease_until_s")}
_turn = Batch(
    ("v_seq", "v_owner", "v_lease_until_s", "b_job", "b_n", "b_token", "b_seq"),
    lambda _: update(chunks).where(_at, chunks.c.seq == bindparam("b_seq")).values(
        seq=bindparam("v_seq"), owner=bindparam("v_owner"), **_lease
    ),
)  # fmt: skip
_turn_now = select(chunks.c.seq).where(_at)
_my_chunks = select(chunks.c.job_id, chunks.c.n, chunks.c.token).where(_mine)
_extend_all = update(chunks).where(_mine).values(_lease)
_extend_one = update(chunks).where(_of_claim, _mine).values(_lease)
_asked = (
    select(jobs.c.id, jobs.c.status, jobs.c.cancel_requested_at, jobs.c.pause_requested_at, jobs.c.priority,
           jobs.c.cost_usd, jobs.c.budget_usd, jobs.c.label_seq)
    .where(jobs.c.id.in_(bindparam("b_jobs", expanding=True))).order_by(jobs.c.id)
)  # fmt: skip
_asked_locked = _asked.with_for_update()


NO_CHUNK = -1  # of calls about a job that were made outside its chunks


class Recording(Database):
    """Verbs of a worker after it called an engine."""

    def flush(self, worker: str, lease_s: float, parts: Sequence[Part], held: Sequence[Claim]) -> Flushed:
        """Record the parts, extend the leases of all held chunks, and read the requests of their jobs.

        Idempotent; raises Unavailable when the database is away (nothing is recorded then: try again).
        """
        with self._write() as connection:
            now_s = self.now_s(connection)
            job_ids = sorted({c.job_id for c in held} | {part.claim.job_id for part in parts})
            asked = _requests(connection, job_ids, lock=True)
            in_turn, late = _by_turn(connection, worker, now_s + lease_s, [p for p in parts if p.claim.job_id in asked])
            lost = {part.claim for part in parts if part.claim.job_id not in asked}  # removed meanwhile
            lost |= {part.claim for part in late if not _already_applied(connection, part)}
            for part in in_turn:
                if part.results and asked[part.claim.job_id].label_seq:
                    part.results = _as_expected_now(connection, part.claim.job_id, part.results)
            _record(connection, worker, in_turn, asked)
            _keep_bills(connection, worker, late)
            ending = {part.claim for part in parts if part.ends}
            lost |= _extend(connection, worker, now_s + lease_s, [claim for claim in held if claim not in ending])
            for job_id in {part.claim.job_id for part in parts if part.finished}:
                complete(connection, job_id)
            for job_id in {claim.job_id for claim in ending if claim.job_id in asked}:
                if asked[job_id].cancel:
                    settle_cancel(connection, job_id, now_s)
            return Flushed(asked, frozenset(lost))

    def keep_bill(self, job_id: str, attempt: AttemptRow, worker: str) -> None:
        """Put a call that no chunk made (somebody asked a question about the job) on the job's bill."""
        nowhere = Part(Claim(job_id, NO_CHUNK, 0, -1, 0, 0), 0, attempts=[attempt])
        with self._write() as connection:
            _requests(connection, [job_id], lock=True)
            _keep_bills(connection, worker, [nowhere])

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


def _by_turn(connection: Connection, worker: str, lease_until_s: float,
             parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:  # fmt: skip
    """Move the chunks' sequence on; tells the parts whose turn it was from those that come late or again."""
    in_turn: list[Part] = []
    late: list[Part] = []
    for part in parts:
        claim = part.claim
        owner = (None, None) if part.ends else (worker, lease_until_s)
        row = (part.seq + 1, *owner, claim.job_id, claim.n, claim.token, part.seq)
        (in_turn if _turn.one(connection, row).rowcount == 1 else late).append(part)
    return in_turn, late


def _record(connection: Connection, worker: str, parts: Sequence[Part], asked: Mapping[str, Request]) -> None:
    """Write all that the parts bring: rows of one kind together, sums job by job."""
    parts = [_once(connection, part) if part.read else part for part in parts]
    insert_attempts(connection, worker, parts)
    record_results(connection, parts)
    for part in parts:
        if part.finished:
            _end_chunk(connection, part.claim)
        elif part.release:
            span = (part.claim.job_id, part.claim.first, part.claim.last)
            mark_items(connection, *span, ItemStatus.PROCESSING, ItemStatus.QUEUED)
    for job_id in sorted({part.claim.job_id for part in parts}):
        its = [part for part in parts if part.claim.job_id == job_id]
        calls, results = _joined(part.attempts for part in its), _joined(part.results for part in its)
        revived = asked[job_id].status == JobStatus.CANCELLED
        groups = groups_of(results)
        add_tallies(connection, job_id, groups)
        add_counters(connection, job_id, count_attempts(calls) | count_groups(groups, revived=revived))
        add_spend(connection, job_id, calls, results)
        if asked[job_id].budget_usd is not None:
            spend_allowance(connection, job_id, worker, _cost_usd(calls))


def _keep_bills(connection: Connection, worker: str, parts: Sequence[Part]) -> None:
    """Write attempts that are not recorded yet, of parts whose results come too late."""
    for part in parts:
        new = _new_attempts(connection, part.attempts)
        insert_attempts(connection, worker, [Part(part.claim, part.seq, attempts=new)])
        add_counters(connection, part.claim.job_id, count_attempts(new))
        add_spend(connection, part.claim.job_id, new)
        spend_allowance(connection, part.claim.job_id, worker, _cost_usd(new))


def _cost_usd(told: Sequence[AttemptRow]) -> Decimal:
    return sum((attempt.cost_usd or Decimal(0) for attempt in told), Decimal(0))


def _once(connection: Connection, part: Part) -> Part:
    """Mark batches as read; a late worker may have brought the bill of one already."""
    mark_read(connection, part.read)
    return replace(part, attempts=_new_attempts(connection, part.attempts))


def _new_attempts(connection: Connection, told: Sequence[AttemptRow]) -> list[AttemptRow]:
    """Leave out attempts that are recorded already."""
    there = select(attempts.c.id).where(attempts.c.id.in_([attempt.id for attempt in told]))
    known = set(connection.execute(there).scalars()) if told else set()
    return [attempt for attempt in told if attempt.id not in known]


def _joined(rows: Iterable[Sequence[Row]]) -> list[Row]:
    return [row for some in rows for row in some]


def _as_expected_now(connection: Connection, job_id: str, results: Sequence[Result]) -> list[Result]:
    """Take labels that people gave while the engine was asked; the tally must count what the items hold."""
    now = reread(connection, job_id, [row.position for row in results])
    return [replace(row, expected_of=now[row.position]) for row in results]


def _place(claim: Claim) -> dict[str, Any]:
    return {"b_job": claim.job_id, "b_n": claim.n, "b_token": claim.token}


def _end_chunk(connection: Connection, claim: Claim) -> None:
    done = update(chunks).where(_at, ~_has_open_item(claim)).values(status=ChunkStatus.DONE)
    connection.execute(done, _place(claim))


def _has_open_item(claim: Claim) -> Any:
    span = and_(items.c.job_id == claim.job_id, items.c.position.between(claim.first, claim.last))
    return select(items.c.position).where(span, items.c.status.in_(OPEN_ITEMS), items.c.same_as.is_(None)).exists()


def _already_applied(connection: Connection, part: Part) -> bool:
    seq = connection.execute(_turn_now, _place(part.claim)).scalar()
    return seq is not None and seq > part.seq


def _extend(connection: Connection, worker: str, lease_until_s: float, held: Sequence[Claim]) -> set[Claim]:
    """Extend the leases of the held chunks and of no other; returns those that are held no longer."""
    if not held:
        return set()
    mine = {"b_owner": worker, "v_lease_until_s": lease_until_s}
    have = {tuple(row) for row in connection.execute(_my_chunks, mine)}
    kept = [claim for claim in held if (claim.job_id, claim.n, claim.token) in have]
    if len(kept) == len(have):
        connection.execute(_extend_all, mine)
    elif kept:
        connection.execute(_extend_one, [{"b_job": claim.job_id, "b_n": claim.n, **mine} for claim in kept])
    return set(held) - set(kept)


def _requests(connection: Connection, job_ids: Sequence[str], *, lock: bool = False) -> dict[str, Request]:
    """Read what is wanted of the jobs; lock their rows in one order: two last chunks would else miss each other."""
    rows = connection.execute(_asked_locked if lock else _asked, {"b_jobs": list(job_ids)})
    return {
        row.id: Request(row.status, row.cancel_requested_at is not None, row.pause_requested_at is not None,
                        row.priority, row.cost_usd, row.budget_usd, row.label_seq)
        for row in rows
    }  # fmt: skip
