"""Rows of a JSON document: a list of them, one list inside an object, JSON Lines, or values one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from classifier.errors import NoProducts, UnreadableFile
from classifier.products.json_cursor import Cursor, Flaw
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
MAX_PATH = 8


def rows_of_list(cursor: Cursor, prefix: str = "") -> Iterator[Row]:
    """Yield the values of the list that the cursor is at, with their JSON paths."""
    place = prefix.replace("%", "%%") + "[%d]"
    cursor.take("[")
    if cursor.peek() == "]":
        cursor.take("]")
        return
    number = 0
    while True:
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
    outline, cursor = Outline(), reopen()
    outline.read(cursor)
    _nothing_follows(cursor)
    path = outline.choose()
    cursor = reopen()
    if path is None:
        yield "the only object%.0d", 0, cursor.value()
        return
    _go_to(cursor, path)
    yield from rows_of_list(cursor, ".".join(path))


def rows_in_sequence(cursor: Cursor) -> Iterator[Row]:
    """Yield values that follow each other with nothing but space between them."""
    number = 1
    while cursor.peek():
        yield "object %d", number, cursor.value()
        number += 1


def rows_of_lines(chunks: Iterator[str], limits: Limits) -> Iterator[Row]:
    """Yield the value of each line that is not blank; a line that is not JSON is a Flaw and the next one is read."""
    for number, line in enumerate(lines_of(chunks, limits.row_length), start=1):
        text = line.strip(" \t\r\n\ufeff\x1e")
        if text:
            yield "line %d", number, value_of_line(text, limits)


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
        if cursor.peek():
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
        raise UnreadableFile("The file is not valid JSON: something follows the end of its list or object.")


@dataclass(slots=True)
class Outline:
    """The lists and plain values of an object, found without keeping any list."""

    lists: dict[tuple[str, ...], int] = field(default_factory=dict)  # path -> rows that are objects or texts
    n_values: dict[tuple[str, ...], int] = field(default_factory=dict)  # path -> all rows
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
            self._member(cursor, (*path, name))
            if cursor.take(",", "}") == "}":
                return

    def _member(self, cursor: Cursor, path: tuple[str, ...]) -> None:
        start = cursor.peek()
        if start == "{" and len(path) < MAX_PATH:
            self.read(cursor, path)
        elif start == "[" and len(self.lists) < MAX_LISTS:
            n_values = n_rows = 0
            for _, _, value in rows_of_list(cursor):
                n_values += 1
                n_rows += isinstance(value, dict | str | Flaw)
            self.lists[path], self.n_values[path] = n_rows, n_values
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
        if self.texts and not any(len(path) == 1 and path in named for path in filled):
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
