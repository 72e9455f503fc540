"""The one door to the record."""

from __future__ import annotations

from storage.activity import ActivityLog
from storage.allowances import Allowances
from storage.analyses import Analyses
from storage.archive import Archive
from storage.audits import Audits
from storage.callbacks import Callbacks
from storage.claims import Claims
from storage.control import Control
from storage.editions import Editions
from storage.examples import ExampleSets
from storage.idempotency import Idempotency
from storage.intake import Intake
from storage.item_lists import ItemLists
from storage.label_history import LabelHistory
from storage.people import People
from storage.preferences import Preferences
from storage.provider_batches import ProviderBatches
from storage.rates import Rates
from storage.reads import Reads
from storage.recording import Recording
from storage.removal import Removal
from storage.schema import upgrade
from storage.text_places import TextPlaces
from storage.tokens import Tokens
from storage.totals import TotalReads
from storage.unpriced import UnpricedCalls


class Store(
    Intake,
    Removal,
    Claims,
    Recording,
    Control,
    Rates,
    Allowances,
    ActivityLog,
    People,
    Preferences,
    Tokens,
    Idempotency,
    Callbacks,
    TotalReads,
    Analyses,
    Archive,
    LabelHistory,
    TextPlaces,
    ExampleSets,
    Editions,
    Audits,
    ItemLists,
    ProviderBatches,
    UnpricedCalls,
    Reads,
):
    """Everything that is remembered, on SQLite or PostgreSQL; brings the schema up to date when it is built.

    Threads and processes may share a database; each process builds its own Store. Raises NewerDatabase when the
    database is from a newer program, Unavailable when it does not answer.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        try:
            upgrade(url)
        except BaseException:
            self.close()
            raise
