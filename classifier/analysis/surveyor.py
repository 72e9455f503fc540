"""The surveyor: makes the analyses of jobs in the background, the large ones in a process of their own.

A survey is work for the processor: in a thread of the app it would slow every page. It polls the record for jobs that
have ended, so a survey that was interrupted is made at the next start, whoever ran the job.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from classifier.analysis.forecast import n_final as n_ended
from classifier.build import ContextBuilder, lexicon
from classifier.errors import ClassifierError
from classifier.normalisation import fold
from classifier.settings import ROOT, Settings
from classifier.spec import Spec
from storage import ACTIVE, ItemFilter, Job, JobNotFound, StorageError, Store

if TYPE_CHECKING:
    from classifier.analysis.survey import Infer, Row
    from classifier.engines.local import LocalEngine

log = logging.getLogger("anaquel.surveyor")

LIVE_ITEMS = 50_000  # a running job is surveyed up to this many items
INLINE_ITEMS = 2_000  # up to here a survey takes less than starting a process does
EVERY_S = 10.0  # between two surveys of a running job
POLL_S = 2.0
MIN_GUESS = 0.05  # score from which on the retriever's first candidate says where a failed product belongs
COLUMNS = ("position", "text", "status", "verdict", "notation", "expected", "confidence", "runners_up", "extra")


class SurveyFailed(ClassifierError):
    """The process that surveys a large job ended without a result."""


def survey_job(store: Store, builder: ContextBuilder, job: Job, limit: int | None = None) -> None:
    """Survey the ended items of a job (the first `limit` by position) in one streamed pass, and keep the record."""
    from classifier.analysis.survey import Survey  # takes scipy along: 40 MB that a process may do without

    survey = Survey(builder.taxonomy(job.taxonomy_id), _brands(), _retriever(builder, job))
    for row in _rows(store, job.id, limit):
        survey.see(row)
    record = survey.record(lambda positions: cast("list[Row]", store.items_at(job.id, positions)))
    store.keep_analysis(job.id, survey.n_seen, record, survey.attributed)
    store.index_texts(job.id)  # who looks at a survey is about to review


class Surveyor:
    """A thread that surveys what is asked for and what has ended; `survey` also works without it."""

    def __init__(self, settings: Settings, store: Store, builder: ContextBuilder) -> None:
        self._settings, self._store, self._builder = settings, store, builder
        self._asked: set[str] = set()
        self._made_s: dict[str, float] = {}
        self._given_up: dict[str, int] = {}  # job -> items ended when its survey broke off
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to survey what has ended."""
        self._thread = threading.Thread(target=self._main, name="anaquel-surveyor", daemon=True)
        self._thread.start()

    def stop(self, grace_s: float = 5.0) -> None:
        """Survey nothing more; what is broken off is made at the next start."""
        self._stopping.set()
        self._wake.set()
        if (process := self._process) is not None:
            process.kill()
        if self._thread is not None:
            self._thread.join(grace_s)

    def ask(self, job_id: str) -> None:
        """Have a job surveyed soon, a running one at most every EVERY_S; returns at once."""
        self._asked.add(job_id)
        self._wake.set()

    def survey(self, job: Job) -> None:
        """Survey a job now and return when that is done. Raises SurveyFailed, StorageError, EngineUnavailable."""
        limit = LIVE_ITEMS if job.status in ACTIVE else None
        with self._one_at_a_time:
            if _is_at_hand() and min(n_ended(job), limit or n_ended(job)) <= INLINE_ITEMS:
                survey_job(self._store, self._builder, job, limit)
            else:
                self._run_apart(job.id, limit)
        self._made_s[job.id] = time.monotonic()

    def _main(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(POLL_S)
            self._wake.clear()
            try:
                for job_id in self._due():
                    self._try(job_id)
            except StorageError as error:
                log.warning("surveys wait: %s", error)

    def _due(self) -> Iterable[str]:
        now_s = time.monotonic()
        asked = {job_id for job_id in list(self._asked) if now_s - self._made_s.get(job_id, -EVERY_S) >= EVERY_S}
        self._asked -= asked
        return [*asked, *(job_id for job_id in self._store.jobs_to_analyse() if job_id not in asked)]

    def _try(self, job_id: str) -> None:
        if self._stopping.is_set():
            return
        try:
            job = self._store.job(job_id)
            if n_ended(job) and self._given_up.get(job_id) != n_ended(job):
                self.survey(job)
        except JobNotFound:
            return
        except ClassifierError as error:
            if not self._stopping.is_set():
                self._given_up[job_id] = n_ended(job)
                log.warning("job %s cannot be surveyed: %s", job_id, error)

    def _run_apart(self, job_id: str, limit: int | None) -> None:
        told = {"database_url": self._settings.database_url, "home": str(self._settings.home), "job_id": job_id,
                "limit": limit}  # fmt: skip
        command = [sys.executable, "-m", "classifier.analysis.surveying"]
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE,  # noqa: S603
                                         env={**os.environ, "PYTHONPATH": path})  # fmt: skip
        try:
            _, errors = self._process.communicate(json.dumps(told).encode())
        finally:
            process, self._process = self._process, None
        if process.returncode:
            raise SurveyFailed(errors.decode(errors="replace").strip().rpartition("\n")[2][:300] or "it was ended")


def _is_at_hand() -> bool:
    """Tell whether this process has loaded what a survey needs, as one with pages or the embedded engine has."""
    return "scipy" in sys.modules


def _rows(store: Store, job_id: str, limit: int | None) -> Iterator[Row]:
    n_left = limit
    pages: Iterator[Sequence[Any]] = store.stream_items(job_id, ItemFilter(ended=True), columns=COLUMNS)
    for page in pages:
        yield from page if n_left is None else page[:n_left]
        if n_left is not None and (n_left := n_left - len(page)) <= 0:
            return


def _brands() -> frozenset[str]:
    return frozenset(fold(brand) for brand in lexicon().brands if " " not in brand)


def _retriever(builder: ContextBuilder, job: Job) -> Infer:
    """Guess by the embedded engine's retriever; it is built when the first product needs it."""
    engine: LocalEngine | None = None

    def infer(text: str) -> str | None:
        nonlocal engine
        engine = engine or builder.local_engine(job.taxonomy_id, Spec.from_record(job.spec or {}).language)
        found = engine.candidates(text, 1)
        return found[0].notation if found and found[0].score >= MIN_GUESS else None

    return infer
