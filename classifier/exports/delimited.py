"""A table as CSV: RFC 4180, UTF-8 with a byte order mark so that Excel reads the accents."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from classifier.exports.guard import FIRST, guarded
from classifier.exports.table import Column, Table, told

BOM = "\ufeff"


def stream_csv(table: Table) -> Iterator[bytes]:
    """Yield the header, then many rows a piece. Texts that a spreadsheet would run get an apostrophe in front."""
    header = [guarded(column.name) for column in table.columns]
    yield (BOM + _written([header])).encode()
    pages = table.pages()
    for rows in pages:
        cells = [[_cell(c, value) for c, value in zip(table.columns, row, strict=True)] for row in rows]
        yield _written(cells).encode("utf-8", "replace")


def _written(rows: list[list[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def _cell(column: Column, value: Any) -> Any:
    """Give what the csv module writes as it should be; None and numbers it knows itself."""
    kind = type(value)
    if kind is str:
        return guarded(value, numbers=column.foreign) if value[:1] in FIRST else value
    if value is None or kind is int or kind is float:
        return value
    return guarded(told(value)) if kind in (list, dict) else told(value)
