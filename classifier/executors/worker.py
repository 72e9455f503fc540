"""A worker process: the embedded executor without a dashboard, called to its shifts by procrastinate.

procrastinate's worker returns, as if all were well, when its connection drops. It is started again here, for ever,
while the executor's thread keeps the answers that are paid for and writes them when the database is back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from procrastinate import App
from procrastinate.exceptions import ConnectorException, ProcrastinateException, UniqueViolation
from procrastinate.jobs import Job, Status
from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout

from classifier.executors.queue import QUEUE, prepare_queue, queue_app
from classifier.executors.shifts import reconcile, register
from classifier.executors.thread import ThreadExecutor
from storage import StorageError, Store

log = logging.getLogger("anaquel.worker")

BEAT_S = 1.0
STALLED_S = 4.0  # a worker whose heart has not beaten for so long is dead or frozen
SWEEP_S = 2.0  # how often the shifts of such workers are given to others
RECONCILE_S = 60.0
POLL_S = 2.0  # when no notification comes
ANSWER_S = 8.0  # a database that takes longer is away
LEAVE_S = 5.0
AGAIN_S = 0.5  # before procrastinate's worker is started again
AWAY = (StorageError, ProcrastinateException, DatabaseError, PoolTimeout, OSError)  # TimeoutError is an OSError


class Worker:
    """Runs until `stop`; survives restarts of the database."""

    def __init__(self, store: Store, url: str, executor: ThreadExecutor) -> None:
        self._store, self._url, self._executor = store, url, executor
        self._ended = asyncio.Event()

    def stop(self) -> None:
        """End the shift; to be called in the event loop."""
        self._ended.set()

    async def run(self) -> None:
        """Serve shifts; the executor is started and stopped here."""
        self._executor.is_on_duty = False
        self._executor.start()
        try:
            while not self._ended.is_set():
                await self._serve()
                with suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        await self._ended.wait()
        finally:
            await asyncio.to_thread(self._executor.stop)

    async def _serve(self) -> None:
        """Run procrastinate's worker until the connection drops or we are to end."""
        app = queue_app(self._url)
        register(app)
        try:
            await asyncio.to_thread(prepare_queue, self._url)
            async with app.open_async():
                await self._serve_with(app)
        except AWAY as error:
            log.warning("the queue cannot be reached: %s", type(error).__name__)
        except Exception:
            log.exception("procrastinate's worker broke down")
        if not self._ended.is_set():
            log.warning("procrastinate's worker has ended; it is started again")

    async def _serve_with(self, app: App) -> None:
        serving = asyncio.create_task(app.run_worker_async(
            queues=[QUEUE], concurrency=1, name=self._executor.worker, install_signal_handlers=False,
            update_heartbeat_interval=BEAT_S, stalled_worker_timeout=STALLED_S, delete_jobs="always",
            fetch_job_polling_interval=POLL_S, shutdown_graceful_timeout=0.0,
            additional_context={"store": self._store, "hand": self._executor},
        ))  # fmt: skip
        tending = asyncio.create_task(self._tend(app))
        ending = asyncio.create_task(self._ended.wait())
        tasks = {serving, tending, ending}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=LEAVE_S)  # what hangs on a dead connection is left to itself

    async def _tend(self, app: App) -> None:
        """Give the shifts of dead workers to others, and each minute see to it that every job with work has shifts.

        Ends when the database does not answer: all connections are made anew then.
        """
        reconciled_s = float("-inf")
        try:
            while True:
                async with asyncio.timeout(ANSWER_S):
                    stalled = await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_S)
                for job in stalled:
                    await _give_to_another(app, job)
                if time.monotonic() - reconciled_s >= RECONCILE_S:
                    reconciled_s = time.monotonic()
                    await reconcile(app, self._store)
                await asyncio.sleep(SWEEP_S)
        except AWAY as error:
            log.warning("dead workers cannot be looked for: %s", type(error).__name__)


async def _give_to_another(app: App, job: Job) -> None:
    """Queue a dead worker's shift again, or end it when its like waits already."""
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:
        with suppress(ConnectorException):  # another worker was faster
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    except ConnectorException:
        log.info("shift %s was given away already", job.id)
