"""Who said what of a text, and when; and the texts of which two people say different things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select

from storage.kin import Kin
from storage.tables_labels import label_events

KEYS_A_QUERY = 5_000


class Kind(StrEnum):
    """Why a word is in the history."""

    SAID = "said"
    IMPORTED = "imported"  # in a corrected file
    DECIDED = "decided"  # ends a disagreement: the words before it count no more
    UNDONE = "undone"  # the word before holds again
    DISPUTED = "disputed"  # somebody else had said otherwise meanwhile: kept here, not in force


in_force = (Kind.SAID, Kind.IMPORTED, Kind.DECIDED, Kind.UNDONE)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of one person on a text; notation None: taken back."""

    id: int
    text_key: str
    text: str
    notation: str | None
    actor: str
    at: datetime
    kind: str
    job_id: str | None
    restores: int | None

    @property
    def origin(self) -> int:
        """The id of the word that was first said: what was taken back and then brought back is the same word."""
        return self.restores or self.id

    @classmethod
    def of(cls, row: Any) -> Word:
        """Read a row of the history."""
        return cls(row.id, row.text_key, row.text, row.notation, row.actor, row.at, row.kind, row.job_id,
                   row.restores)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A text of which people say different things: the last word of each, oldest first. The last one in force holds."""

    text_key: str
    text: str
    words: tuple[Word, ...]


class LabelHistory(Kin):
    """Reading verbs over all that was ever said."""

    def label_history(self, taxonomy_id: str, text_key: str) -> list[Word]:
        """Return everything that was said of a text, oldest first."""
        return self.label_histories(taxonomy_id, [text_key]).get(text_key, [])

    def label_histories(self, taxonomy_id: str, text_keys: Sequence[str]) -> dict[str, list[Word]]:
        """Return everything that was said of some texts, oldest first, by text key."""
        found: dict[str, list[Word]] = {}
        with self._read() as connection:
            for word in _words(connection, self._kin(connection, taxonomy_id), text_keys):
                found.setdefault(word.text_key, []).append(word)
        return found

    def disagreements(self, taxonomy_id: str, n: int = 200) -> list[Disagreement]:
        """Return at most n texts of which people say different things, the newest first."""
        e = label_events.c
        with self._read() as connection:
            kin = self._kin(connection, taxonomy_id)
            several = func.count(e.notation.distinct()) > 1
            told = select(e.text_key).where(e.taxonomy_id.in_(kin)).group_by(e.text_key)
            told = told.having(several, func.count(e.actor.distinct()) > 1).order_by(func.max(e.id).desc())
            found: list[Disagreement] = []
            words: dict[str, list[Word]] = {}
            keys = list(connection.execute(told).scalars())
            for word in _words(connection, kin, keys):
                words.setdefault(word.text_key, []).append(word)
        for key in keys:
            standing = standing_words(words[key])
            if len({word.notation for word in standing}) > 1:
                found.append(Disagreement(key, standing[-1].text, tuple(standing)))
        return found[:n]


def standing_words(words: Iterable[Word]) -> list[Word]:
    """Return the last word of each person since the last decision, oldest first; who took it back says nothing."""
    last: dict[str, Word] = {}
    for word in words:
        if word.kind == Kind.DECIDED:
            last.clear()
        last.pop(word.actor, None)
        if word.notation is not None and word.kind != Kind.UNDONE:
            last[word.actor] = word
    return list(last.values())


def last_words(connection: Connection, kin: Sequence[str], text_keys: Sequence[str], *, before: int | None = None,
               not_job: str | None = None) -> dict[str, Word]:  # fmt: skip
    """Return the last word in force on each text, by text key.

    before: of those with a smaller id. not_job: of those that were not said in this job.
    """
    found: dict[str, Word] = {}
    for word in _words(connection, kin, text_keys):
        is_old_enough = before is None or word.id < before
        if word.kind in in_force and is_old_enough and (not_job is None or word.job_id != not_job):
            found[word.text_key] = word
    return found


def _words(connection: Connection, kin: Sequence[str], text_keys: Sequence[str]) -> Iterable[Word]:
    e = label_events.c
    for start in range(0, len(text_keys), KEYS_A_QUERY):
        some = text_keys[start : start + KEYS_A_QUERY]
        wanted = select(label_events).where(e.text_key.in_(some), e.taxonomy_id.in_(kin)).order_by(e.id)
        for row in connection.execute(wanted).all():
            yield Word.of(row)
