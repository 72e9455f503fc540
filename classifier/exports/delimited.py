"""A table as CSV: RFC 4180, UTF-8 with a byte order mark so that Excel reads the accents."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from classifier.exports.guard import guarded
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


def _written(rows: list[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def _cell(column: Column, value: Any) -> str:
    if isinstance(value, str):
        return guarded(value, numbers=column.foreign)
    if value is None:
        return ""
    return guarded(told(value)) if isinstance(value, list | dict) else told(value)
