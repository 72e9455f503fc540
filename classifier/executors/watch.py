"""Carries messages both ways between the record and the runs, and does the housekeeping."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import timedelta

from classifier.contexts import JobContext, Waiting
from classifier.executors.contextbook import SYSTEM, ContextBook
from classifier.recorder import Recorder
from storage import StorageError, Store

log = logging.getLogger("anaquel.executor")

POLL_S = 0.4  # how often requests (cancel, pause) are looked at when nobody tells of them
SETTLE_S = 2.0
PURGE_S = 3_600.0
UNTOLD = Waiting("", None)  # before the first look: another worker may have left a sentence
TOLD_CHANGE_S = 1.0  # a smaller change of "until when" is not written
STOOD_STILL_S = 1.0  # a longer standstill of the record is told in the history
RETENTION = "retention_days"  # preference: ended jobs are removed after so many days; None: never


class Watch:
    """One for each executor; keeps_house False: it leaves the removal of old jobs to others."""

    def __init__(self, store: Store, book: ContextBook, recorder: Recorder, *, keeps_house: bool) -> None:
        self._store, self._book, self._recorder, self._keeps_house = store, book, recorder, keeps_house
        self._told: dict[str, Waiting | None] = {}
        self._wake = asyncio.Event()
        self._settled_s, self._purged_s = 0.0, time.monotonic()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    async def run(self) -> None:
        """Look at short intervals until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._tell_standstills()
                await self._look()
                await self._keep_house()
            except StorageError as error:
                log.warning("the record cannot be reached: %s", error)
            except Exception:
                log.exception("the watch stumbled")
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):  # wait_for may swallow a cancellation (Python 3.11)
                    await self._wake.wait()

    async def note_stop(self, context: JobContext) -> None:
        """Say in the history of a job that the program was stopped before its end."""
        with suppress(StorageError):
            await asyncio.to_thread(self._store.note_stop, context.job_id)

    async def _keep_house(self) -> None:
        now_s = time.monotonic()
        if now_s - self._settled_s > SETTLE_S:
            self._settled_s = now_s
            await asyncio.to_thread(self._store.settle)
        if self._keeps_house and now_s - self._purged_s > PURGE_S:
            self._purged_s = now_s
            await asyncio.to_thread(self._purge)

    def _purge(self) -> None:
        days = self._store.preference(RETENTION)
        self._store.purge(timedelta(days=days) if days else None)

    async def _look(self) -> None:
        job_ids = [context.job_id for context in self._book.contexts]
        if not job_ids:
            return
        requests = await asyncio.to_thread(self._store.requests, job_ids)
        self._book.heed(requests)
        for job_id in await self._book.tidy(requests):
            self._told.pop(job_id, None)
        await self._book.give_up_allowances()
        for context in self._book.contexts:
            if not context.stopping:
                await self._tell_waiting(context)

    async def _tell_waiting(self, context: JobContext) -> None:
        waiting, told = context.waiting(), self._told.get(context.job_id, UNTOLD)
        if _is_same(waiting, told):
            return
        self._told[context.job_id] = waiting
        reason, until_at = (waiting.reason, waiting.until_at) if waiting else (None, None)
        await asyncio.to_thread(self._store.tell_waiting, context.job_id, reason, until_at)

    async def _tell_standstills(self) -> None:
        """Write into the history how long the record could not be written, once it can be again."""
        while self._recorder.standstills:
            reason, stood_s = self._recorder.standstills[0]
            if stood_s >= STOOD_STILL_S:
                jobs = [context.job_id for context in self._book.contexts]
                cause = f"{reason} The jobs stood still for {stood_s:.0f} s."
                await asyncio.to_thread(self._store.note, jobs, "stood still", cause, SYSTEM)
            self._recorder.standstills.pop(0)


def _is_same(waiting: Waiting | None, told: Waiting | None) -> bool:
    if waiting is None or told is None:
        return waiting is told
    if waiting.reason != told.reason or (waiting.until_at is None) != (told.until_at is None):
        return False
    if waiting.until_at is None or told.until_at is None:
        return True
    return abs((waiting.until_at - told.until_at).total_seconds()) < TOLD_CHANGE_S
