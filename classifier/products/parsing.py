"""The way from an uploaded file to its products: what the content is, which rows it has, which of them are products."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import BinaryIO

from classifier.errors import NoProducts, UnreadableFile
from classifier.products.acceptance import Acceptance
from classifier.products.decoding import Decoded, encoding_of, tolerant
from classifier.products.json_cursor import Cursor, Flaw
from classifier.products.json_rows import Row, rows_in_sequence, rows_of_document, rows_of_lines, value_of_line
from classifier.products.mapping import FieldMapping, guess_mapping
from classifier.products.product import Limits, Problem, Product, Severity

N_GUESS = 200  # rows that the mapping is guessed from
HEAD = 1 << 16
DEFAULT = Limits()


def parse(
    stream: BinaryIO, limits: Limits = DEFAULT, mapping: FieldMapping | None = None
) -> Iterator[Product | Problem]:
    """Yield the products and problems of a seekable stream, in the file's order, with memory that does not grow.

    The content decides what the file is, never its name. Every row gives exactly one Product or one Problem with
    severity REJECTED; problems of other severities come in addition. Raises UnreadableFile, with one sentence for the
    analyst, also after rows were yielded (a file that breaks off in the middle): import in one transaction and roll
    back. Raises NoProducts when the file is sound but no row can be used.
    """
    reading = Reading(stream, limits)
    rows = reading.rows()
    first = list(islice(rows, N_GUESS))
    if mapping is None:
        mapping = guess_mapping([value for _, _, value in first if isinstance(value, dict)])
    acceptance = Acceptance(mapping, limits)
    for place, number, value in chain(first, rows):
        if acceptance.n_rows >= limits.n_rows:
            raise UnreadableFile(f"The file has more than the limit of {limits.n_rows:,} rows.")
        yield from acceptance.row(place, number, value)
    yield from reading.notes()
    if not acceptance.n_accepted:
        raise NoProducts(_nothing(acceptance.n_rows))


def _nothing(n_rows: int) -> str:
    if not n_rows:
        return "The file holds no products: its list is empty."
    return (
        f"None of the {n_rows:,} rows has a text to classify."
        if n_rows > 1
        else "The only row has no text to classify."
    )


class Reading:
    """One reading of a file's rows; afterwards, what had to be mended on the way."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._stream, self._limits = stream, limits
        self._decoded = Decoded(stream, limits)

    def rows(self) -> Iterator[Row]:
        """Yield each row's place and value; raises UnreadableFile."""
        self._stream.seek(0)
        head = self._stream.read(HEAD)
        if not head:
            raise UnreadableFile("The file is empty.")
        text = _decoded_head(head)
        start = text.lstrip()[:1]
        if not start:
            raise UnreadableFile("The file holds only blank space.")
        if _are_lines(text, len(head) == HEAD, self._limits):
            return rows_of_lines(self._chunks(), self._limits)
        if start == "{" and self._several_values(text):
            return rows_in_sequence(self._cursor())
        if start in "[{":
            return rows_of_document(self._cursor)
        raise UnreadableFile("The file is neither JSON nor JSON Lines: it starts with other text.")

    def notes(self) -> Iterator[Problem]:
        """Yield what the analyst should know about the file as a whole."""
        if n_mended := self._decoded.n_mended:
            reason = f"{n_mended:,} bytes are not UTF-8 and were read as Windows-1252"
            yield Problem("file", reason, "", Severity.NOTE)

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
            return cursor.peek() == "{"
        except UnreadableFile:
            return False


def _decoded_head(head: bytes) -> str:
    encoding = encoding_of(head)
    text = tolerant(head)[0] if encoding == "utf-8" else head[: len(head) // 4 * 4].decode(encoding, "replace")
    return text.lstrip("\ufeff")


def _are_lines(text: str, goes_on: bool, limits: Limits) -> bool:
    """Tell JSON Lines: most of the first lines are whole values, and the first of them does not open a document."""
    lines = text.split("\n")
    lines = lines[:-1] if goes_on and len(lines) > 1 else lines
    filled = [stripped for line in lines[:50] if (stripped := line.strip(" \t\r\x1e"))]
    if len(filled) < 2 or filled[0] == "[" or filled[0].startswith("[{"):
        return False
    whole = [line for line in filled if line[0] in '{["' and not isinstance(value_of_line(line, limits), Flaw)]
    return len(whole) * 2 > len(filled) or (filled[0] in whole and filled[0][0] == "{")
