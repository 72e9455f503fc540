"""What people say products are: labels by text, which hold for every job of the taxonomy, past ones too."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from storage.activity import add_activity
from storage.kin import Kin
from storage.label_history import Kind, Word, in_force, last_words
from storage.relabelling import relabel
from storage.tables_analysis import labels
from storage.tables_labels import label_events

KEYS_A_QUERY = 5_000
NEWEST = (labels.c.at.desc(), labels.c.text_key)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A person's word on a product text: a notation, or "not_a_product". job_id: where it was said, if in a job."""

    text_key: str
    text: str
    notation: str
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of words: act names them for `undo`; n_items are the products of all jobs whose label changed.

    disputed: what other people had said meanwhile of texts that were left as they are; one's own words on these are in
    the history, and the two disagree.
    """

    act: str
    n_kept: int
    n_items: int
    disputed: tuple[Word, ...] = ()


class Labels(Kin):
    """Labels of the versions of a scheme; the last word on a text holds where its category exists."""

    def keep_labels(self, taxonomy_id: str, told: Sequence[Labelled], actor: str, *, kind: Kind = Kind.SAID,
                    seen: int | None = None) -> Told:  # fmt: skip
        """Write labels, in place of earlier ones for the same texts, and give them to the items of all jobs.

        seen: the id of the last event (`last_label_event`) that the person could know of; what others have said of a
        text since then, and differently, is not overwritten but returned as disputed.
        """
        with self._write() as connection:
            found = self._say(connection, taxonomy_id, told, actor, kind=kind, seen=seen)
            if found.n_kept:
                add_activity(connection, actor, "reviewed", f"texts labelled: {found.n_kept}", told[0].job_id)
            return found

    def undo_labels(self, act: str, actor: str) -> Told:
        """Take back what was said in one go: each text gets the word before; later words of others stay (disputed)."""
        with self._write() as connection:
            first = connection.execute(select(label_events.c.taxonomy_id).where(label_events.c.act == act)).scalar()
            if first is None:
                return Told(act, 0, 0)
            kin = self._kin(connection, first, lock=True)
            mine = select(label_events).where(label_events.c.act == act, label_events.c.kind.in_(in_force))
            events = [Word.of(row) for row in connection.execute(mine)]
            last = last_words(connection, kin, [word.text_key for word in events])
            standing = [word for word in events if last[word.text_key].origin == word.origin]
            overtaken = tuple(last[word.text_key] for word in events if word not in standing)
            first_id = min((word.id for word in standing), default=0)
            before = last_words(connection, kin, [word.text_key for word in standing], before=first_id)
            back = {word.text_key: _row(first, word.text_key, word.text, before.get(word.text_key), word.job_id)
                    for word in standing}  # fmt: skip
            act = secrets.token_hex(8)
            n_items = self._take_back(connection, first, list(back.values()), actor, act, kin)
            add_activity(connection, actor, "review taken back", f"texts labelled: {len(back)}", None)
            return Told(act, len(back), n_items, overtaken)

    def forget_label(self, taxonomy_id: str, text_key: str, actor: str = "analyst") -> None:
        """Take a label back: nothing is said of the text any more."""
        with self._write() as connection:
            self._retract(connection, taxonomy_id, text_key, actor)

    def find_labels(self, taxonomy_id: str, text_keys: Iterable[str]) -> dict[str, str]:
        """Return the notations that people gave to these texts, by text key; those without a label are left out."""
        keys = iter(text_keys)
        found: dict[str, str] = {}
        with self._read() as connection:
            kin = self._kin(connection, taxonomy_id)
            columns = select(labels.c.text_key, labels.c.notation).where(labels.c.taxonomy_id.in_(kin))
            while some := list(islice(keys, KEYS_A_QUERY)):
                rows = connection.execute(columns.where(labels.c.text_key.in_(some))).all()
                found.update((key, notation) for key, notation in rows if self._has(connection, taxonomy_id, notation))
        return found

    def labels(self, taxonomy_id: str, *, after: str = "", n: int = 50) -> list[Mapping[str, Any]]:
        """Labels of a taxonomy's scheme by text key, after one (keyset page), with Label's columns."""
        with self._read() as connection:
            page = select(labels).where(labels.c.taxonomy_id.in_(self._kin(connection, taxonomy_id)))
            rows = connection.execute(page.where(labels.c.text_key > after).order_by(labels.c.text_key).limit(n))
            return [dict(row._mapping) for row in rows]

    def count_labels(self, taxonomy_id: str) -> int:
        """How many texts have a label in this taxonomy's scheme."""
        with self._read() as connection:
            kin = self._kin(connection, taxonomy_id)
            counted = select(func.count()).select_from(labels).where(labels.c.taxonomy_id.in_(kin))
            return int(connection.execute(counted).scalar_one())

    def last_label_event(self) -> int:
        """Return the id of the last word said by anybody, 0 when there is none: what a list shows is known up to it."""
        with self._read() as connection:
            return int(connection.execute(select(func.max(label_events.c.id))).scalar() or 0)

    def _say(self, connection: Connection, taxonomy_id: str, told: Sequence[Labelled], actor: str, *,
             kind: Kind = Kind.SAID, seen: int | None = None) -> Told:  # fmt: skip
        """Write labels in a transaction that is open already."""
        act = secrets.token_hex(8)
        if not told:
            return Told(act, 0, 0)
        kin = self._kin(connection, taxonomy_id, lock=True)
        last = last_words(connection, kin, [t.text_key for t in told]) if seen is not None else {}
        newer = {t.text_key: (last[t.text_key], t.notation) for t in told if t.text_key in last}
        disputed = {key: word for key, (word, notation) in newer.items()
                    if word.id > (seen or 0) and word.actor != actor and word.notation != notation}  # fmt: skip
        kept = {t.text_key: (t.text, t.notation, t.job_id) for t in told if t.text_key not in disputed}
        lost = [_row(taxonomy_id, t.text_key, t.text, t.notation, t.job_id) for t in told if t.text_key in disputed]
        self._append(connection, lost, actor, Kind.DISPUTED, act)
        said = [_row(taxonomy_id, key, *word) for key, word in kept.items()]
        self._append(connection, said, actor, kind, act)
        n_items = self._project(connection, taxonomy_id, kept, actor, kin)
        return Told(act, len(kept), n_items, tuple(disputed.values()))

    def _retract(self, connection: Connection, taxonomy_id: str, text_key: str, actor: str,
                 job_id: str | None = None) -> None:  # fmt: skip
        """Take a label back (job_id: only what was said in that job; an earlier word from elsewhere comes back)."""
        kin = self._kin(connection, taxonomy_id, lock=True)
        last = last_words(connection, kin, [text_key]).get(text_key)
        if last is None or last.notation is None or (job_id is not None and last.job_id != job_id):
            return
        before = last_words(connection, kin, [text_key], not_job=job_id).get(text_key) if job_id else None
        row = _row(taxonomy_id, text_key, last.text, before, job_id)
        self._take_back(connection, taxonomy_id, [row], actor, secrets.token_hex(8), kin)

    def _take_back(self, connection: Connection, taxonomy_id: str, rows: Sequence[dict[str, Any]], actor: str, act: str,
                   kin: Sequence[str]) -> int:  # fmt: skip
        self._append(connection, rows, actor, Kind.UNDONE, act)
        said = {row["text_key"]: (row["text"], row["notation"], row["job_id"]) for row in rows}
        return self._project(connection, taxonomy_id, said, actor, kin)

    def _append(self, connection: Connection, rows: Sequence[Mapping[str, Any]], actor: str, kind: Kind,
                act: str) -> None:  # fmt: skip
        at = datetime.now(UTC)
        if rows:
            more = {"actor": actor, "at": at, "kind": kind, "act": act}
            connection.execute(insert(label_events), [dict(row) | more for row in rows])

    def _project(self, connection: Connection, taxonomy_id: str, said: Mapping[str, tuple[str, str | None, str | None]],
                 actor: str, kin: Sequence[str]) -> int:  # fmt: skip
        """Keep the words (text, notation, job) as the labels in force and give them to the items of all jobs."""
        keys, at = iter(said), datetime.now(UTC)
        while some := list(islice(keys, KEYS_A_QUERY)):
            connection.execute(delete(labels).where(labels.c.taxonomy_id.in_(kin), labels.c.text_key.in_(some)))
        rows = [{"taxonomy_id": taxonomy_id, "text_key": key, "text": text, "notation": notation, "job_id": job_id,
                 "actor": actor, "at": at} for key, (text, notation, job_id) in said.items() if notation]  # fmt: skip
        if rows:
            connection.execute(insert(labels), rows)
        told = {key: notation for key, (_, notation, _) in said.items()}
        versions = {n: self._having(connection, kin, n) for n in set(told.values()) if n is not None}
        return relabel(connection, told, versions, kin)

    def _labels_for_job(self, connection: Connection, taxonomy_id: str, keys: Any, n_items: int,
                        ) -> Iterator[tuple[str, str]]:  # fmt: skip
        """Yield the labels (text key, notation) that the texts of a new job may have; keys: a select of its texts."""
        kin = self._kin(connection, taxonomy_id, lock=True)
        known = select(labels.c.text_key, labels.c.notation).where(labels.c.taxonomy_id.in_(kin))
        counted = select(func.count()).select_from(labels).where(labels.c.taxonomy_id.in_(kin))
        if connection.execute(counted).scalar_one() > n_items:
            known = known.where(labels.c.text_key.in_(keys))
        for key, notation in connection.execute(known).all():
            if self._has(connection, taxonomy_id, notation):
                yield key, notation


def _row(taxonomy_id: str, text_key: str, text: str, told: str | Word | None, job_id: str | None) -> dict[str, Any]:
    """Give the columns of a word: a new one, or an earlier one that holds again."""
    before = told if isinstance(told, Word) else None
    return {"taxonomy_id": taxonomy_id, "text_key": text_key, "text": text,
            "notation": before.notation if before else told, "job_id": before.job_id if before else job_id,
            "restores": before.origin if before else None}  # fmt: skip
