"""CSV, TSV and their relatives, with any delimiter, and plain lists with one product a line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.errors import UnreadableFile
from classifier.products.json_cursor import Flaw
from classifier.products.json_rows import Row
from classifier.products.mapping import KNOWN, TEXT_NAMES, plain
from classifier.products.product import Limits, shown

DELIMITERS = (",", ";", "\t", "|")
MAX_LINES = 200  # of one record: more than that is a quote that was never closed
FIELD_LENGTH = 1_000_000
MAX_OPEN_QUOTES = 50
LEVEL = re.compile(r"(nivel|level|lvl|category|categoria)_?\d{1,2}")  # columns of a path, from the top down
CODE = re.compile(r"[{}<>]|[;=]\s*$")

csv.field_size_limit(FIELD_LENGTH)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text is written; delimiter "" means one product a line without any quoting."""

    delimiter: str
    header: tuple[str, ...]  # names of the columns
    has_header: bool  # whether the first record is the header


def dialect_of(head: str, goes_on: bool) -> Dialect | None:
    """Recognise a delimited text by its first lines, None when it is none. goes_on: the head is cut somewhere."""
    lines = [line for line in io.StringIO(head, newline="") if line.strip()]
    lines = lines[:-1] if goes_on and len(lines) > 1 else lines
    if lines and (told := re.fullmatch(r"sep=(.)\s*", lines[0], re.IGNORECASE)):
        return _with_delimiter(told[1], lines[1:])  # Excel's own mark
    scored = [(score, d) for d in DELIMITERS if (score := _score(lines, d)) > 0]
    if scored:
        return _with_delimiter(max(scored, key=lambda pair: pair[0])[1], lines)
    return _one_column(lines)


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
    names = sum(plain(cell) in KNOWN for cell in records[0])
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
    if not records:
        return None
    has_header = _is_header(records)
    first = records[0] if has_header else [""] * max(len(cells) for cells in records)
    return Dialect(delimiter, column_names(first), has_header)


def _is_header(records: Sequence[Sequence[str]]) -> bool:
    first = [cell.strip() for cell in records[0]]
    if any(plain(cell) in KNOWN or LEVEL.fullmatch(plain(cell)) for cell in first if cell):
        return True
    if not all(first) or len(set(first)) < len(first) or any(_is_number(cell) or len(cell) > 60 for cell in first):
        return False
    below = [cells for cells in records[1:] if len(cells) == len(first)]
    return any(below and all(_is_number(cells[n]) for cells in below) for n in range(len(first)))


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


class Delimited:
    """Rows of a delimited text; n_wide counts rows with more cells than the header, n_quotes open quotes mended."""

    def __init__(self, dialect: Dialect, chunks: Iterator[str], limits: Limits) -> None:
        self.n_wide = self.n_quotes = 0
        self.dialect, self._limits = dialect, limits
        self._lines = _Lines(chunks)

    def rows(self) -> Iterator[Row]:
        """Yield each record that is not blank as an object of texts; raises UnreadableFile."""
        header, skip = self.dialect.header, self.dialect.has_header
        for number, cells in self._records():
            if isinstance(cells, Flaw):
                yield "line %d", number, cells
            elif any(cell and not cell.isspace() for cell in cells):
                if number == 1 and re.fullmatch(r"sep=.?", "".join(cells), re.IGNORECASE):
                    continue
                if skip:
                    skip = False
                else:
                    yield "line %d", number, self._named(cells, header)

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
            try:
                cells = next(reader)
            except StopIteration:
                if not lines.held:
                    return
                cells = None
            except csv.Error:
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
        return Flaw("holds a NUL character", shown(cells)) if any("\0" in cell for cell in cells) else cells

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
    if held:
        yield held
