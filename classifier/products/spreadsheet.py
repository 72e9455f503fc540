"""XLSX workbooks: the rows of every sheet that has a header, as typed values."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from classifier.errors import UnreadableFile
from classifier.products.dialect import column_names
from classifier.products.field_names import is_known
from classifier.products.json_cursor import Flaw
from classifier.products.json_rows import Row
from classifier.products.product import Limits, shown

# ECMA-376: a carriage return, and a text that only looks like an escape (group 1)
ESCAPED = re.compile(r"_x005F(_x[0-9A-Fa-f]{4}_)|_x000D_")
MAX_ROWS = 1_048_576  # of a sheet, by Excel's own specification
FREE_BYTES, RATIO = 4_000_000, 100  # sheets pack well, but a small book never holds much more than this
HEADER_WITHIN = 30  # rows above the header: a title, a date, a logo's place


def rows_of_workbook(stream: BinaryIO, limits: Limits) -> Iterator[Row]:
    """Yield the rows of all sheets; raises UnreadableFile when it is no workbook or grows too large unpacked."""
    _check_size(stream, limits)
    import openpyxl  # type: ignore[import-untyped]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, nothing that is read here
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what the file says of its size is often wrong
                yield from _sheet(sheet.title, sheet.iter_rows(values_only=True))
            book.close()
    except UnreadableFile:
        raise
    except Exception as error:  # openpyxl raises anything on a damaged workbook
        raise UnreadableFile("The workbook is damaged or is no Excel file (.xlsx).") from error


def _check_size(stream: BinaryIO, limits: Limits) -> None:
    try:
        entries = zipfile.ZipFile(stream).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile("The workbook is damaged or cut short.") from error
    names = {entry.filename for entry in entries}
    if not any(name.startswith("xl/") for name in names):
        raise UnreadableFile("The file is a document or archive, but no Excel workbook (.xlsx).")
    n_bytes = sum(entry.file_size for entry in entries)
    n_packed = sum(entry.compress_size for entry in entries)
    most = min(limits.n_bytes * 2, FREE_BYTES + n_packed * RATIO)
    if n_bytes > most:
        raise UnreadableFile(f"The workbook grows to {n_bytes:,} bytes when unpacked, beyond the limit of {most:,}.")


def _sheet(title: str, rows: Iterator[Sequence[object]]) -> Iterator[Row]:
    """Yield a sheet's rows below its header; a sheet without one gives its columns by number."""
    place = f"sheet {shown(title)} row ".replace("%", "%%") + "%d"
    first: list[tuple[int, Sequence[object]]] = []
    numbered = _numbered(rows)
    for number, cells in numbered:
        if _filled(cells):
            first.append((number, cells))
        if number >= HEADER_WITHIN:
            break
    at = _header_at([cells for _, cells in first])
    names = column_names(first[at][1]) if at is not None else ()
    waiting = first[at + 1 :] if at is not None else first
    for group in (waiting, numbered):
        for number, cells in group:
            if at is not None and cells == first[at][1]:
                yield place, number, Flaw("repeats the header", shown(", ".join(names)))
            elif _filled(cells):
                yield place, number, _named(cells, names)


def _numbered(rows: Iterator[Sequence[object]]) -> Iterator[tuple[int, Sequence[object]]]:
    for number, cells in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise UnreadableFile(f"A sheet of the workbook has more than Excel's own limit of {MAX_ROWS:,} rows.")
        yield number, cells


def _filled(cells: Sequence[object]) -> bool:
    return any(cell is not None and cell != "" for cell in cells)


def _header_at(rows: Sequence[Sequence[object]]) -> int | None:
    for at, cells in enumerate(rows):
        if any(isinstance(cell, str) and is_known(cell) for cell in cells):
            return at
    widest = max((sum(cell is not None for cell in cells) for cells in rows), default=0)
    for at, cells in enumerate(rows):
        filled = [cell for cell in cells if cell is not None]
        if len(filled) == widest and len(rows) > at + 1:
            texts = all(isinstance(cell, str) and len(cell) <= 60 for cell in filled)
            return at if texts and widest > 1 and len(set(filled)) == len(filled) else None
    return None


def _named(cells: Sequence[object], names: tuple[str, ...]) -> dict[str, object]:
    named = {name: _value(cell) for name, cell in zip(names, cells, strict=False) if cell is not None}
    for number, cell in enumerate(cells[len(names) :], start=len(names) + 1):
        if cell is not None:
            named[f"column_{number}"] = _value(cell)
    return named


def _value(cell: object) -> object:
    if isinstance(cell, str):
        return ESCAPED.sub(lambda found: found[1] or "", cell) if "_x" in cell else cell
    if isinstance(cell, bool | int | float):
        return cell
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
