"""The analyst's own workbook with columns added: every sheet and cell value as it was, without formats and formulas."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl  # type: ignore[import-untyped]
import xlsxwriter  # type: ignore[import-untyped]

from classifier.exports.own_rows import NAMES, OwnRow
from classifier.exports.table import PIECE_BYTES
from classifier.exports.workbook import OPTIONS, clean
from classifier.products.product import shown

DATES = {"default_date_format": "yyyy-mm-dd hh:mm:ss"}


def stream_own_workbook(content: BinaryIO, rows: Iterator[OwnRow]) -> Iterator[bytes]:
    """Yield the workbook with the added cells to the right of each sheet's own; it is read in step with the rows."""
    with tempfile.TemporaryDirectory(prefix="anaquel-xlsx-") as folder:
        path = Path(folder) / "own.xlsx"
        target = xlsxwriter.Workbook(str(path), OPTIONS | DATES | {"tmpdir": folder})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            widths = _widths(content)
            content.seek(0)
            book = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
            left = _Left(rows)
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                _copy(sheet, target.add_worksheet(sheet.title), widths[sheet.title], left)
        target.close()
        with path.open("rb") as source:
            while piece := source.read(4 * PIECE_BYTES):
                yield piece


class _Left:
    """The rows that have not been written yet; only the first one is looked at."""

    def __init__(self, rows: Iterator[OwnRow]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take(self, title: str, number: int) -> Sequence[Any] | None:
        """Return the cells to be added to a sheet's row, None when it is no row of products."""
        at = self._next
        if at is None or at[1] != number or at[0].replace("%%", "%") != f"sheet {shown(title)} row %d":
            return None
        self._next = next(self._rows, None)
        return at[3]


def _copy(sheet: Any, target: Any, width: int, left: _Left) -> None:
    """Copy a sheet; the added columns are named in the last filled row above the first product."""
    held: list[tuple[int, Sequence[Any]]] = []  # the last filled row and the blank ones below it
    is_named = False
    for number, cells in enumerate(sheet.iter_rows(values_only=True)):
        added = left.take(sheet.title, number + 1)
        if added is not None or any(cell is not None for cell in cells):
            names = () if is_named or added is None else NAMES
            is_named = is_named or added is not None
            for n, (at, above) in enumerate(held):
                _write_row(target, at, above, width, names if n == 0 else ())
            held = []
        if added is None:
            held.append((number, cells))
        else:
            _write_row(target, number, cells, width, added)
    for at, above in held:
        _write_row(target, at, above, width, ())


def _write_row(target: Any, row: int, cells: Sequence[Any], width: int, added: Sequence[Any]) -> None:
    for at, value in enumerate((*cells, *[None] * (width - len(cells)), *added)):
        if isinstance(value, str):
            target.write_string(row, at, clean(value))
        elif value is not None:
            target.write(row, at, value)


def _widths(content: BinaryIO) -> dict[str, int]:
    """Return how many columns each sheet really has."""
    content.seek(0)
    book = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
    found = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        found[sheet.title] = max((len(cells) for cells in sheet.iter_rows(values_only=True)), default=0)
    return found
