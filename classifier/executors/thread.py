"""The embedded executor: one thread of the app's process with an asyncio loop of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping

from classifier.contexts import JobContext
from classifier.errors import ClassifierError
from classifier.recorder import LEASE_S, Recorder
from classifier.runner import run_chunk
from storage import Claim, Job, Request, StorageError, Store, Unavailable

log = logging.getLogger("anaquel.executor")

MAX_CHUNKS = 128  # held at a time
POLL_S = 0.4  # how often requests (cancel, pause) are looked at, and new work when nobody tells of it
SETTLE_S = 2.0
PURGE_S = 3600.0
Build = Callable[[Job], JobContext]


def worker_name() -> str:
    """host:pid:nonce, so that a later process can tell whether this one is gone."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(owner: str, me: str) -> bool:
    """Tell whether a worker of this host is known to have ended; a worker elsewhere is left to its lease."""
    host, _, rest = owner.partition(":")
    pid, _, _ = rest.partition(":")
    if host != me.partition(":")[0] or owner == me or not pid.isdecimal():
        return False
    if int(pid) == os.getpid():
        return owner not in _living
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


_living: set[str] = set()  # workers of this very process


class ThreadExecutor:
    """Claims chunks of all jobs by priority and runs them side by side; knows no screen.

    n_open_items bounds what is read ahead: enough to keep every call slot busy, little enough for small memory.
    """

    def __init__(self, store: Store, build: Build, n_open_items: int = 3_200) -> None:
        self.worker = worker_name()
        self._store, self._build, self._n_open_items = store, build, n_open_items
        self.only_job: str | None = None  # a command line runs its own job and leaves the others alone
        self._contexts: dict[str, JobContext] = {}
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take over what vanished workers of this host left, and begin."""
        _living.add(self.worker)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="anaquel-runner", daemon=True)
        self._thread.start()

    def stop(self, grace_s: float = 20.0) -> None:
        """Claim nothing more, let calls in flight end and record them; returns when that is done or grace_s is over."""
        self._stopping = True
        self._tell()
        if self._thread is not None:
            self._thread.join(grace_s)
        _living.discard(self.worker)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives and was not asked to stop."""
        return not self._stopping and self._thread is not None and self._thread.is_alive()

    def submit(self, job_id: str) -> None:
        """Look for work now instead of at the next poll."""
        self._tell()

    def _tell(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.recorder = Recorder(self._store, self.worker, self._heed)
        writing = asyncio.create_task(self.recorder.run())
        watching = asyncio.create_task(self._watch())
        try:
            await self._claim_loop()
            for context in self._contexts.values():
                context.stop()
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            watching.cancel()
            await self.recorder.stop()
            await writing
            for context in self._contexts.values():
                await context.engine.aclose()

    async def _claim_loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            claim = await self._claim() if self._has_room() else None
            if claim is None:
                await self._rest()
                continue
            context = await self._context(claim)
            if context is not None and not context.stopping:
                self._run(context, claim)
                continue
            self.recorder.hold(claim, None)
            await self.recorder.let_go(claim, finished=False)
            await self._rest()

    def _has_room(self) -> bool:
        if self.recorder.trouble is not None or len(self._tasks) >= MAX_CHUNKS:
            return False
        n_open = sum(run.n_open for context in self._contexts.values() for run in context.runs)
        return n_open < self._n_open_items

    async def _claim(self) -> Claim | None:
        try:
            return await asyncio.to_thread(self._store.claim_chunk, self.worker, LEASE_S, 1, self.only_job)
        except Unavailable as error:
            log.warning("cannot claim: %s", error)
            return None

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), POLL_S)
        except TimeoutError:
            return

    async def _context(self, claim: Claim) -> JobContext | None:
        """Return the job's context; None, with the job paused and saying why, when its engine cannot be had."""
        if claim.job_id not in self._contexts:
            try:
                job = await asyncio.to_thread(self._store.job, claim.job_id)
                self._contexts[job.id] = await asyncio.to_thread(self._build, job)
            except ClassifierError as error:
                await asyncio.to_thread(self._store.request_pause, claim.job_id, "anaquel", str(error))
                return None
        return self._contexts[claim.job_id]

    def _run(self, context: JobContext, claim: Claim) -> None:
        task = asyncio.create_task(run_chunk(context, claim, self._store, self.recorder))
        self._tasks[task] = claim
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        claim = self._tasks.pop(task)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("chunk %s of job %s broke off", claim.n, claim.job_id, exc_info=task.exception())

    def _heed(self, requests: Mapping[str, Request], lost: frozenset[tuple[str, int]]) -> None:
        for job_id, request in requests.items():
            if job_id in self._contexts:
                self._contexts[job_id].heed(request)
        for context in self._contexts.values():
            for run in context.runs:
                run.lost = run.lost or (run.claim.job_id, run.claim.n) in lost

    async def _watch(self) -> None:
        """Carry messages both ways: what people want of the jobs, and what the jobs wait for."""
        last_settle_s, last_purge_s = 0.0, time.monotonic()
        told: dict[str, str | None] = {}
        while True:
            try:
                if time.monotonic() - last_settle_s > SETTLE_S:
                    last_settle_s = time.monotonic()
                    await asyncio.to_thread(self._take_over)
                    await asyncio.to_thread(self._store.settle)
                if time.monotonic() - last_purge_s > PURGE_S:
                    last_purge_s = time.monotonic()
                    await asyncio.to_thread(self._store.purge)
                await self._look(told)
            except StorageError as error:
                log.warning("the record cannot be read: %s", error)
            await asyncio.sleep(POLL_S)

    def _take_over(self) -> None:
        gone = [owner for owner in self._store.owners() if is_gone(owner, self.worker)]
        if gone:
            self._store.release_vanished(gone)

    async def _look(self, told: dict[str, str | None]) -> None:
        if not self._contexts:
            return
        requests = await asyncio.to_thread(self._store.requests, list(self._contexts))
        self._heed(requests, frozenset())
        for job_id, context in list(self._contexts.items()):
            await self._carry_out(context)
            if told.get(job_id) != context.waits_for and not context.stopping:
                told[job_id] = context.waits_for
                await asyncio.to_thread(
                    self._store.tell_waiting, job_id, context.waits_for, context.waits_until_at
                )
            if not context.runs and (context.stopping or self._is_over(requests.get(job_id))):
                del self._contexts[job_id]
                told.pop(job_id, None)
                await asyncio.to_thread(self._store.settle)
                await context.engine.aclose()

    @staticmethod
    def _is_over(request: Request | None) -> bool:
        return request is None or request.status not in ("queued", "processing")

    async def _carry_out(self, context: JobContext) -> None:
        """Write into the record why a context stopped by itself."""
        if context.failed_because is not None:
            await asyncio.to_thread(self._store.fail_job, context.job_id, context.failed_because, "anaquel")
        elif context.over_budget:
            context.over_budget = False
            cause = f"The budget of {context.budget_usd} USD does not allow another call: raise it and resume."
            await asyncio.to_thread(self._store.request_pause, context.job_id, "anaquel", cause)
