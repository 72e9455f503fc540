"""The courier: tells programs that a job has ended, signed, retried for a day, and logged."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp

from classifier.addresses import ForbiddenTarget, Guard, check_url
from classifier.analysis.forecast import n_final
from classifier.settings import Settings
from classifier.signing import owner_secret, sign
from storage import Job, JobNotFound, StorageError, Store
from storage.callbacks import DELIVERED, GIVEN_UP, REFUSED, WAITING, DueCallback

log = logging.getLogger("anaquel.callbacks")

DELAYS_S = (5, 60, 300, 1_800, 7_200, 18_000, 28_800, 28_800)  # between attempts: 23.6 hours together
JITTER = 0.1
TIMEOUT_S = 20.0
LEASE_S = 60.0
N_AT_ONCE = 16
POLL_S = 0.5
PURGE_S = 3_600.0
GONE = 410  # the receiver wants no more, says the specification
SLOW_DOWN = (429, 503)
NO_ADDRESS = "The callback URL names no address that can be called."


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one attempt; http_status None: there was no answer."""

    http_status: int | None
    latency_s: float
    error: str | None
    is_refused: bool = False
    retry_after_s: float = 0.0


def body_of(job: Job, ended_at: datetime) -> str:
    """Return the message: what ended, and where the result is; never the result itself."""
    told = {
        "type": f"job.{job.status}",
        "timestamp": ended_at.isoformat(),
        "data": {
            "job_id": job.id, "status": job.status, "total": job.n_items, "successful": job.n_classified,
            "failed": n_final(job) - job.n_classified, "status_url": f"/classify/status/{job.id}",
            "result_url": f"/classify/result/{job.id}",
        },
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


class Courier:
    """A thread that delivers what is due; several processes may each have one."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to deliver."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="anaquel-courier", daemon=True)
        self._thread.start()

    def stop(self, grace_s: float = 5.0) -> None:
        """Send nothing more; an attempt that is broken off is made again later."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(grace_s)

    async def _main(self) -> None:
        purged_s = time.monotonic()
        while not self._stopping.is_set():
            try:
                for due in await asyncio.to_thread(self._due):
                    task = asyncio.create_task(self._deliver(due))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                if time.monotonic() - purged_s > PURGE_S:
                    purged_s = time.monotonic()
                    await asyncio.to_thread(self._store.forget_keys)
                    await asyncio.to_thread(self._store.forget_callbacks)
            except StorageError as error:
                log.warning("callbacks wait: %s", error)
            await asyncio.sleep(POLL_S)
        for task in self._tasks:
            task.cancel()

    def _due(self) -> list[DueCallback]:
        self._store.note_ended_jobs()
        return self._store.take_due_callbacks(N_AT_ONCE - len(self._tasks), LEASE_S) if self._has_room else []

    @property
    def _has_room(self) -> bool:
        return len(self._tasks) < N_AT_ONCE

    async def _deliver(self, due: DueCallback) -> None:
        try:
            job = await asyncio.to_thread(self._store.job, due.job_id)
            sent = await self._send(job, due)
            await asyncio.to_thread(self._note, due, sent)
        except JobNotFound:
            return
        except StorageError as error:
            log.warning("callback %s will be tried again: %s", due.id, error)

    async def _send(self, job: Job, due: DueCallback) -> Sent:
        url, body, now = str(job.callback_url), body_of(job, due.ended_at), datetime.now(UTC)
        headers = {"content-type": "application/json", "user-agent": "Anaquel"}
        headers |= sign(owner_secret(self._settings, job.owner), due.id, now, body)
        return await send(url, body, headers, Guard(self._settings.serving.callback_networks))

    def _note(self, due: DueCallback, sent: Sent) -> None:
        status, next_at = what_next(due.n_attempts + 1, sent, datetime.now(UTC))
        self._store.note_attempt(due.id, status=status, http_status=sent.http_status, latency_s=sent.latency_s,
                                 error=sent.error, next_at=next_at)  # fmt: skip


async def send(url: str, body: str, headers: dict[str, str], guard: Guard) -> Sent:
    """POST once. Redirects are not followed, no proxy is used, and nothing of the answer but its status is read."""
    began_s = time.monotonic()
    status, error, retry_after_s = None, None, 0.0
    try:
        check_url(url)
        connector = aiohttp.TCPConnector(socket_factory=guard.open_socket, force_close=True)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
            error = None if 200 <= status < 300 else f"HTTP {status}"
            told = answer.headers.get("retry-after", "")
            retry_after_s = float(told) if told.isdecimal() and status in SLOW_DOWN else 0.0
    except ForbiddenTarget as refusal:
        return Sent(None, time.monotonic() - began_s, str(refusal), is_refused=True)
    except aiohttp.InvalidURL:  # 2130706433 for 127.0.0.1 and the like: no later attempt can be better
        return Sent(None, time.monotonic() - began_s, NO_ADDRESS, is_refused=True)
    except (aiohttp.ClientError, OSError, ValueError) as fault:
        error = f"{type(fault).__name__}: {fault}"[:300]
    is_refused = status is None and guard.refused is not None
    if is_refused:
        error = f"{guard.refused} is no public address; see ANAQUEL_CALLBACK_NETWORKS."
    return Sent(status, time.monotonic() - began_s, error, is_refused, retry_after_s)


def what_next(n_attempts: int, sent: Sent, now: datetime) -> tuple[str, datetime | None]:
    """Decide on a message after its n-th attempt: its state, and when the next attempt is due."""
    if sent.is_refused:
        return REFUSED, None
    if sent.error is None:
        return DELIVERED, None
    if sent.http_status == GONE or n_attempts > len(DELAYS_S):
        return GIVEN_UP, None
    delay_s = max(DELAYS_S[n_attempts - 1], min(sent.retry_after_s, DELAYS_S[-1]))
    return WAITING, now + timedelta(seconds=delay_s * random.uniform(1, 1 + JITTER))  # noqa: S311
