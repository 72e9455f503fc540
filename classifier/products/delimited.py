"""CSV, TSV and their relatives, with any delimiter, and plain lists with one product a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from classifier.errors import UnreadableFile
from classifier.products.dialect import Dialect, column_names
from classifier.products.json_cursor import Flaw
from classifier.products.json_rows import Row
from classifier.products.product import Limits, shown

MAX_LINES = 200  # of one record: more than that is a quote that was never closed
FIELD_LENGTH = 1_000_000
MAX_OPEN_QUOTES = 50
END_OF_FILE = "\x1a"  # how DOS programs closed a text
RULE = re.compile(r"[\s:=+-]*-[\s:=+-]*")  # a line drawn under the header

csv.field_size_limit(FIELD_LENGTH)


class Delimited:
    """Rows of a delimited text.

    n_wide counts rows with more cells than the header, n_quotes open quotes mended, n_headers repeats of the header.
    """

    def __init__(self, dialect: Dialect, chunks: Iterator[str], limits: Limits) -> None:
        self.n_wide = self.n_quotes = self.n_headers = 0
        self.dialect, self._limits = dialect, limits
        self._lines = _Lines(chunks)

    def rows(self) -> Iterator[Row]:
        """Yield each record that is not blank as an object of texts; raises UnreadableFile."""
        header, above = self.dialect.header, self.dialect.n_above
        records = self._filled_records()
        if self.dialect.has_header:
            for number, _ in records:
                if number > above:
                    break
        is_next = self.dialect.has_header
        for number, cells in records:
            if isinstance(cells, Flaw):
                yield "line %d", number, cells
            elif is_next and RULE.fullmatch("".join(cells)):
                is_next = False
            elif cells[0].strip() == header[0] and self.dialect.has_header and column_names(cells) == header:
                self.n_headers += 1
            else:
                is_next = False
                yield "line %d", number, self._named(cells, header)

    def _filled_records(self) -> Iterator[tuple[int, list[str] | Flaw]]:
        for number, cells in self._records():
            if isinstance(cells, Flaw):
                yield number, cells
            elif "".join(cells).strip():
                if number == 1 and re.fullmatch(r"sep=.?", "".join(cells), re.IGNORECASE):
                    continue
                yield number, cells

    def _named(self, cells: list[str], header: tuple[str, ...]) -> dict[str, str]:
        if len(cells) <= len(header):
            return dict(zip(header, cells, strict=False))
        rest = {f"column_{n}": cell for n, cell in enumerate(cells[len(header) :], start=len(header) + 1) if cell}
        self.n_wide += bool(rest)
        return dict(zip(header, cells, strict=False)) | rest

    def _records(self) -> Iterator[tuple[int, list[str] | Flaw]]:
        """Yield the first line's number and the cells of each record; an open quote costs only its own line."""
        lines = self._lines
        if not self.dialect.delimiter:
            for line in lines:
                lines.begin()
                yield lines.number, self._sound([line.rstrip("\r\n")])
            return
        reader = self._reader()
        while True:
            lines.begin()
            first = lines.number + 1
            if not (line := next(lines, "")):
                return
            if '"' not in line:  # what the reader would make of it, in a third of its time
                yield first, self._sound(line.rstrip("\r\n").split(self.dialect.delimiter))
                continue
            lines.give_back_all()
            try:
                cells = next(reader)
            except (StopIteration, csv.Error):
                cells = None
            if cells is None or (len(lines.held) > 1 and not self._closed(lines.held)):
                yield first, self._unquoted()
                reader = self._reader()
            else:
                yield first, self._sound(cells)

    def _reader(self) -> Iterator[list[str]]:
        """Read on, without quoting at all when quotes were left open too often to mean anything."""
        if self.n_quotes < MAX_OPEN_QUOTES:
            return csv.reader(self._lines, delimiter=self.dialect.delimiter)
        return csv.reader(self._lines, delimiter=self.dialect.delimiter, quoting=csv.QUOTE_NONE)

    def _sound(self, cells: list[str]) -> list[str] | Flaw:
        return Flaw("holds a NUL character", shown(cells)) if "\0" in "".join(cells) else cells

    def _closed(self, held: list[str]) -> bool:
        """Tell whether a record over several lines is one: else its first quote was left open."""
        if len(held) > MAX_LINES:
            return False
        try:
            list(csv.reader(held, delimiter=self.dialect.delimiter, strict=True))
        except csv.Error as error:
            n_delimiters = len(self.dialect.header) - 1
            like_rows = sum(line.count(self.dialect.delimiter) >= n_delimiters for line in held[1:])
            return "unexpected end" not in str(error) and like_rows == 0
        return True

    def _unquoted(self) -> list[str] | Flaw:
        """Read the record's first line without quoting and give the others back."""
        line = self._lines.give_back_all_but_first().rstrip("\r\n")
        if len(line) > self._limits.row_length:
            return Flaw(f"longer than {self._limits.row_length:,} characters", shown(line))
        self.n_quotes += 1
        return self._sound([cell.strip('"') for cell in line.split(self.dialect.delimiter)])


class _Lines:
    """Lines of chunks of text, with those of the record at hand kept, so that they can be given back."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self.number = 0
        self.held: list[str] = []
        self._waiting: list[str] = []
        self._source = _split(chunks)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.held) > MAX_LINES:
            raise StopIteration
        line = self._waiting.pop() if self._waiting else next(self._source)
        self.number += 1
        self.held.append(line)
        return line

    def begin(self) -> None:
        """Start a new record."""
        self.held.clear()

    def give_back_all(self) -> None:
        """Let the record's lines come again."""
        self._waiting.extend(reversed(self.held))
        self.number -= len(self.held)
        self.held.clear()

    def give_back_all_but_first(self) -> str:
        """Return the record's first line; the others come again."""
        self._waiting.extend(reversed(self.held[1:]))
        self.number -= len(self.held) - 1
        return self.held[0]


def _split(chunks: Iterator[str]) -> Iterator[str]:
    """Split at line feeds, carriage returns or both; raises UnreadableFile for a line that never ends."""
    held = ""
    for chunk in chunks:
        lines = list(io.StringIO(held + chunk, newline=""))
        held = lines.pop() if lines else ""
        if len(held) > 8 * FIELD_LENGTH:
            raise UnreadableFile(f"A line is longer than {8 * FIELD_LENGTH:,} characters.")
        yield from lines
    if held := held.removesuffix(END_OF_FILE):
        yield held
