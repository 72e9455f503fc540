"""The way from an uploaded file to its products: what the content is, which rows it has, which of them are products."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import BinaryIO

from classifier.errors import NoProducts
from classifier.products.acceptance import Acceptance
from classifier.products.mapping import FieldMapping, guess_mapping
from classifier.products.preview import DEFAULT, N_GUESS
from classifier.products.product import Limits, Problem, Product
from classifier.products.reading import Reading


def parse(
    stream: BinaryIO, limits: Limits = DEFAULT, mapping: FieldMapping | None = None
) -> Iterator[Product | Problem]:
    """Yield the products and problems of a seekable stream, in the file's order, with memory that does not grow.

    The content decides what the file is, never its name. Every row gives exactly one Product or one Problem with
    severity REJECTED; problems of other severities come in addition. Raises UnreadableFile, with one sentence for the
    analyst, also after rows were yielded (a file that breaks off in the middle): import in one transaction and roll
    back. Raises NoProducts when the file is sound but no row can be used.
    """
    reading = Reading(stream, limits)
    acceptance = Acceptance(mapping or FieldMapping(), limits)
    for _, rows in groupby(reading.rows(), key=itemgetter(0)):  # each sheet of a workbook has fields of its own
        first = list(islice(rows, N_GUESS)) if mapping is None else []
        if first:
            acceptance.use(guess_mapping([value for _, _, value in first if isinstance(value, dict)]))
        yield from acceptance.rows(chain(first, rows))  # noqa: B031  (rows goes on where first ended)
    yield from reading.notes()
    if not acceptance.n_accepted:
        raise NoProducts(_nothing(acceptance))


def _nothing(acceptance: Acceptance) -> str:
    if not (n_rows := acceptance.n_rows):
        return "The file holds no products: its list is empty."
    rows = f"None of the {n_rows:,} rows can be used; the first" if n_rows > 1 else "The only row cannot be used"
    return f"{rows}: {acceptance.first_refusal}."
