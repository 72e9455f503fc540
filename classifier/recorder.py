"""Gathers what the runs of this process have to record and flushes it in short transactions.

Nothing is thrown away: while the database is away the rows stay in memory and are tried again, and no new call starts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from storage import AttemptRow, Claim, Part, Request, Result, Store, Unavailable

LEASE_S = 15.0
BEAT_S = 3.0  # leases are extended this often; several beats fit into a lease
GATHER_S = 0.1  # how long rows wait for company
ROWS_A_FLUSH = 2_000
RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)

Listener = Callable[[Mapping[str, Request], frozenset[tuple[str, int]]], None]
Key = tuple[str, int]


class Recorder:
    """One writer for all chunks that this process holds."""

    def __init__(self, store: Store, worker: str, listen: Listener) -> None:
        self.trouble: str | None = None  # why nothing can be written at the moment
        self._store, self.worker, self._listen = store, worker, listen
        self._held: dict[Key, Claim] = {}
        self._seq: dict[Key, int] = {}
        self._parts: dict[Key, Part] = {}
        self._ended: dict[Key, asyncio.Future[None]] = {}
        self._spec_keys: dict[Key, str | None] = {}
        self._n_rows = 0
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, "anaquel-writer")
        self._stopping = False

    def hold(self, claim: Claim, spec_key: str | None) -> None:
        """Keep the chunk's lease alive from now on; its sound paid answers are kept under spec_key, if one is given."""
        key = (claim.job_id, claim.n)
        self._held[key], self._seq[key], self._spec_keys[key] = claim, claim.seq, spec_key

    def record(self, claim: Claim, results: list[Result], attempt: AttemptRow | None) -> None:
        """Take results and an attempt for the next flush; they go into one transaction together."""
        part = self._part(claim)
        part.results.extend(results)
        if attempt is not None:
            part.attempts.append(attempt)
        self._n_rows += len(results) + 1
        self._wake.set()

    async def let_go(self, claim: Claim, *, finished: bool) -> None:
        """Give the chunk back with everything recorded so far; returns when that is on disk."""
        key = (claim.job_id, claim.n)
        part = self._part(claim)
        part.release, part.finished = True, finished
        self._held.pop(key, None)
        done = self._ended.setdefault(key, asyncio.get_running_loop().create_future())
        self._n_rows += 1
        self._wake.set()
        await done

    def forget(self, claim: Claim) -> None:
        """Stop holding a chunk whose lease was lost; attempts already made are still recorded."""
        self._held.pop((claim.job_id, claim.n), None)

    async def stop(self) -> None:
        """Flush what is left and end `run`."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Flush until stopped."""
        last_beat = time.monotonic()
        while not (self._stopping and not self._parts):
            await self._wait(last_beat)
            parts, self._parts, self._n_rows = list(self._parts.values()), {}, 0
            if parts or (self._held and time.monotonic() - last_beat >= BEAT_S):
                last_beat = time.monotonic()
                await self._flush(parts)
        self._writer.shutdown()

    def _part(self, claim: Claim) -> Part:
        key = (claim.job_id, claim.n)
        if key not in self._parts:
            self._parts[key] = Part(claim, self._seq.get(key, claim.seq), spec_key=self._spec_keys.get(key))
            self._parts[key].release = key not in self._held  # a late answer does not take the lease again
        return self._parts[key]

    async def _wait(self, last_beat: float) -> None:
        self._wake.clear()
        if not self._parts:
            rest = max(0.05, BEAT_S - (time.monotonic() - last_beat))
            try:
                await asyncio.wait_for(self._wake.wait(), rest)
            except TimeoutError:
                return
        if self._n_rows < ROWS_A_FLUSH and not self._stopping and not self._all_end():
            await asyncio.sleep(GATHER_S)

    def _all_end(self) -> bool:
        return all(part.ends for part in self._parts.values())

    async def _flush(self, parts: list[Part]) -> None:
        """Write until it succeeds; the same parts with the same sequence numbers, so a repeat changes nothing."""
        loop, n_tries = asyncio.get_running_loop(), 0
        held = list(self._held.values())
        while True:
            try:
                flushed = await loop.run_in_executor(
                    self._writer, self._store.flush, self.worker, LEASE_S, parts, held
                )
                break
            except Unavailable as error:
                self.trouble = str(error)
                await asyncio.sleep(RETRY_S[min(n_tries, len(RETRY_S) - 1)])
                n_tries += 1
        self.trouble = None
        for part in parts:
            self._applied(part)
        self._listen(flushed.requests, flushed.lost)

    def _applied(self, part: Part) -> None:
        key = (part.claim.job_id, part.claim.n)
        self._seq[key] = part.seq + 1
        if key in self._parts:  # rows that came while this part was being written
            self._parts[key].seq = part.seq + 1
        if part.ends and key in self._ended:
            self._ended.pop(key).set_result(None)
