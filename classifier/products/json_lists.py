"""Rows that JSON wraps once more: lists under a row of names, lists of lists, pages with a list of products each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from classifier.products.dialect import column_names, has_header
from classifier.products.json_rows import Row
from classifier.products.mapping import guess_mapping

N_LOOKED_AT = 100


def opened(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows as objects or texts where the first of them show how; else as they are."""
    first = list(islice(rows, N_LOOKED_AT))
    every = chain(first, rows)
    values = [value for _, _, value in first]
    if values and isinstance(values[0], list):
        objects = [cell for cell in values[0] if isinstance(cell, dict)]
        if len(objects) == len(values[0]) and guess_mapping(objects, by_name_only=True).text:
            return _inner(every)
        if values[0] and not any(isinstance(cell, list | dict) for cell in values[0]):
            return _named(every, [value for value in values if isinstance(value, list)])
    if (key := _page_key(values)) is not None:
        return _pages(every, key)
    return every


def _named(rows: Iterator[Row], values: list[list[object]]) -> Iterator[Row]:
    headed = has_header(values)
    names = column_names(values[0] if headed else [None] * max(len(value) for value in values))
    for place, number, value in rows:
        if not isinstance(value, list):
            yield place, number, value
        elif headed:
            headed = False
        else:
            rest = {f"column_{n}": cell for n, cell in enumerate(value[len(names) :], start=len(names) + 1)}
            yield place, number, dict(zip(names, value, strict=False)) | rest


def _inner(rows: Iterator[Row]) -> Iterator[Row]:
    n_inner = 0
    for place, number, value in rows:
        if not isinstance(value, list):
            yield place, number, value
            continue
        for inner in value:
            yield "object %d of the inner lists", n_inner + 1, inner
            n_inner += 1


def _pages(rows: Iterator[Row], key: str) -> Iterator[Row]:
    def lists() -> Iterator[Row]:
        for place, number, value in rows:
            yield place, number, value[key] if isinstance(value, dict) and isinstance(value.get(key), list) else value

    return _inner(lists())


def _page_key(values: list[object]) -> str | None:
    """Name the one field that holds lists of objects, in rows that have no text of their own."""
    objects = [value for value in values if isinstance(value, dict)]
    if not objects or len(objects) < len(values) or guess_mapping(objects, by_name_only=True).text:
        return None
    lists = [(key, value) for row in objects for key, value in row.items() if isinstance(value, list) and value
             and all(isinstance(inner, dict) for inner in value)]  # fmt: skip
    inner = [row for _, value in lists for row in value]
    is_one = len({key for key, _ in lists}) == 1
    return lists[0][0] if is_one and guess_mapping(inner, by_name_only=True).text else None
