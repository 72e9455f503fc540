"""A table on its way out: typed columns and pages of rows, whatever file it becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PIECE_BYTES = 1 << 16  # smallest piece that is sent: a smaller one costs more in hand-overs than in bytes
KEY = "anaquel_key"  # job id and position: by it a corrected file finds its products again


class Kind(StrEnum):
    """What a column's cells are; a cell may be None in any of them. MOMENT: aware datetimes, OPEN: any JSON value."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; foreign: one of the analyst's own fields, where a text that is a plain number is no formula."""

    name: str
    kind: Kind = Kind.TEXT
    foreign: bool = False


Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and a function that gives the rows in pages; each call reads them anew."""

    columns: tuple[Column, ...]
    pages: Callable[[], Iterator[Sequence[Cells]]]


def key_of(job_id: str, position: int) -> str:
    """Return a row's stable key; it is text in every spreadsheet."""
    return f"{job_id}:{position}"


def told(value: Any) -> str:
    """Give a cell as text: "" for None, JSON for lists and objects, ISO 8601 for moments."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def in_pieces(chunks: Iterable[bytes], n_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """Join small chunks until a piece is large enough to be sent; the last piece may be smaller."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= n_bytes:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
