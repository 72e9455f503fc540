"""The one place where the parts are put together; each process does it once."""

from __future__ import annotations

import functools
import importlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from classifier.analysis.surveyor import Surveyor
from classifier.build import ContextBuilder
from classifier.callbacks import Courier
from classifier.engines.options import OpenAIOptions
from classifier.executors.base import Executor
from classifier.executors.elsewhere import Elsewhere
from classifier.executors.thread import ThreadExecutor
from classifier.pricing import find_price
from classifier.settings import THREAD, Settings
from storage import Store


@dataclass(frozen=True)
class Services:
    """What the faces work with."""

    settings: Settings
    store: Store
    builder: ContextBuilder
    executor: Executor
    courier: Courier
    surveyor: Surveyor

    def embedded(self) -> ThreadExecutor:
        """Return an executor that runs jobs in this process, whatever the settings say of others."""
        if isinstance(self.executor, ThreadExecutor):
            return self.executor
        return ThreadExecutor(self.store, self.builder.build, self.settings.journals)

    def start(self) -> None:
        """Begin to see to jobs, to tell of their ends and to survey what they came to."""
        self.executor.start()
        self.courier.start()
        self.surveyor.start()

    def warm(self, taxonomy_id: str) -> None:
        """Load in the background what the first job would wait for: the embedded engine, and the client if keyed."""
        threading.Thread(target=self._load, args=(taxonomy_id,), name="anaquel-warm", daemon=True).start()

    def _load(self, taxonomy_id: str) -> None:
        self.builder.local_engine(taxonomy_id)
        if self.settings.openai_api_key:
            importlib.import_module("classifier.engines.openai")
            find_price(OpenAIOptions().model, datetime.now(UTC).date())  # reads the price table

    def stop(self) -> None:
        """End the runs cleanly and close the database."""
        self.executor.stop()
        self.courier.stop()
        self.surveyor.stop()
        self.store.close()


def build(settings: Settings) -> Services:
    """Put a process together; raises StorageError when the database cannot be used."""
    store = Store(settings.database_url)
    builder = ContextBuilder(settings, store)
    executor, courier = _executor(settings, store, builder), Courier(settings, store)
    return Services(settings, store, builder, executor, courier, Surveyor(settings, store, builder))


def _executor(settings: Settings, store: Store, builder: ContextBuilder) -> Executor:
    if settings.executor == THREAD:
        return ThreadExecutor(store, builder.build, settings.journals)
    if store.is_sqlite:
        return Elsewhere()
    from classifier.executors.procrastinate import ProcrastinateExecutor

    return ProcrastinateExecutor(store, settings.database_url)


@functools.cache
def services() -> Services:
    """Return this process's services, built from the environment at the first call."""
    return build(Settings.from_env())
