"""The embedded executor: one thread of the app's process with an asyncio loop of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path

from classifier import heap
from classifier.batch_run import BatchRun
from classifier.contexts import JobContext
from classifier.executors.contextbook import ContextBook
from classifier.executors.late_batches import LateBatches
from classifier.executors.takeover import Takeover
from classifier.executors.watch import Watch
from classifier.executors.workers import enrol, retire, worker_name
from classifier.journal import Journal
from classifier.recorder import LEASE_S, Recorder
from classifier.runner import ChunkRun, run_chunk
from storage import Claim, Job, Store, Unavailable

log = logging.getLogger("anaquel.executor")

MAX_CHUNKS = 128  # held at a time by jobs of one priority and above
SLICE_S = 10.0  # a run in a large chunk lets go after this long: another job's turn may have come
USUAL_CHUNK = 500  # items; a chunk that is no larger ends soon, and letting go costs the wait for its calls
POLL_S = 0.4  # how often new work is looked for when nobody tells of it
TAKE_OVER_S = 2.0  # how often vanished workers are looked for; well within a lease
PRIORITIES = range(1, 6)
FLUSH_S = 10.0  # what stopping may take beyond the grace period, to write down what came
Build = Callable[[Job], JobContext]


class ThreadExecutor:
    """Claims chunks of all jobs by priority and runs them side by side; knows no screen.

    n_open_items bounds what is read ahead: enough to keep every call slot busy, little enough for small memory.
    n_open_calls bounds it too where other workers want their share of a small job.
    """

    def __init__(self, store: Store, build: Build, journals: Path | None = None, n_open_items: int = 3_200,
                 n_open_calls: float = inf) -> None:  # fmt: skip
        """journals: folder in which answers are kept until they are in the record; None: a call's place is."""
        self.worker = worker_name()
        self.only_job: str | None = None  # a command line runs its own job and leaves the others alone
        self.is_on_duty = True  # off duty it claims nothing more
        self._store, self._build, self._n_open_items, self._n_open_calls = store, build, n_open_items, n_open_calls
        self._journals, self._takeover, self._looked_s = journals, Takeover(store, journals), -inf
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._trouble: str | None = None
        self._stopping = self._is_full = False
        self._grace_s = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin: first with what vanished workers of this host left."""
        enrol(self.worker)
        heap.keep_small()
        heap.spare_modules()
        self._thread = threading.Thread(target=self._run_loop, name="anaquel-runner", daemon=True)
        self._thread.start()

    def stop(self, grace_s: float = 20.0) -> None:
        """Claim nothing more, let calls in flight end within grace_s, record them, and give all chunks back."""
        self._grace_s, self._stopping = grace_s, True
        self._tell()
        if self._thread is not None:
            self._thread.join(grace_s + FLUSH_S)
        retire(self.worker)

    def submit(self, job_id: str) -> None:
        """Look for work and requests now instead of at the next poll."""
        self._tell()

    @property
    def is_busy(self) -> bool:
        """Whether it works on a chunk."""
        return bool(self._tasks)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives and was not asked to stop."""
        return not self._stopping and self._thread is not None and self._thread.is_alive()

    @property
    def n_workers(self) -> int:
        """Itself."""
        return int(self.is_running)

    @property
    def trouble(self) -> str | None:
        """Why no job can go on at the moment (the database is locked, away or full); None when all is well."""
        return self._trouble or (self._recorder.trouble if self._loop is not None else None)

    def _tell(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # closed in this very moment
                self._loop.call_soon_threadsafe(self._wake_up)

    def _wake_up(self) -> None:
        self._wake.set()
        self._watch.wake()

    def _run_loop(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:
            log.exception("the executor broke down; another process or the next start takes its jobs over")
        finally:
            retire(self.worker)

    async def _main(self) -> None:
        self._book = ContextBook(self._store, self._build, self.worker)
        journal = Journal(self._journals, self.worker) if self._journals is not None else None
        self._recorder = Recorder(self._store, self.worker, self._book.heed, self._book.fail, journal)
        self._watch = Watch(self._store, self._book, self._recorder, keeps_house=self.only_job is None)
        self._loop = asyncio.get_running_loop()
        writing = asyncio.create_task(self._recorder.run())
        watching = asyncio.create_task(self._watch.run())
        collecting = asyncio.create_task(LateBatches(self._store, self._build, self._recorder).run())
        try:
            await self._claim_loop()
            watching.cancel()  # it would close the contexts before their stop is noted
            await self._end_runs()
        finally:
            watching.cancel()
            collecting.cancel()
            self._recorder.stop()
            await writing
            await self._book.close(self._watch.note_stop)

    async def _claim_loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                self._end_slices()
                await self._take_over()
                went_on = self.is_on_duty and await self._claim_one()
                self._trouble = None
            except Unavailable as error:
                self._trouble, went_on = str(error), False
                log.warning("cannot claim: %s", error)
            except Exception:
                log.exception("a chunk could not be started")
                went_on = False
            if not went_on:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()

    async def _take_over(self) -> None:
        """Look for what vanished workers left, always before a claim: leases of theirs must not end unread."""
        if time.monotonic() - self._looked_s >= TAKE_OVER_S:
            began_s = time.monotonic()
            await asyncio.to_thread(self._takeover.run)
            self._looked_s = began_s

    async def _claim_one(self) -> bool:
        """Claim a chunk and run it; False when there is none, or no room for one."""
        floor = self._floor()
        self._is_full = floor != PRIORITIES[0]
        if floor is None or self._recorder.trouble is not None or self._recorder.is_late:
            return False
        claim = await asyncio.to_thread(
            self._store.claim_chunk, self.worker, LEASE_S, floor, self.only_job, list(self._book.beyond_us)
        )
        for known in self._book.contexts:
            known.batching.is_tail = claim is None and floor == PRIORITIES[0]
        if claim is None:
            return False
        context, keep = None, self._recorder.hold(claim)  # loading an engine may take longer than a lease
        try:
            context = await self._book.open(claim.job_id)
        finally:
            if context is None:
                await self._recorder.let_go(keep, finished=False)
            else:
                self._recorder.forget(keep)
        if context is not None:
            self._run(context, claim)
        elif claim.job_id in self._book.beyond_us:
            await self._leave(claim.job_id)
        return True

    async def _leave(self, job_id: str) -> None:
        """Leave a job that needs a key to processes that have one; a command line has only its own job."""
        if self.only_job is not None:
            await self._book.pause(job_id, self._book.beyond_us.pop(job_id))
        else:
            await asyncio.to_thread(self._store.tell_stranded, job_id, self._book.beyond_us[job_id])

    def _floor(self) -> int | None:
        """Return the lowest priority that there is room for: what waits in less urgent jobs takes none from it."""
        runs = self._runs_here()
        for floor in PRIORITIES:
            above = [run for run in runs if run.context.priority >= floor]
            if len(above) < MAX_CHUNKS and self._has_room(above):
                return floor
        return None

    def _runs_here(self) -> list[ChunkRun]:
        return [run for context in self._book.contexts for run in context.runs if not run.is_elsewhere]

    def _call_started(self) -> None:
        """Claim when little is left to start, not when a chunk ends: every place of its calls would be empty then."""
        if self._is_full and self._has_room(self._runs_here()):
            self._wake.set()

    def _has_room(self, runs: Sequence[ChunkRun]) -> bool:
        if sum(run.n_open for run in runs) >= self._n_open_items:
            return False
        return sum(run.n_open / run.context.engine.batch_size for run in runs) < self._n_open_calls

    def _end_slices(self) -> None:
        """Let runs go that have had their time; the rest of their chunks is claimed again in its turn."""
        begun_before_s = time.monotonic() - SLICE_S
        for context in self._book.contexts:
            for run in context.runs:
                is_large = run.hold.claim.last - run.hold.claim.first >= USUAL_CHUNK
                if is_large and run.begun_s < begun_before_s and context.provider is None:
                    run.let_go_early()

    def _run(self, context: JobContext, claim: Claim) -> None:
        if context.provider is not None:
            run: ChunkRun = BatchRun(context, claim, self._recorder, self._store, context.provider)
        else:
            told = self._call_started if self._n_open_calls < inf else None
            run = ChunkRun(context, claim, self._recorder, call_started=told)
        context.runs.add(run)
        task = asyncio.create_task(run_chunk(run, self._store))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake_up()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a chunk broke off", exc_info=error)

    async def _end_runs(self) -> None:
        """Let calls in flight end within the grace period; then wait for them no longer."""
        for context in self._book.contexts:
            context.stop()
        ends_s = time.monotonic() + self._grace_s
        while self._tasks and (rest_s := ends_s - time.monotonic()) > 0:
            await asyncio.wait(list(self._tasks), timeout=rest_s)
        for context in self._book.contexts:
            for run in context.runs:
                run.abandon()
        while self._tasks:
            await asyncio.wait(list(self._tasks))
