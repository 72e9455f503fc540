"""Several tables of one shape in one zip, read as one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import BinaryIO, Protocol, TypeVar

from classifier.errors import UnreadableFile
from classifier.products.json_rows import Row
from classifier.products.mapping import flat
from classifier.products.product import Problem, shown

N_COMPARED = 200  # rows of each table whose fields are compared
ALIKE = 0.8  # of the fields of two tables must be in both: products and their brands share a name and an id only
SOURCE = "source_file"
Given = TypeVar("Given")
Found = TypeVar("Found")


class Part(Protocol):
    """The reading of one table."""

    format: str

    def rows(self) -> Iterator[Row]:
        """Yield its rows."""

    def notes(self) -> Iterator[Problem]:
        """Yield what is to be known of it as a whole."""


class Archive:
    """The tables of an archive; format is the first one's once rows() was called."""

    def __init__(self, tables: Sequence[tuple[str, BinaryIO]], read: Callable[[BinaryIO], Part]) -> None:
        self.format = ""
        self._names = [shown(name)[:60] for name, _ in tables]
        self._parts = [_in(name, read, content) for name, (_, content) in zip(self._names, tables, strict=True)]

    def rows(self) -> Iterator[Row]:
        """Yield the rows of all tables, each with its file's name; raises UnreadableFile when their fields differ."""
        opened = [_in(name, _opened, part) for name, part in zip(self._names, self._parts, strict=True)]
        self.format = self._parts[0].format
        fields = [_fields(first) for first, _ in opened]
        if any(len(some & fields[0]) < ALIKE * len(some | fields[0]) for some in fields):
            listed = ", ".join(self._names[:5]) + (" ..." if len(self._names) > 5 else "")
            raise UnreadableFile(
                f"The archive holds {len(self._names):,} tables with different fields ({listed}); "
                "pack only those that are alike."
            )
        return chain.from_iterable(_named(name, chain(*some)) for name, some in zip(self._names, opened, strict=True))

    def notes(self) -> Iterator[Problem]:
        """Yield what is to be known of each table."""
        for name, part in zip(self._names, self._parts, strict=True):
            yield from (replace(note, place=name) for note in part.notes())


def _opened(part: Part) -> tuple[list[Row], Iterator[Row]]:
    rows = part.rows()
    return list(islice(rows, N_COMPARED)), rows


def _in(name: str, do: Callable[[Given], Found], given: Given) -> Found:
    try:
        return do(given)
    except UnreadableFile as error:
        raise UnreadableFile(f"The archive's file {name} cannot be used. {error}") from error


def _fields(rows: Sequence[Row]) -> set[str]:
    return {name for _, _, value in rows for name in (flat(value) if isinstance(value, dict) else ("text",))}


def _named(name: str, rows: Iterator[Row]) -> Iterator[Row]:
    before = f"{name} ".replace("%", "%%")
    for place, number, value in rows:
        told = {"text": value} if isinstance(value, str) else value
        yield before + place, number, {SOURCE: name, **told} if isinstance(told, dict) else told
