"""A table as an Excel workbook, with sheets of figures behind it; written to disk in constant memory, then streamed.

Texts stay texts: no formula, no link, no number is made of them. https://xlsxwriter.readthedocs.io/workbook.html
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from classifier.exports.table import PIECE_BYTES, Column, Kind, Table, told

SHEET_ROWS = 1_048_576  # Excel's own limit, the header included
CELL_LENGTH = 32_767
ZIP64_ROWS = 500_000
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # not allowed in XML 1.0
WIDTHS = {Kind.TEXT: 22, Kind.MOMENT: 19}
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
           "nan_inf_to_errors": True, "remove_timezone": True}  # fmt: skip
Write = Callable[[int, int, Any], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """A small sheet: its title, its header, its rows; a float in a column called with % is a share."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]


def stream_workbook(table: Table, title: str, figures: Sequence[Figures] = (), sheet_rows: int = SHEET_ROWS,
                    piece_bytes: int = 4 * PIECE_BYTES) -> Iterator[bytes]:  # fmt: skip
    """Yield the file in pieces; the rows' sheet comes first and goes on in "title 2", "title 3" when it is full."""
    with tempfile.TemporaryDirectory(prefix="anaquel-xlsx-") as folder:
        path = Path(folder) / "result.xlsx"
        _write(path, table, title, figures, sheet_rows)
        with path.open("rb") as source:
            while piece := source.read(piece_bytes):
                yield piece


def _write(path: Path, table: Table, title: str, figures: Sequence[Figures], sheet_rows: int) -> None:
    book = xlsxwriter.Workbook(str(path), OPTIONS | {"tmpdir": str(path.parent)})
    bold = book.add_format({"bold": True, "bottom": 1})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    share = book.add_format({"num_format": "0.0%"})
    n_rows = _rows(book, table, title, bold, moment, sheet_rows)
    for sheet in figures:
        _figures(book, sheet, bold, share)
    if n_rows > ZIP64_ROWS:
        book.use_zip64()
    book.close()


def _rows(book: Any, table: Table, title: str, bold: Any, moment: Any, sheet_rows: int) -> int:
    n_sheets = n_rows = 0
    at, writers = sheet_rows, []
    for rows in table.pages():
        for row in rows:
            if at == sheet_rows:
                n_sheets += 1
                sheet = _sheet(book, title if n_sheets == 1 else f"{title} {n_sheets}", table.columns, bold)
                writers, at = [_writer(sheet, column, moment) for column in table.columns], 1
            for number, value in enumerate(row):
                if value is not None:
                    writers[number](at, number, value)
            at += 1
            n_rows += 1
    if not n_sheets:
        _sheet(book, title, table.columns, bold)
    return n_rows


def _sheet(book: Any, name: str, columns: Sequence[Column], bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    for number, column in enumerate(columns):
        sheet.set_column(number, number, WIDTHS.get(column.kind, 11))
    for number, column in enumerate(columns):
        sheet.write_string(0, number, clean(column.name), bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _writer(sheet: Any, column: Column, moment: Any) -> Write:
    """Choose how a column's cells are written: a text never becomes anything else."""
    string, number = sheet.write_string, sheet.write_number
    boolean, datetime = sheet.write_boolean, sheet.write_datetime

    def write(row: int, at: int, value: Any) -> None:
        if isinstance(value, bool):
            boolean(row, at, value)
        elif isinstance(value, int | float) and abs(value) < 1e15:
            number(row, at, value)
        elif isinstance(value, dt.datetime):
            datetime(row, at, value, moment)
        else:
            string(row, at, clean(told(value)))

    def text(row: int, at: int, value: Any) -> None:
        string(row, at, clean(value if isinstance(value, str) else told(value)))

    return text if column.kind in (Kind.TEXT, Kind.OPEN) else write


def clean(text: str) -> str:
    """Give a text that a cell can hold: no control character, no more than 32,767 characters."""
    if not text.isprintable():
        text = FORBIDDEN.sub("", text)
    return text[:CELL_LENGTH]


def _figures(book: Any, figures: Figures, bold: Any, share: Any) -> None:
    sheet = book.add_worksheet(figures.title)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, max(1, len(figures.header) - 1), 20)
    for number, name in enumerate(figures.header):
        sheet.write_string(0, number, name, bold)
    for at, row in enumerate(figures.rows, start=1):
        for number, value in enumerate(row):
            if isinstance(value, bool) or value is None:
                continue
            if isinstance(value, float) and "%" in figures.header[number]:
                sheet.write_number(at, number, value, share)
            elif isinstance(value, int | float):
                sheet.write_number(at, number, value)
            else:
                sheet.write_string(at, number, clean(told(value)))
    sheet.freeze_panes(1, 0)
