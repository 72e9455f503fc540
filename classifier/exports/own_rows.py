"""The rows of the file that a job was read from, each with what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any

from classifier.errors import ClassifierError
from classifier.export import is_final
from classifier.exports.result_table import READ, Answers
from classifier.exports.table import KEY, Column, Kind, key_of
from classifier.products import FieldMapping, Limits, Product, guess_mapping
from classifier.products.acceptance import Acceptance
from classifier.products.preview import N_GUESS
from classifier.products.reading import Reading
from classifier.taxonomy import Taxonomy
from storage import Job, Store

ADDED = (
    Column("anaquel_status"), Column("anaquel_notation"), Column("anaquel_prefLabel"), Column("anaquel_path"),
    Column("anaquel_confidence", Kind.REAL), Column("anaquel_error"), Column("anaquel_reviewed"), Column(KEY),
)  # fmt: skip
NAMES = tuple(column.name for column in ADDED)
OwnRow = tuple[str, int, object, list[Any]]  # place, number, the file's row, cells in the order of ADDED


class OtherFile(ClassifierError):
    """The kept file does not hold the job's products."""


def own_rows(reading: Reading, mapping: FieldMapping | None, limits: Limits,
             results: Iterator[list[Any]]) -> Iterator[OwnRow]:  # fmt: skip
    """Yield every row of the file, refused ones too; results are those of `added_cells`. Raises OtherFile."""
    acceptance = Acceptance(mapping or FieldMapping(), limits)
    for _, rows in groupby(reading.rows(), key=itemgetter(0)):
        first = list(islice(rows, N_GUESS)) if mapping is None else []
        if first:
            acceptance.use(guess_mapping([value for _, _, value in first if isinstance(value, dict)]))
        for place, number, value in chain(first, rows):
            item = acceptance.row(place, number, value)[0]
            if not isinstance(item, Product):
                yield place, number, value, ["rejected", None, None, None, None, item.reason, None, None]
                continue
            text, *cells = next(results, [None])
            if text != item.text:
                raise OtherFile("The file kept for this job does not hold its products in their order.")
            yield place, number, value, cells


def added_cells(store: Store, job: Job, taxonomy: Taxonomy) -> Iterator[list[Any]]:
    """Yield each product's text and its cells in the order of ADDED, by position."""
    answers = Answers(job, taxonomy)
    for page in store.stream_items(job.id, columns=READ):
        labels = store.find_labels(job.taxonomy_id, {row.text_key for row in page})
        for row in page:
            status, _, error = answers.outcome(row) if is_final(row) else (row.status, None, None)
            label, path, _, _ = answers.place(row.notation)
            yield [row.text, status, row.notation, label, path, row.confidence, error, labels.get(row.text_key),
                   key_of(job.id, row.position)]  # fmt: skip
