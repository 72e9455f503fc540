"""What workers of this host left when they vanished: their journals are recorded, then their chunks given back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from classifier.executors.workers import is_gone
from classifier.journal import Entry, hand_over
from storage import Part, Store, Unavailable

log = logging.getLogger("anaquel.executor")


class Takeover:
    """One for each executor. journals: the folder in which workers keep theirs."""

    def __init__(self, store: Store, journals: Path | None) -> None:
        self._store, self._journals = store, journals

    def run(self) -> None:
        """Look once; raises Unavailable when the database is away.

        In this order: who is known to be gone has written its last line. Chunks of a worker whose journal another
        process records at this moment are left to that process.
        """
        gone = {owner for owner in self._store.owners() if is_gone(owner)}
        recorded, held = hand_over(self._journals, self._record) if self._journals is not None else (set(), set())
        if free := (gone - held) | recorded:
            self._store.release_vanished(sorted(free))

    def _record(self, worker: str, entries: Sequence[Entry]) -> None:
        """Flush for the vanished worker, under its name: the record tells what it has already, and what comes late."""
        parts = parts_of(entries)
        try:
            self._store.flush(worker, 0.0, parts, ())
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001  (something in the rows: what can be recorded is)
            for part in parts:
                self._record_alone(worker, part)

    def _record_alone(self, worker: str, part: Part) -> None:
        try:
            self._store.flush(worker, 0.0, [part], ())
        except Unavailable:
            raise
        except Exception:
            log.exception("what %s was told of chunk %s of job %s cannot be recorded", worker, part.claim.n,
                          part.claim.job_id)  # fmt: skip


def parts_of(entries: Sequence[Entry]) -> list[Part]:
    """Put entries together as their flushes would have taken them, in the order of those."""
    parts: dict[tuple[str, int, int, int], Part] = {}
    for entry in sorted(entries, key=lambda entry: entry.seq):
        claim = entry.claim
        key = (claim.job_id, claim.n, claim.token, entry.seq)
        part = parts.setdefault(key, Part(claim, entry.seq, spec_key=entry.spec_key))
        part.results.extend(entry.results)
        part.attempts.append(entry.attempt)
    return list(parts.values())
