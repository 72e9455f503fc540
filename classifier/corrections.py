"""Corrected files coming back: which products a person put elsewhere, and the labels that come of it.

A row finds its product by the key that every export carries (job id and position), never by its place in the file. A
category counts as said by a person when the column "reviewed" is filled in, or when the answer's code or name is not
what the job answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from classifier.bootstrap import Services
from classifier.category_names import CategoryNames
from classifier.exports.guard import unguarded
from classifier.exports.result_table import Answers
from classifier.exports.table import KEY
from classifier.normalisation import text_key
from classifier.products.product import UNSAFE, Limits, Problem, shown
from classifier.products.reading import Reading
from storage import Job, Kind, Labelled

BATCH_ROWS = 2_000
N_PROBLEMS_KEPT = 1_000
PREFIX = "anaquel_"  # of our columns in the analyst's own file
REVIEWED, NOTATION, LABEL, TEXT = "reviewed", "notation", "prefLabel", "search_text"


@dataclass(frozen=True, slots=True)
class Correction:
    """What one row of a file says of one product; None where the file has no such column or the cell is empty."""

    place: str
    job_id: str
    position: int
    reviewed: str | None
    notation: str | None
    label: str | None
    text: str | None


@dataclass
class CorrectionReport:
    """What came of a corrected file. n_rows = n_kept + n_unchanged + n_rejected; labels are one for each text."""

    n_rows: int = 0
    n_kept: int = 0
    n_unchanged: int = 0
    n_rejected: int = 0
    problems: list[Problem] = field(default_factory=list)

    def reject(self, place: str, reason: str, raw: str) -> None:
        """Count a row that says nothing usable."""
        self.n_rejected += 1
        if len(self.problems) < N_PROBLEMS_KEPT:
            self.problems.append(Problem(place, reason, shown(raw)))


def read(stream: BinaryIO, limits: Limits | None = None) -> Iterator[Correction | Problem]:
    """Yield what each row of an exported and corrected file says; rows of sheets without keys are left out.

    Any format that is exported can be read, in any order, with columns left out. Raises UnreadableFile.
    """
    reading = Reading(stream, limits or Limits())
    keyed: set[str] = set()  # sheets that have keys: the workbook's sheets of figures have none
    for place, number, value in reading.rows():
        at = place % number
        if not isinstance(value, dict):
            yield Problem(at, "the row cannot be read", shown(value))
        elif isinstance(value.get(KEY), str) and value[KEY]:
            keyed.add(place)
            yield _correction(at, value, is_text=reading.format in ("CSV", "TSV"))
        elif place in keyed or reading.format != "XLSX":
            yield Problem(at, f"the row has no key (column {KEY})", shown(value))


def apply_corrections(services: Services, job_id: str, rows: Iterable[Correction | Problem],
                      actor: str) -> CorrectionReport:  # fmt: skip
    """Keep the corrections of a job as labels of its taxonomy; a text that is told twice differently is refused.

    Raises JobNotFound, and UnreadableFile when the file breaks off (what came before is kept).
    """
    job = services.store.job(job_id)
    use = _Use(services, job, actor)
    left = iter(rows)
    while batch := list(islice(left, BATCH_ROWS)):
        use.take(batch)
    return use.report


class _Use:
    """Compares corrections with what the job answered, batch by batch."""

    def __init__(self, services: Services, job: Job, actor: str) -> None:
        taxonomy = services.builder.taxonomy(job.taxonomy_id)
        self.report = CorrectionReport()
        self._store, self._job, self._actor = services.store, job, actor
        self._names, self._answers = CategoryNames(taxonomy), Answers(job, taxonomy)
        self._told: dict[str, str] = {}

    def take(self, batch: Sequence[Correction | Problem]) -> None:
        """Use a batch of rows and write its labels."""
        self.report.n_rows += len(batch)
        for row in batch:
            if isinstance(row, Problem):
                self.report.reject(row.place, row.reason, row.raw)
        found = [row for row in batch if isinstance(row, Correction)]
        items = {i.position: i for i in self._store.items_at(self._job.id, [row.position for row in found])}
        known = self._store.find_labels(self._job.taxonomy_id, {i.text_key for i in items.values()})
        labels = [label for row in found if (label := self._label(row, items.get(row.position), known))]
        told = {one.text_key: one for one in labels}
        self._store.keep_labels(self._job.taxonomy_id, list(told.values()), self._actor, kind=Kind.IMPORTED)
        self.report.n_kept += len(labels)

    def _label(self, row: Correction, item: Any, known: Mapping[str, str]) -> Labelled | None:
        if fault := self._misplaced(row, item):
            self.report.reject(row.place, *fault)
            return None
        said = self._said(row, item, known.get(item.text_key))
        notations = {name: self._names.match(name) for name in said}
        if unknown := next((name for name, notation in notations.items() if notation is None), None):
            self.report.reject(row.place, "the category is not in the taxonomy", unknown)
            return None
        if not notations:
            self.report.n_unchanged += 1
            return None
        notation = str(next(iter(notations.values())))
        if len(set(notations.values())) > 1 or self._told.setdefault(item.text_key, notation) != notation:
            self.report.reject(row.place, "the file says different categories for it", ", ".join(said))
            return None
        return Labelled(item.text_key, item.text, notation, self._job.id)

    def _misplaced(self, row: Correction, item: Any) -> tuple[str, str] | None:
        if row.job_id != self._job.id:
            return "the key is another job's", row.job_id
        if item is None:
            return "there is no such product in the job", str(row.position)
        if row.text is not None and _bare(item.text) not in (_bare(row.text), _bare(unguarded(row.text))):
            return "the text beside the key is another product's", row.text
        return None

    def _said(self, row: Correction, item: Any, label: str | None) -> list[str]:
        """Return the names that a person wrote: what was filled in, else what was changed."""
        if row.reviewed is not None:
            return [] if self._names.match(row.reviewed) == label is not None else [row.reviewed]
        answered = item.notation if item.verdict == "concept" else None
        pairs = ((row.notation, answered), (row.label, self._answers.place(answered)[0]))
        return [told for told, was in pairs if told and not self._is_same(told, was)]

    def _is_same(self, told: str, was: str | None) -> bool:
        return was is not None and (told == was or told.lstrip("0") == was.lstrip("0"))


def _bare(text: str) -> str:
    """Give what a text still has in common with itself after a spreadsheet."""
    return text_key(UNSAFE.sub("", text))


def _correction(place: str, row: Mapping[str, object], *, is_text: bool) -> Correction | Problem:
    job_id, _, position = str(row[KEY]).strip().rpartition(":")
    if not job_id or not position.isascii() or not position.isdigit() or len(position) > 12:
        return Problem(place, "the key is damaged", shown(row[KEY]))
    inner = row.get("classification")
    merged = {**inner, **row} if isinstance(inner, dict) else row
    is_own_file = PREFIX + "status" in merged  # there, a column without the prefix is the analyst's

    def cell(name: str) -> str | None:
        value = merged.get(PREFIX + name, None if is_own_file else merged.get(name))
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        told = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        return (unguarded(told) if is_text else told).strip() or None

    return Correction(place, job_id, int(position), cell(REVIEWED), cell(NOTATION), cell(LABEL), cell(TEXT))
