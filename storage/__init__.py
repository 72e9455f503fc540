"""The record: SQLite or PostgreSQL; knows no vendor and no face."""

from storage.allowances import Grant
from storage.analyses import KeptAnalysis
from storage.audits import AuditNotFound, DrawnItem, StratumCount
from storage.errors import (
    EditionChanged,
    EditionNotFound,
    IllegalMove,
    JobNotFound,
    NewerDatabase,
    StorageError,
    Unavailable,
)
from storage.item_filter import ItemFilter
from storage.item_lists import ItemPage
from storage.label_history import Disagreement, Kind, Word
from storage.labels import Labelled, Told
from storage.provider_batches import StrayBatch
from storage.reads import PacePoint, Spend, TallyRow
from storage.rows import AttemptRow, BatchRead, Claim, Flushed, NewItem, NewJob, OpenItem, Part, Request, Result
from storage.status import ACTIVE, FINAL, ChunkStatus, ItemStatus, JobStatus
from storage.store import Store
from storage.tables import Attempt, Item, Job, JobEvent, TaxonomyVersion
from storage.tables_access import PersonRole
from storage.tables_analysis import Audit, AuditItem
from storage.tables_batches import ProviderBatch
from storage.tables_editions import Edition
from storage.unpriced import UsedTokens

__all__ = [
    "ACTIVE",
    "FINAL",
    "Attempt",
    "AttemptRow",
    "Audit",
    "AuditItem",
    "AuditNotFound",
    "BatchRead",
    "ChunkStatus",
    "Claim",
    "Disagreement",
    "DrawnItem",
    "Edition",
    "EditionChanged",
    "EditionNotFound",
    "Flushed",
    "Grant",
    "IllegalMove",
    "Item",
    "ItemFilter",
    "ItemPage",
    "ItemStatus",
    "Job",
    "JobEvent",
    "JobNotFound",
    "JobStatus",
    "KeptAnalysis",
    "Kind",
    "Labelled",
    "NewItem",
    "NewJob",
    "NewerDatabase",
    "OpenItem",
    "PacePoint",
    "Part",
    "PersonRole",
    "ProviderBatch",
    "Request",
    "Result",
    "Spend",
    "StorageError",
    "Store",
    "StratumCount",
    "StrayBatch",
    "TallyRow",
    "TaxonomyVersion",
    "Told",
    "Unavailable",
    "UsedTokens",
    "Word",
]  # fmt: skip
