"""How a delimited text is written: its delimiter, and where its header stands."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from classifier.products.field_names import TEXT_NAMES, is_known, plain
from classifier.products.product import shown

DELIMITERS = (",", ";", "\t", "|")
RARE = ("^", "~", "\x1f", "\x01", "#", ":")  # only under a header of known names
HEADER_WITHIN = 30  # lines above the header: a title, a date, comments
LEVEL = re.compile(r"(nivel|level|lvl|category|categoria)_?\d{1,2}")  # columns of a path, from the top down
CODE = re.compile(r"[{}<>]|[;=:]\s*$|^\s*(?:- )?[\w-]+:\s")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text is written; delimiter "" means one product a line without any quoting."""

    delimiter: str
    header: tuple[str, ...]  # names of the columns
    has_header: bool  # whether the first record is the header
    n_above: int = 0  # lines above the header that are none of the table


def dialect_of(head: str, goes_on: bool) -> Dialect | None:
    """Recognise a delimited text by its first lines, None when it is none. goes_on: the head is cut somewhere."""
    every = list(io.StringIO(head, newline=""))
    every = every[:-1] if goes_on and len(every) > 1 else every
    lines = [line for line in every if line.strip()]
    if lines and (told := re.fullmatch(r"sep=(.)\s*", lines[0], re.IGNORECASE)):
        return _with_delimiter(told[1], lines[1:])  # Excel's own mark
    scored = [(score, d) for d in DELIMITERS if (score := _score(lines, d)) > 0]
    best = max(scored, key=lambda pair: pair[0])[1] if scored else None
    if best is not None and _n_known(_records(lines, best, 1)[0]):
        return _with_delimiter(best, lines)
    found = _below_a_title(every)
    if found is None and best is not None:
        found = _with_delimiter(best, lines)
    rare = None if found else next((d for d in RARE if _score(lines, d) > 1.9), None)  # even, and a known name
    return found or (_with_delimiter(rare, lines) if rare else _one_column(lines))


def _below_a_title(lines: Sequence[str]) -> Dialect | None:
    """Find a header of known names under lines that are narrower than it, with a row as wide as itself below."""
    for at, line in enumerate(lines[1:HEADER_WITHIN], start=1):
        for delimiter in DELIMITERS:
            if delimiter not in line:
                continue
            records = _records([line, *(below for below in lines[at + 1 : at + 20] if below.strip())], delimiter)
            if len(records) < 2 or not _n_known(records[0]) or not _is_header(records):
                continue
            filled = _n_filled(records[0])
            above = _records(lines[:at], delimiter)
            if filled > 1 and len(records[1]) >= filled and all(_n_filled(cells) < filled for cells in above):
                return replace(_of_records(delimiter, records), n_above=at)
    return None


def _n_known(cells: Sequence[str]) -> int:
    return sum(is_known(cell) for cell in cells if cell.strip())


def _n_filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _records(lines: Sequence[str], delimiter: str, most: int = 100) -> list[list[str]]:
    try:
        return [cells for _, cells in zip(range(most), csv.reader(lines, delimiter=delimiter), strict=False) if cells]
    except csv.Error:
        return []


def _score(lines: Sequence[str], delimiter: str) -> float:
    """Say how evenly a delimiter cuts the lines: share of records like the first, and more cells count more."""
    records = _records(lines, delimiter)
    if not records or len(records[0]) < 2:
        return 0.0
    width = len(records[0])
    alike = sum(len(cells) == width for cells in records) / len(records)
    names = _n_known(records[0])
    if alike < 0.7 and not names:
        return 0.0
    if len(records) == 1 and names < 1:
        return 0.0
    spaced = sum(cell.startswith(" ") for cells in records for cell in cells[1:])
    if not names and spaced * 2 > sum(len(cells) - 1 for cells in records):
        return 0.0  # commas of prose, with a space behind
    return alike * (1 + min(width, 20) / 100) + names


def _with_delimiter(delimiter: str, lines: Sequence[str]) -> Dialect | None:
    records = _records(lines, delimiter)
    return _of_records(delimiter, records) if records else None


def _of_records(delimiter: str, records: Sequence[Sequence[str]]) -> Dialect:
    has_header = _is_header(records)
    first = records[0] if has_header else [""] * max(len(cells) for cells in records)
    return Dialect(delimiter, column_names(first), has_header)


def _is_header(records: Sequence[Sequence[str]]) -> bool:
    first = [cell.strip() for cell in records[0]]
    if any(is_known(cell) or LEVEL.fullmatch(plain(cell)) for cell in first if cell):
        return True
    if not all(first) or len(set(first)) < len(first) or any(_is_number(cell) or len(cell) > 60 for cell in first):
        return False
    below = [cells for cells in records[1:] if len(cells) == len(first)]
    return any(below and all(_is_number(cells[n]) for cells in below) for n in range(len(first)))


def has_header(rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether the first of some rows names the columns of the others."""
    return bool(rows) and _is_header([["" if cell is None else str(cell) for cell in row] for row in rows])


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+$€]?\s?\d[\d.,\s]*[%€]?", cell.strip()))


def column_names(cells: Sequence[object]) -> tuple[str, ...]:
    """Give each column a name of its own: empty ones by number, repeated ones with a number behind."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = shown(str(cell).strip() if cell is not None else "")[:100] or f"column_{number}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)


def _one_column(lines: Sequence[str]) -> Dialect | None:
    """Take lines without a delimiter for products only if the first names the column or all look like short texts."""
    if len(lines) < 2:
        return None
    cells = [line.strip().strip('"').strip() for line in lines[:200]]
    if plain(cells[0]) in TEXT_NAMES:
        return Dialect(",", column_names(cells[:1]), has_header=True)
    short = sum(2 <= len(cell) <= 120 and any(c.isalpha() for c in cell) and not CODE.search(cell) for cell in cells)
    n_words = sum(len(cell.split()) for cell in cells)
    return Dialect("", ("text",), has_header=False) if short >= 0.95 * len(cells) >= n_words / 10 else None
