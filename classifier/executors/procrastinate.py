"""The scaled executor's near end: this process only says that there is work; `anaquel worker` processes do it."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

from procrastinate.exceptions import ProcrastinateException
from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout

from classifier.executors.queue import prepare_queue, queue_app
from classifier.executors.shifts import defer_shifts
from storage import StorageError, Store

log = logging.getLogger("anaquel.executor")

COUNTED_S = 2.0
NOBODY = "No worker is running, so nothing goes on. Start one on any machine: anaquel worker"
ALIVE_WORKERS = "SELECT count(*) AS n FROM procrastinate_workers WHERE last_heartbeat > now() - interval '10 seconds'"


class ProcrastinateExecutor:
    """Defers shifts of workers in procrastinate's queue, in the same PostgreSQL database."""

    def __init__(self, store: Store, url: str) -> None:
        self._store, self._url = store, url
        self._opening = threading.Lock()
        self._app = queue_app(url)
        self._is_open = self._is_stopped = False
        self._n_workers, self._counted_s = 0, float("-inf")

    def start(self) -> None:
        """Open the queue; raises Unavailable."""
        with self._opening:
            if not self._is_open:
                prepare_queue(self._url)
                self._app.open()
                self._is_open = True

    def stop(self, grace_s: float = 20.0) -> None:
        """Close the queue; workers go on."""
        self._is_stopped = True
        if self._is_open:
            self._app.close()

    def submit(self, job_id: str) -> None:
        """Wake workers for a job. When that fails, their reconciler finds the job within a minute."""
        try:
            self.start()
            defer_shifts(self._app, self._store, job_id)
        except (StorageError, ProcrastinateException, DatabaseError, PoolTimeout) as error:
            log.warning("no worker could be told of job %s: %s", job_id, type(error).__name__)

    @property
    def is_running(self) -> bool:
        """Whether jobs are taken: they are, also while no worker is there."""
        return not self._is_stopped

    @property
    def n_workers(self) -> int:
        """Worker processes whose hearts beat."""
        if time.monotonic() - self._counted_s > COUNTED_S:
            self._counted_s = time.monotonic()
            with suppress(StorageError, ProcrastinateException, DatabaseError, PoolTimeout):
                self.start()
                connector = self._app.connector.get_sync_connector()
                self._n_workers = int(connector.execute_query_one(ALIVE_WORKERS)["n"])
        return self._n_workers

    @property
    def trouble(self) -> str | None:
        """Say so when nobody is there to work."""
        return None if self.n_workers else NOBODY
