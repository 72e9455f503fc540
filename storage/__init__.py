"""The record: SQLite or PostgreSQL; knows no vendor and no face."""

from storage.errors import IllegalMove, JobNotFound, NewerDatabase, StorageError, Unavailable
from storage.item_filter import ItemFilter
from storage.item_lists import ItemPage
from storage.reads import PacePoint, Spend, TallyRow
from storage.rows import AttemptRow, Claim, Flushed, NewItem, NewJob, OpenItem, Part, Request, Result
from storage.status import ACTIVE, FINAL, ChunkStatus, ItemStatus, JobStatus
from storage.store import Store
from storage.tables import Attempt, Item, Job, JobEvent, TaxonomyVersion

__all__ = [
    "ACTIVE", "FINAL", "Attempt", "AttemptRow", "ChunkStatus", "Claim", "Flushed", "IllegalMove", "Item", "ItemFilter",
    "ItemPage", "ItemStatus", "Job", "JobEvent", "JobNotFound", "JobStatus", "NewItem", "NewJob", "NewerDatabase",
    "OpenItem", "PacePoint", "Part", "Request", "Result", "Spend", "StorageError", "Store", "TallyRow",
    "TaxonomyVersion", "Unavailable",
]  # fmt: skip
