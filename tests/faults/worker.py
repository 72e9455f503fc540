"""A worker process for the fault tests: the program's own parts, with a store that can be told when to die.

The moment is aimed at from outside the product: AimedStore wraps the verbs of the Store and the driver's commit.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import event

from classifier.bootstrap import Services, build
from classifier.build import ContextBuilder
from classifier.engines import openai as _loaded_before_the_fork  # noqa: F401
from classifier.executors.thread import ThreadExecutor
from classifier.journal import Journal
from classifier.settings import Secret, Settings
from classifier.working import work as run_worker
from storage import Store


@dataclass(frozen=True)
class Kill:
    """Die by kill -9 at the n-th time of a moment: "before VERB", "after VERB", "at commit", "after commit",
    "before append", "after append" (to the worker's journal), "before forget"."""

    moment: str
    n: int = 1

    def __str__(self) -> str:
        return f"{self.moment} {self.n}"


VERBS = ("claim_chunk", "flush", "open_items", "release_vanished", "settle", "requests", "intend_batch",
         "tell_batch")  # fmt: skip


class AimedStore(Store):
    """Sends this process kill -9 at one moment."""

    def __init__(self, url: str, kill: Kill | None) -> None:
        super().__init__(url)
        self._kill, self._n, self._counting = kill, 0, threading.Lock()
        if kill is not None:
            for verb in VERBS:
                setattr(self, verb, self._aimed(verb, getattr(self, verb)))
            for verb in ("append", "forget"):
                setattr(Journal, verb, self._aimed(verb, getattr(Journal, verb)))
            event.listen(self._writer, "commit", lambda _: self._pass("at commit"))
            event.listen(self._writer, "checkin", lambda *_: self._pass("after commit"))

    def _aimed(self, verb: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def aimed(*args: Any, **kwargs: Any) -> Any:
            self._pass(f"before {verb}")
            told = act(*args, **kwargs)
            self._pass(f"after {verb}")
            return told

        return aimed

    def _pass(self, moment: str) -> None:
        with self._counting:
            if self._kill is not None and moment == self._kill.moment:
                self._n += 1
                if self._n == self._kill.n:
                    os.kill(os.getpid(), signal.SIGKILL)


def settings_of(url: str, base_url: str, home: str, concurrency: int, **more: Any) -> Settings:
    from pathlib import Path

    return Settings(Path(home), url, Secret("sk-test-0123456789abcdef"), base_url, concurrency=concurrency, **more)


def aimed_services(settings: Settings, kill: Kill | None) -> Services:
    services = build(settings)
    store = AimedStore(settings.database_url, kill)
    services.store.close()
    builder = ContextBuilder(settings, store)
    return replace(
        services, store=store, builder=builder, executor=ThreadExecutor(store, builder.build, settings.journals)
    )


def as_program(settings: Settings, n_executors: int = 1) -> None:
    """Run what `anaquel worker` runs, n_executors of them in this one process."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)  # the tests are gone

    threading.Thread(target=watch, daemon=True).start()
    if n_executors > 1:
        store = Store(settings.database_url)
        ThreadExecutor(store, ContextBuilder(settings, store).build, settings.journals).start()
    run_worker(settings)


def work(settings: Settings, kill: Kill | None = None, grace_s: float = 10.0, n_executors: int = 1) -> None:
    """Run jobs until SIGTERM; this is a process's main function."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    services = aimed_services(settings, kill)
    others = [ThreadExecutor(services.store, ContextBuilder(settings, services.store).build, settings.journals)
              for _ in range(n_executors - 1)]  # fmt: skip
    for executor in (services.executor, *others):
        executor.start()
    parent = os.getppid()
    while not ended.wait(0.2):
        if os.getppid() != parent:
            os._exit(1)  # the tests are gone
    for executor in (services.executor, *others):
        executor.stop(grace_s)
    services.store.close()
