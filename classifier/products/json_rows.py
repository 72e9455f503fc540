"""Rows of a JSON document: a list of them, one list inside an object, JSON Lines, or values one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from classifier.errors import CutShort, NoProducts, UnreadableFile
from classifier.products.field_names import TEXT_NAMES, plain
from classifier.products.json_blocks import objects_of_lines
from classifier.products.json_cursor import Cursor, Flaw
from classifier.products.json_tables import Table, rows_of_table
from classifier.products.product import Limits, shown

Row = tuple[str, int, object]  # how to write the place, the number in it, the value or its Flaw
Open = Callable[[], Cursor]
LIST_NAMES = (
    "products",
    "productos",
    "items",
    "data",
    "results",
    "rows",
    "records",
    "queries",
    "articulos",
    "artículos",
)
MAX_LISTS = 20
LINES_AT_ONCE = 50
MAX_PATH = 8
SPACE_AROUND = " \t\r\n\ufeff\x1e"  # of a line: record separators (RFC 7464) and stray byte order marks too
FAULT_NAMES = {"error", "errors", "message", "detail", "code", "status", "statuscode", "title", "type"}


def rows_of_list(cursor: Cursor, prefix: str = "") -> Iterator[Row]:
    """Yield the values of the list that the cursor is at, with their JSON paths."""
    place = prefix.replace("%", "%%") + "[%d]"
    cursor.take("[")
    if cursor.peek() == "]":
        cursor.take("]")
        return
    number = 0
    while True:
        while found := cursor.objects():
            for value in found:
                yield place, number, value
                number += 1
        yield place, number, cursor.value()
        number += 1
        if cursor.take(",", "]") == "]":
            return


def rows_of_document(reopen: Open) -> Iterator[Row]:
    """Yield the rows of one JSON value, a list or an object with one list of rows inside.

    An object without a list called "products" is read twice: first to see all its lists, then for the rows.
    Raises UnreadableFile when the syntax is wrong or several lists could be the products.
    """
    cursor = reopen()
    if cursor.peek() == "[":
        yield from rows_of_list(cursor)
        _nothing_follows(cursor)
        return
    if name := _enter_products(cursor):
        yield from rows_of_list(cursor, name)
        _leave_products(cursor, name)
        _nothing_follows(cursor)
        return
    if (table := _table(reopen())) is not None:
        yield from (("row %d", number, row) for number, row in enumerate(table, start=1))
        return
    outline, cursor = Outline(), reopen()
    with suppress(CutShort):
        outline.read(cursor)
    _nothing_follows(cursor)
    path = outline.choose()
    cursor = reopen()
    if path is None:
        yield "the only object%.0d", 0, cursor.value()
        return
    _go_to(cursor, path)
    yield from rows_of_list(cursor, ".".join(path))


def _table(cursor: Cursor) -> Table | None:
    """Read a small object as a whole and return the rows of the table that it is."""
    try:
        told = cursor.value()
    except UnreadableFile:
        return None
    return rows_of_table(told) if isinstance(told, dict) else None


def rows_until_cut(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows; where the file breaks off after whole ones, what was begun is a Flaw in its place."""
    place, number = "", 0
    try:
        for place, number, value in rows:
            yield place, number, value
    except CutShort as cut:
        if not place:
            raise
        yield place, number + 1, Flaw(f"the file breaks off here: {_where(cut)}", "")


def _where(cut: CutShort) -> str:
    return str(cut).rpartition("(")[2].rstrip(").")


def rows_in_sequence(cursor: Cursor) -> Iterator[Row]:
    """Yield values that follow each other with nothing but space, or a comma, between them."""
    number = 1
    while cursor.peek():
        if number > 1 and cursor.peek() == ",":
            cursor.take(",")
            if not cursor.peek():
                return
        yield "object %d", number, cursor.value()
        number += 1


def rows_of_lines(chunks: Iterator[str], limits: Limits) -> Iterator[Row]:
    """Yield the value of each line that is not blank; a line that is not JSON is a Flaw and the next one is read."""
    numbered = enumerate(lines_of(chunks, limits.row_length), start=1)
    filled = ((number, text) for number, line in numbered if (text := line.strip(SPACE_AROUND)))
    while some := list(islice(filled, LINES_AT_ONCE)):
        values = objects_of_lines([text for _, text in some], limits)
        for at, (number, text) in enumerate(some):
            yield "line %d", number, value_of_line(text, limits) if values is None else values[at]


def lines_of(chunks: Iterator[str], longest: int) -> Iterator[str]:
    """Split chunks at line feeds; of a line over `longest` characters only a little more than that is kept."""
    held = ""
    for chunk in chunks:
        lines = chunk.split("\n")
        lines[0] = held + lines[0]
        held = lines.pop()
        held = held if len(held) <= longest + 1 else held[: longest + 1]
        yield from lines
    if held:
        yield held


def value_of_line(text: str, limits: Limits) -> object:
    """Read one line of JSON, or say what is wrong with it."""
    if len(text) > limits.row_length:
        return Flaw(f"longer than {limits.row_length:,} characters", shown(text))
    cursor = Cursor(iter((text,)), limits)
    try:
        value = cursor.value()
        is_of_a_list = text[0] != '"' and text[cursor.place :] == ","  # lines that were cut out of a list
        if cursor.peek() and not is_of_a_list:
            return Flaw("something follows the JSON value", shown(text))
    except UnreadableFile as error:
        return Flaw(_inside(str(error)), shown(text))
    return value


def _inside(sentence: str) -> str:
    """Turn the sentence about a file into the reason for one of its lines."""
    what = sentence.removeprefix("The file is not valid JSON: ").replace("the file ends", "it ends")
    return "not valid JSON: " + what.replace("(line 1, ", "(").rstrip(".")


def _nothing_follows(cursor: Cursor) -> None:
    if cursor.peek():
        cursor.fail_here("something follows the end of its list or object")


@dataclass(slots=True)
class Outline:
    """The lists and plain values of an object, found without keeping any list."""

    lists: dict[tuple[str, ...], int] = field(default_factory=dict)  # path -> rows that are objects or texts
    n_objects: dict[tuple[str, ...], int] = field(default_factory=dict)  # path -> rows that are objects
    n_values: dict[tuple[str, ...], int] = field(default_factory=dict)  # path -> all rows
    names: set[str] = field(default_factory=set)  # keys of the outer object
    texts: set[str] = field(default_factory=set)  # keys of the outer object that hold a text

    def read(self, cursor: Cursor, path: tuple[str, ...] = ()) -> None:
        """Walk an object; raises UnreadableFile on wrong syntax or when a key comes twice."""
        seen: set[str] = set()
        cursor.take("{")
        if cursor.peek() == "}":
            cursor.take("}")
            return
        while True:
            name = _key(cursor)
            if name in seen and cursor.peek() in "[{":
                raise UnreadableFile(f"The key {shown(name)!r} appears twice in the same object.")
            seen.add(name)
            if not path:
                self.names.add(name.lower())
            self._member(cursor, (*path, name))
            if cursor.take(",", "}") == "}":
                return

    def _member(self, cursor: Cursor, path: tuple[str, ...]) -> None:
        start = cursor.peek()
        if start == "{" and len(path) < MAX_PATH:
            self.read(cursor, path)
        elif start == "[" and len(self.lists) < MAX_LISTS:
            self.lists[path] = self.n_values[path] = self.n_objects[path] = 0
            for _, _, value in rows_of_list(cursor):
                self.n_values[path] += 1
                self.lists[path] += isinstance(value, dict | str | list | Flaw)
                self.n_objects[path] += isinstance(value, dict)
        elif isinstance(cursor.value(), str) and len(path) == 1:
            self.texts.add(path[0])

    def choose(self) -> tuple[str, ...] | None:
        """Return the path of the list of products, None when the object itself is the only product.

        Raises NoProducts when there is no list with rows, UnreadableFile when more than one could be meant.
        """
        named = [path for path in self.lists if path[-1].lower() in LIST_NAMES]
        for name in LIST_NAMES:
            best = [path for path in named if path[-1].lower() == name and self.n_values[path]]
            if len(best) == 1:
                return best[0]
        filled = [path for path, n_rows in self.lists.items() if n_rows]
        is_named = any(plain(name) in TEXT_NAMES for name in self.texts)
        of_objects = [path for path in filled if self.n_objects[path]]
        if not is_named and len(of_objects) == 1:
            return of_objects[0]
        if self.texts and not any(len(path) == 1 and path in named for path in filled):
            if self.names <= FAULT_NAMES and self.names & {"error", "errors", "message", "detail"}:
                raise NoProducts("The file holds no products: it is a program's error message.")
            return None
        if len(filled) == 1:
            return filled[0]
        if filled:
            names = ", ".join(shown(".".join(path)) for path in filled[:5])
            raise UnreadableFile(f"The object holds several lists ({names}) and none is called 'products'.")
        raise NoProducts("The file holds no products: " + ("its list is empty." if self.lists else "no list is in it."))


def _key(cursor: Cursor) -> str:
    if cursor.peek() != '"':
        cursor.fail_here("a key in double quotes is missing")
    name = cursor.value()
    cursor.take(":")
    return name if isinstance(name, str) else json.dumps(str(name))


def _enter_products(cursor: Cursor) -> str | None:
    """Move an outer object's cursor to its list called "products"; None, and the object is read, when it has none."""
    cursor.take("{")
    if cursor.peek() == "}":
        return None
    while True:
        name = _key(cursor)
        if name.lower() in ("products", "productos") and cursor.peek() == "[":
            return name
        cursor.value()
        if cursor.take(",", "}") == "}":
            return None


def _leave_products(cursor: Cursor, name: str) -> None:
    while cursor.take(",", "}") == ",":
        if _key(cursor) == name:
            raise UnreadableFile(f"The key {shown(name)!r} appears twice in the same object.")
        cursor.value()


def _go_to(cursor: Cursor, path: tuple[str, ...]) -> None:
    """Move the cursor to the start of the list at path, in an object that Outline has read."""
    for wanted in path:
        cursor.take("{")
        while _key(cursor) != wanted:
            cursor.value()
            cursor.take(",")
