"""A shift: a time slice in which a worker process takes chunks. It is procrastinate's task; the claim is ours.

procrastinate says which process works when: it wakes idle workers at once, the most urgent job's first, keeps the
register of the living and gives a dead one's shift to another. On which chunk is decided by the claim, as in the
embedded executor, so that urgency, fairness and fencing are the same in both.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any, Protocol

from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued

from classifier.executors.queue import QUEUE
from storage import StorageError, Store

log = logging.getLogger("anaquel.worker")

TASK = "anaquel:shift"
MAX_SHIFTS = 32  # waiting for one job at a time: as many idle workers are woken by it
SHIFT_S = 10.0
LOOK_S = 0.2


class Hand(Protocol):
    """What a shift needs of the executor in its process."""

    is_on_duty: bool

    def submit(self, job_id: str) -> None:
        """Look for work now."""
        ...


def defer_shifts(app: App, store: Store, job_id: str) -> None:
    """Queue shifts for a job's open chunks, one for each up to MAX_SHIFTS; those that wait already stay as they are."""
    n_wanted = store.n_open_chunks(job_id, MAX_SHIFTS)
    priority = store.job(job_id).priority
    for n in range(n_wanted):
        with suppress(AlreadyEnqueued):
            _deferrer(app, job_id, n, priority).defer(job_id=job_id, n=n)


async def reconcile(app: App, store: Store) -> None:
    """See to it that every job with work has shifts, and end what has nothing left to do."""
    await asyncio.to_thread(store.settle)
    await asyncio.to_thread(store.clear_allowances)
    for job_id in await asyncio.to_thread(store.jobs_at_work):
        n_wanted = await asyncio.to_thread(store.n_open_chunks, job_id, MAX_SHIFTS)
        priority = (await asyncio.to_thread(store.job, job_id)).priority
        for n in range(n_wanted):
            with suppress(AlreadyEnqueued):
                await _deferrer(app, job_id, n, priority).defer_async(job_id=job_id, n=n)


def _deferrer(app: App, job_id: str, n: int, priority: int) -> Any:
    return app.configure_task(TASK, queue=QUEUE, priority=priority, queueing_lock=f"{job_id}:{n}")


def register(app: App) -> None:
    """Let a worker of this app know the task. (A procrastinate Blueprint renames its tasks with every app it meets.)"""
    app.task(name=TASK, queue=QUEUE, pass_context=True)(shift)


async def shift(context: JobContext, job_id: str, n: int) -> None:
    """Have this process take chunks until there are none, or its time is over: then another shift is queued.

    It stays while others hold the last chunks: should they vanish, somebody looks.
    """
    store, hand = context.additional_context["store"], context.additional_context["hand"]
    ends_s = time.monotonic() + SHIFT_S
    hand.is_on_duty = True
    hand.submit(job_id)
    try:
        while await asyncio.to_thread(store.n_open_chunks):
            if time.monotonic() >= ends_s:
                await _queue_again(context, store, job_id, n)
                return
            await asyncio.sleep(LOOK_S)
    except StorageError as error:
        log.warning("a shift broke off: %s", error)
    finally:
        hand.is_on_duty = False


async def _queue_again(context: JobContext, store: Store, job_id: str, n: int) -> None:
    """Queue a shift for this job, or for another one that has work if this has none."""
    job_ids = [job_id] if await asyncio.to_thread(store.n_open_chunks, job_id) else []
    job_ids = job_ids or await asyncio.to_thread(store.jobs_at_work)
    for wanted in job_ids[:1]:
        job = await asyncio.to_thread(store.job, wanted)
        with suppress(AlreadyEnqueued):
            await _deferrer(context.app, wanted, n, job.priority).defer_async(job_id=wanted, n=n)
