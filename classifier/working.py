"""`anaquel worker`: one process that works on the jobs of a database until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from classifier.build import ContextBuilder
from classifier.executors.thread import ThreadExecutor
from classifier.settings import Settings
from storage import Store

GRACE_S = 20.0  # for calls in flight when the process is told to stop
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def work(settings: Settings) -> None:
    """Work until SIGTERM or Ctrl-C; raises StorageError when the database cannot be used at the start."""
    store = Store(settings.database_url)
    builder = ContextBuilder(settings, store)
    try:
        if store.is_sqlite:
            asyncio.run(_look_for_work(ThreadExecutor(store, builder.build, settings.journals)))
        else:
            asyncio.run(_serve(settings, store, builder))
    finally:
        store.close()


async def _look_for_work(executor: ThreadExecutor) -> None:
    ended = asyncio.Event()
    _on_signals(ended.set)
    executor.start()
    await ended.wait()
    await asyncio.to_thread(executor.stop, GRACE_S)


async def _serve(settings: Settings, store: Store, builder: ContextBuilder) -> None:
    from classifier.executors.worker import Worker

    executor = ThreadExecutor(store, builder.build, settings.journals, n_open_calls=settings.concurrency)
    worker = Worker(store, settings.database_url, executor)
    _on_signals(worker.stop)
    await worker.run()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
