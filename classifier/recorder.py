"""Gathers what the runs of this process have to record and flushes it in short transactions.

Nothing is thrown away: while the database is away the rows stay in memory and are tried again, and no new call starts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf

from classifier.journal import Entry, Journal
from storage import AttemptRow, Claim, Flushed, Part, Request, Result, Store, Unavailable

log = logging.getLogger("anaquel.recorder")

LEASE_S = 8.0
BEAT_S = 2.0  # leases are extended at least this often; several beats fit into a lease
EXTEND_S = 1.0  # and by flushes no more often than this
GATHER_S = 0.1  # how long rows wait for company
MOST_GATHER_S = 0.25  # where a call takes as long: then no more answers wait than calls are in flight
SLOW_S = 0.06  # while a flush takes longer, only so many answers as may be in flight wait behind it
# Where a call was paid and cannot be journalled its place is held until it is on disk: gathering and writing may take
# this share of a call
PAID_SHARE, PAID_LEAST_S, PAID_MOST_S = 0.02, 0.002, 0.02
ROWS_A_FLUSH = 2_000
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)

Heed = Callable[[Mapping[str, Request]], None]
Complain = Callable[[str, str], None]
Written = Callable[[int], None]


@dataclass(eq=False)
class Hold:
    """A chunk that this process holds: what of it is to be recorded next, and its place in the row of flushes."""

    claim: Claim
    spec_key: str | None
    seq: int
    written: Written  # told how many attempts came to disk whose places were held until then
    part: Part | None = None
    n_at_risk: int = 0  # attempts of the part that a kill would lose: their places are held
    n_settling: int = 0  # those of the part that is being written
    let_go: asyncio.Future[None] | None = None
    lost: bool = False  # another worker has the chunk now

    def open_part(self) -> Part:
        """Return the part that the next flush takes; a late answer does not take the lease again."""
        if self.part is None:
            self.part = Part(self.claim, self.seq, spec_key=self.spec_key, release=self.let_go is not None)
        return self.part


class Recorder:
    """One writer for all chunks that this process holds.

    heed is told the requests that each flush read; complain is told a job that cannot be recorded, and why.
    """

    def __init__(self, store: Store, worker: str, heed: Heed, complain: Complain,
                 journal: Journal | None = None) -> None:  # fmt: skip
        self.trouble: str | None = None  # why nothing can be written at the moment
        self.standstills: list[tuple[str, float]] = []  # over now: why, and for how many seconds
        self.worker = worker
        self._store, self._heed, self._complain = store, heed, complain
        self._held: set[Hold] = set()
        self._dirty: dict[Hold, None] = {}  # in the order of their first row
        self._n_rows = self._n_at_risk = 0
        self._n_waiting = self._n_settling = 0  # attempts for the next flush, and in the one under way
        self._journal = journal
        self._flush_since_s = inf  # when the flush began that is under way
        self._latency_s = self._flush_s = 0.0  # of the last calls and flushes, smoothed
        self._wake, self._hurry = asyncio.Event(), asyncio.Event()
        self._writer = ThreadPoolExecutor(1, "anaquel-writer")
        self._stopping = False
        self._extended_s = time.monotonic()

    def hold(self, claim: Claim, spec_key: str | None = None, written: Written = lambda _: None) -> Hold:
        """Keep the chunk's lease alive from now on; its sound paid answers are kept under spec_key, if one is given."""
        hold = Hold(claim, spec_key, claim.seq, written)
        if not self._held:
            self._extended_s = time.monotonic()  # nothing older is held: a claim brings a lease of its own
        self._held.add(hold)
        return hold

    def record(self, hold: Hold, results: list[Result], attempt: AttemptRow | None, *, journal: bool = True,
               most_waiting: float = inf) -> bool:  # fmt: skip
        """Take results and an attempt for the next flush; they go into one transaction together.

        journal False: the attempt can be had again at no cost. Tells whether the attempt's place is free at once
        (it is journalled, and no more than most_waiting wait behind a slow flush); else it is when `hold.written`
        says so.
        """
        part = self._touch(hold)
        part.results.extend(results)
        self._n_rows += len(results) + 1
        if attempt is None:
            return True
        part.attempts.append(attempt)
        self._latency_s += 0.1 * (attempt.latency_s - self._latency_s)
        self._n_waiting += 1
        is_kept = journal and self._keep(Entry(hold.claim, part.seq, part.spec_key, results, attempt))
        is_free = is_kept and not (self._is_slow and self._n_waiting + self._n_settling > most_waiting)
        if not is_free:
            hold.n_at_risk += 1
            self._n_at_risk += 1
        return is_free

    def _keep(self, entry: Entry) -> bool:
        return self._journal is not None and self._journal.append(entry)

    @property
    def _is_slow(self) -> bool:
        return time.monotonic() - self._flush_since_s > SLOW_S

    @property
    def is_late(self) -> bool:
        """Whether leases may have ended unextended (the process was frozen): what is held may be another's by now."""
        return bool(self._held) and time.monotonic() - self._extended_s > LEASE_S

    async def let_go(self, hold: Hold, *, finished: bool) -> None:
        """Give the chunk back with everything recorded so far; returns when that is on disk."""
        part = self._touch(hold)
        part.release, part.finished = True, finished
        hold.let_go = asyncio.get_running_loop().create_future()
        self._held.discard(hold)
        if self._all_end():
            self._hurry.set()
        await hold.let_go

    def forget(self, hold: Hold) -> None:
        """Stop holding a chunk whose lease was lost; attempts already made are still recorded."""
        self._held.discard(hold)

    def stop(self) -> None:
        """Flush what is left and end `run`."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Flush until stopped."""
        last_beat_s = time.monotonic()
        while not (self._stopping and not self._dirty):
            await self._gather(last_beat_s)
            holds, self._dirty, self._n_rows, self._n_at_risk = list(self._dirty), {}, 0, 0
            if holds or (self._held and time.monotonic() - last_beat_s >= BEAT_S):
                last_beat_s = time.monotonic()
                n_bytes = self._journal.n_bytes if self._journal else 0
                self._flush_since_s = last_beat_s
                self._n_settling, self._n_waiting = self._n_waiting, 0
                await self._flush(holds)
                self._flush_since_s, self._n_settling = inf, 0
                if self._journal:
                    self._journal.forget(n_bytes)
                self._flush_s += 0.2 * (time.monotonic() - last_beat_s - self._flush_s)
        self._writer.shutdown(wait=False)
        if self._journal:
            self._journal.remove()

    def _touch(self, hold: Hold) -> Part:
        self._dirty[hold] = None
        self._wake.set()
        return hold.open_part()

    async def _gather(self, last_beat_s: float) -> None:
        self._wake.clear()
        if not self._dirty:
            rest_s = max(0.05, BEAT_S - (time.monotonic() - last_beat_s))
            try:
                async with asyncio.timeout(rest_s):
                    await self._wake.wait()
            except TimeoutError:
                return
        if self._n_rows < ROWS_A_FLUSH and not self._stopping:
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._company_s()):
                    await self._hurry.wait()

    def _company_s(self) -> float:
        """Seconds that the rows at hand wait for more."""
        if not self._n_at_risk and not self._all_end():
            return min(MOST_GATHER_S, max(GATHER_S, self._latency_s))
        return min(PAID_MOST_S, max(PAID_LEAST_S, PAID_SHARE * self._latency_s - self._flush_s))

    def _all_end(self) -> bool:
        return all(hold.part is not None and hold.part.ends for hold in self._dirty)

    async def _flush(self, holds: list[Hold]) -> None:
        """Write until it succeeds; the same parts with the same sequence numbers, so a repeat changes nothing."""
        parts = {}
        for hold in holds:
            part = parts[hold] = hold.open_part()
            hold.part, hold.seq = None, part.seq + 1  # what comes from now on is the next part's
            hold.n_settling, hold.n_at_risk = hold.n_at_risk, 0
        try:
            flushed = await self._write(list(parts.values()))
        except Exception as error:  # noqa: BLE001  (not the database's absence: something in the rows)
            await self._write_apart(parts, error)
            return
        self._settle(parts, flushed)

    async def _write(self, parts: list[Part]) -> Flushed:
        loop, n_tries, started_s = asyncio.get_running_loop(), 0, time.monotonic()
        while True:
            held = [hold.claim for hold in self._held] if time.monotonic() - self._extended_s >= EXTEND_S else []
            try:
                flushed = await loop.run_in_executor(self._writer, self._store.flush, self.worker, LEASE_S, parts, held)
            except Unavailable as error:
                self.trouble = str(error)
                await asyncio.sleep(RETRY_S[min(n_tries, len(RETRY_S) - 1)])
                n_tries += 1
            else:
                if held:
                    self._extended_s = time.monotonic()
                if self.trouble is not None:
                    self.standstills.append((self.trouble, time.monotonic() - started_s))
                    self.trouble = None
                return flushed

    async def _write_apart(self, parts: dict[Hold, Part], error: Exception) -> None:
        """Find the chunk whose rows cannot be written, so that the others' are not lost with it."""
        if len(parts) > 1:
            for hold, part in parts.items():
                try:
                    self._settle({hold: part}, await self._write([part]))
                except Exception as its_error:  # noqa: BLE001
                    await self._write_apart({hold: part}, its_error)
            return
        for hold, part in parts.items():
            log.error("what chunk %s of job %s was told cannot be recorded", part.claim.n, part.claim.job_id,
                      exc_info=error)  # fmt: skip
            self._complain(part.claim.job_id, f"An answer could not be recorded ({type(error).__name__}).")
            hold.lost = True
            with suppress(Exception):  # its turn passes all the same: what was journalled since bears the next number
                await self._write([replace(part, results=[], attempts=[], read=[])])
            self._end(hold, part)

    def _settle(self, parts: Mapping[Hold, Part], flushed: Flushed) -> None:
        for hold, part in parts.items():
            self._end(hold, part)
        for hold in (*self._held, *parts):
            hold.lost = hold.lost or hold.claim in flushed.lost
        self._heed(flushed.requests)

    @staticmethod
    def _end(hold: Hold, part: Part) -> None:
        if hold.n_settling:
            hold.written(hold.n_settling)
            hold.n_settling = 0
        if part.ends and hold.let_go is not None and not hold.let_go.done():
            hold.let_go.set_result(None)
