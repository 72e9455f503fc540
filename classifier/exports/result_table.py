"""A job's results as one table: what was asked, what came, and the key by which corrections find their way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classifier.export import error_of, is_final
from classifier.exports.own_fields import PAGE_ROWS, OwnFields, own_fields
from classifier.exports.table import KEY, Column, Kind, Table, key_of
from classifier.spec import Spec
from classifier.taxonomy import Taxonomy
from storage import ItemFilter, Job, Store

COLUMNS = (
    Column("index", Kind.INTEGER), Column("product_id"), Column("search_text"), Column("status"), Column("outcome"),
    Column("notation"), Column("prefLabel"), Column("path"), Column("concept_uri"), Column("level", Kind.INTEGER),
    Column("confidence", Kind.REAL), Column("error"), Column("expected"), Column("reviewed"),
    Column("cost_usd", Kind.REAL), Column("timestamp", Kind.MOMENT), Column(KEY),
)  # fmt: skip
READ = ("position", "text", "text_key", "product_id", "expected", "extra", "status", "verdict", "notation",
        "confidence", "why", "error_kind", "error", "cost_usd", "finished_at")  # fmt: skip
Place = tuple[str, str, str, int]  # prefLabel, path, URI, level


class Answers:
    """What a job's rows say, in the language of the job."""

    def __init__(self, job: Job, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._language = Spec.from_record(job.spec or {}).language
        self._places: dict[str, Place] = {}

    def place(self, notation: str | None) -> tuple[Any, ...]:
        """Return prefLabel, path, URI and level of an answer; None four times when it names no category."""
        if notation is None:
            return (None, None, None, None)
        if notation not in self._places:
            self._places[notation] = self._look_up(notation)
        return self._places[notation]

    def outcome(self, row: Any) -> tuple[str, str, str | None]:
        """Return (status, outcome, error) as the result JSON has them."""
        if row.verdict == "concept":
            return "success", "concept", None
        return "failed", row.verdict or row.error_kind or row.status, error_of(row)

    def _look_up(self, notation: str) -> Place:
        concept = self._taxonomy.concepts.get(notation)
        if concept is None:
            return notation, notation, "", 0
        path = self._taxonomy.path_label(notation, self._language, " > ")
        return concept.label(self._language), path, concept.uri, self._taxonomy.level(notation)


def result_table(store: Store, job: Job, taxonomy: Taxonomy, wanted: ItemFilter | None = None) -> Table:
    """Describe the results of a job, or of those items that a filter finds; open items are left out."""
    fields = fields_of(store, job.id, wanted, [column.name for column in COLUMNS])
    answers = Answers(job, taxonomy)

    def pages() -> Iterator[Sequence[Any]]:
        for page in store.stream_items(job.id, wanted, columns=READ):
            rows = [row for row in page if is_final(row)]
            if rows:
                labels = store.find_labels(job.taxonomy_id, {row.text_key for row in rows})
                yield [_cells(job, row, answers, labels, fields) for row in rows]

    return Table((*COLUMNS, *fields.columns), pages)


def fields_of(store: Store, job_id: str, wanted: ItemFilter | None, taken: Sequence[str]) -> OwnFields:
    """Find the analyst's own fields in one streamed look at the items."""
    pages = store.stream_items(job_id, wanted, PAGE_ROWS, columns=("position", "extra"))
    return own_fields((row.extra for page in pages for row in page), taken)


def _cells(job: Job, row: Any, answers: Answers, labels: Mapping[str, str], fields: OwnFields) -> list[Any]:
    status, outcome, error = answers.outcome(row)
    label, path, uri, level = answers.place(row.notation)
    cost_usd = None if job.n_unpriced_attempts else float(row.cost_usd)
    return [
        row.position, row.product_id, row.text, status, outcome, row.notation, label, path, uri, level, row.confidence,
        error, row.expected, labels.get(row.text_key), cost_usd, row.finished_at, key_of(job.id, row.position),
        *fields.cells(row.extra),
    ]  # fmt: skip
