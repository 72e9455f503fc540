"""A product as it was accepted, a row that was not, and how large either may be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]

RAW_LENGTH = 200  # characters of a refused value that are shown
# controls, line and paragraph separators, bidirectional marks, lone surrogates: never shown as they are
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class Product(NamedTuple):  # a tuple is made in a third of a frozen dataclass's time, and files have millions of rows
    """One accepted row: position is 0-based and consecutive over accepted rows; text is stripped and never empty."""

    position: int
    text: str
    product_id: str | None = None
    expected: str | None = None
    metadata: Mapping[str, JSON] = MappingProxyType({})
    language: str | None = None


class Severity(StrEnum):
    """What a problem did to its row."""

    REJECTED = "rejected"  # the row is not imported
    CUT = "cut"  # the row is imported, but part of it was left out
    NOTE = "note"  # nothing was lost; something was read in a way the analyst should know


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a row or the file: place is a line, sheet row or JSON path; raw is bounded and safe to show."""

    place: str
    reason: str
    raw: str
    severity: Severity = Severity.REJECTED


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read. Lengths in characters; n_bytes counts the file after unpacking."""

    n_bytes: int = 512 * 1024 * 1024
    n_rows: int = 2_000_000
    depth: int = 60
    text_length: int = 2_000
    id_length: int = 200
    expected_length: int = 500
    metadata_length: int = 20_000  # of one row, as JSON
    row_length: int = 1_000_000
    unpack_ratio: int = 200  # unpacked bytes for each packed byte, above the first 10 MB


def shown(value: object) -> str:
    """Give a value as bounded, printable text: hidden, control and surrogate characters become escapes."""
    text = value if isinstance(value, str) else _as_json(value)
    safe = UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text[: RAW_LENGTH + 1])
    return safe if len(safe) <= RAW_LENGTH else safe[: RAW_LENGTH - 1] + "…"


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):
        return f"({type(value).__name__})"
