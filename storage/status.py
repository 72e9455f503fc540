"""The states of jobs, chunks and items, and the moves between them: written once, here.

Job    queued -> processing -> completed | failed | cancelled
       queued -> cancelled | failed
       failed -> queued        (resume, once the cause is mended: key, quota, settings)
Chunk  open -> done | cancelled        (a lease, not a state, says that somebody works on it)
       cancelled -> open               (resume)
Item   queued -> processing -> classified | failed | cancelled
       processing -> queued    (its worker is gone)
       cancelled -> classified | failed  (an answer already paid for arrives after the cancel)

A request is a flag, not a state: cancel_requested_at, pause_requested_at, deleted_at.
"""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    """States of a job; failed means that the job cannot go on, not that products failed."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkStatus(StrEnum):
    """States of a chunk."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class ItemStatus(StrEnum):
    """States of an item; classified means that a sound answer came, not that it is right."""

    QUEUED = "queued"
    PROCESSING = "processing"
    CLASSIFIED = "classified"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (JobStatus.QUEUED, JobStatus.PROCESSING)
FINAL = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)
OPEN_ITEMS = (ItemStatus.QUEUED, ItemStatus.PROCESSING)

MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.PROCESSING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.PROCESSING: frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}
