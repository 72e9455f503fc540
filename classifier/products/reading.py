"""What a file's content is, and its rows, whatever the file is called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from classifier.errors import BrokenSyntax, CutShort, UnreadableFile
from classifier.products.archive import Archive
from classifier.products.decoding import Decoded, encoding_of, tolerant
from classifier.products.delimited import Delimited
from classifier.products.dialect import Dialect, dialect_of
from classifier.products.json_cursor import Cursor, Flaw
from classifier.products.json_lists import opened
from classifier.products.json_rows import (
    SPACE_AROUND,
    Row,
    rows_in_sequence,
    rows_of_document,
    rows_of_lines,
    rows_until_cut,
    value_of_line,
)
from classifier.products.packed import ZIP, tables_in, unpacked
from classifier.products.product import Limits, Problem, Severity
from classifier.products.repair import MAX_LENGTH, repaired

HEAD = 1 << 16
FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "The file is an old Excel or Word document; save it as .xlsx or CSV."),
    (b"%PDF", "The file is a PDF document, not a table of products."),
    (b"SQLite format 3", "The file is an SQLite database; export the table as CSV or JSON."),
    (b"7z\xbc\xaf\x27\x1c", "The file is a 7z archive; pack it as .zip or .gz."),
    (b"Rar!", "The file is a RAR archive; pack it as .zip or .gz."),
)
SCRIPT = re.compile(r"(insert\s+into|create\s+table|drop\s+table|select)\s", re.IGNORECASE)
COMMENTED = re.compile(r"(?:#[^\n]*\n\s*|//[^\n]*\n\s*|/\*.*?\*/\s*)+[\[{]", re.DOTALL)
MARKUP = re.compile(r"<(!doctype|!--|html|head|body|\?xml|[a-z][\w:.-]*[\s/>])", re.IGNORECASE)


class Reading:
    """One reading of a seekable stream; `format` is known after rows() was called, notes() after the last row."""

    def __init__(self, stream: BinaryIO, limits: Limits, *, is_part: bool = False) -> None:
        """is_part: the stream is one table of an archive, unpacked."""
        self.format = ""
        self._limits = limits
        tables = [] if is_part else tables_in(stream, limits)
        self._archive = Archive(tables, lambda part: Reading(part, limits, is_part=True)) if tables else None
        self._stream = stream if is_part or tables else unpacked(stream, limits)
        self._decoded = Decoded(self._stream, limits)
        self._delimited: Delimited | None = None
        self._repair: str | None = None  # what was wrong with JSON that could be mended

    @property
    def has_tables(self) -> bool:
        """Whether the stream is an archive of several tables."""
        return self._archive is not None

    @property
    def dialect(self) -> Dialect | None:
        """How a delimited text is written; None for other formats."""
        return self._delimited.dialect if self._delimited else None

    def rows(self) -> Iterator[Row]:
        """Yield each row's place and value; raises UnreadableFile, at once when the content is nothing known."""
        if self._archive:
            rows, self.format = self._archive.rows(), self._archive.format
            return rows
        head = self._head()
        if head.startswith(ZIP):
            self.format = "XLSX"
            from classifier.products.spreadsheet import rows_of_workbook

            return rows_of_workbook(self._stream, self._limits)
        if head.startswith(b"PAR1"):
            self.format = "Parquet"
            from classifier.products.columnar import rows_of_parquet

            return rows_of_parquet(self._stream, self._limits)
        return self._rows_of_text(head)

    def notes(self) -> Iterator[Problem]:
        """Yield what the analyst should know about the file as a whole."""
        if self._archive:
            yield from self._archive.notes()
        if self._repair:
            yield _note(f"the JSON was nearly valid and was mended. {self._repair}")
        if n_mended := self._decoded.n_mended:
            yield _note(f"{n_mended:,} bytes are not UTF-8 and were read as Windows-1252")
        if self._delimited and self._delimited.n_wide:
            yield _note(
                f"{self._delimited.n_wide:,} rows have more cells than the header; the others are kept by number"
            )
        if self._delimited and (n_above := self._delimited.dialect.n_above):
            yield _note(f"{n_above:,} lines above the header were left out")
        if self._delimited and self._delimited.n_headers:
            yield _note(f"{self._delimited.n_headers:,} rows repeat the header and were left out")
        if self._delimited and self._delimited.n_quotes:
            yield _note(
                f"{self._delimited.n_quotes:,} quotes were opened and never closed; their lines were read as they are"
            )

    def _head(self) -> bytes:
        self._stream.seek(0)
        head = self._stream.read(HEAD)
        self._stream.seek(0)
        if not head:
            raise UnreadableFile("The file is empty.")
        for magic, sentence in FOREIGN:
            if head.startswith(magic):
                raise UnreadableFile(sentence)
        return head

    def _rows_of_text(self, head: bytes) -> Iterator[Row]:
        text, goes_on = _decoded_head(head), len(head) == HEAD
        start = text.lstrip()[:1]
        if not start:
            blank = "starts with too much" if goes_on else "holds only"
            raise UnreadableFile(f"The file {blank} blank space.")
        if start in "[{#/" or (start == '"' and text.lstrip()[1:2] != '"'):
            if _are_lines(text, goes_on, self._limits):
                return self._rows_of_lines()
            if start in "[{" or COMMENTED.match(text.lstrip()):
                return self._rows_of_json(text)
        if MARKUP.match(text.lstrip()):
            raise UnreadableFile("The file is a web page or XML, not a table of products.")
        if SCRIPT.match(text.lstrip()):
            raise UnreadableFile("The file is a database script (SQL); export the table as CSV or JSON.")
        if "\n{" in text and _are_lines(text, goes_on, self._limits):
            return self._rows_of_lines()  # below a line or two that are none
        if _is_value(text, goes_on):
            raise UnreadableFile("The file holds a single value, not a list of products.")
        if dialect := dialect_of(text, goes_on):
            self.format = {"\t": "TSV", "": "lines of text"}.get(dialect.delimiter, "CSV")
            self._delimited = Delimited(dialect, self._chunks(), self._limits)
            return self._delimited.rows()
        raise UnreadableFile(
            "The file is no JSON, Excel or Parquet, and read as text nothing in it looks like products."
        )

    def _rows_of_lines(self) -> Iterator[Row]:
        self.format = "JSON Lines"
        return opened(rows_of_lines(self._chunks(), self._limits))

    def _rows_of_json(self, text: str) -> Iterator[Row]:
        self.format = "JSON"
        if self._several_values(text):
            return opened(rows_until_cut(rows_in_sequence(self._cursor())))
        return opened(rows_until_cut(self._rows_of_document()))

    def _rows_of_document(self) -> Iterator[Row]:
        if not self._is_small():
            return rows_of_document(self._cursor)
        try:
            for _ in rows_of_document(self._cursor):
                pass
        except BrokenSyntax as error:
            whole = "".join(self._chunks())
            sound = repaired(whole)
            if sound is None and isinstance(error, CutShort):
                return rows_of_document(self._cursor)  # as far as it goes
            if sound is None:
                raise
            self._repair = str(error)
            return rows_of_document(lambda: Cursor(iter((sound,)), self._limits))
        return rows_of_document(self._cursor)

    def _is_small(self) -> bool:
        self._stream.seek(0)
        return len(self._stream.read(MAX_LENGTH + 1)) <= MAX_LENGTH

    def _chunks(self) -> Iterator[str]:
        self._stream.seek(0)
        self._decoded = Decoded(self._stream, self._limits)
        return self._decoded.chunks()

    def _cursor(self) -> Cursor:
        return Cursor(self._chunks(), self._limits)

    def _several_values(self, text: str) -> bool:
        cursor = Cursor(iter((text,)), self._limits)
        try:
            cursor.value()
            return cursor.peek() in ("{", "[", ",")
        except UnreadableFile:
            return False


def _is_value(text: str, goes_on: bool) -> bool:
    """Tell whether a short text is one JSON value that is neither list nor object."""
    try:
        return not goes_on and not isinstance(json.loads(text), list | dict)
    except ValueError:
        return False


def _note(reason: str) -> Problem:
    return Problem("file", reason.rstrip("."), "", Severity.NOTE)


def _decoded_head(head: bytes) -> str:
    encoding = encoding_of(head)
    text = tolerant(head)[0] if encoding == "utf-8" else head[: len(head) // 4 * 4].decode(encoding, "replace")
    return text.lstrip("\ufeff")


def _is_whole(line: str, limits: Limits) -> bool:
    return line[0] in '{["' and not isinstance(value_of_line(line, limits), Flaw)


def _are_lines(text: str, goes_on: bool, limits: Limits) -> bool:
    """Tell JSON Lines: most of the first lines are whole values, and the first of them does not open a document."""
    lines = text.split("\n")
    lines = lines[:-1] if goes_on and len(lines) > 1 else lines
    filled = [stripped for line in lines[:50] if (stripped := line.strip(SPACE_AROUND))]
    if len(filled) < 2 or filled[0] == "[" or filled[0].startswith("[{"):
        return False
    is_first_whole = _is_whole(filled[0], limits)
    n_whole = sum(_is_whole(line, limits) and (is_first_whole or line[-1] != ",") for line in filled)
    return n_whole * 2 > len(filled) or (is_first_whole and filled[0][0] == "{")
