"""Which fields of a row are the text, the id, the expected category and the language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.products.field_names import (
    EXPECTED_NAMES,
    ID_NAMES,
    LANGUAGE_NAMES,
    TEXT_NAMES,
    is_known,
    ranked,
)

WORD = re.compile(r"[^\W\d_]{3}")
ADDRESS = re.compile(
    r"[\s\"']*(?:https?://\S+|www\.\S+|[^\s@]+@[^\s@]+\.\w+|/?(?:[^\s/]+/){3,}[^\s/]*)\s*"
)  # or a long path
NO_LABELS = (True, False, "true", "false", "True", "False", "TRUE", "FALSE", None, "")
MAX_FLAT = 5_000
FEW = 10


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Names of fields, dotted where nested ("product.name"). Several text fields are joined with a space.

    guessed: a row without any of the text fields may give its text by another well-known name.
    """

    text: tuple[str, ...] = ()
    product_id: str | None = None
    expected: str | None = None
    language: str | None = None
    guessed: bool = False


def flat(row: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Give the plain values of a row by dotted name; lists stay values."""
    found: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value and prefix.count(".") < 4:
            found.update(flat(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value
        if len(found) > MAX_FLAT:
            break
    return found


def lookup(row: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field by its name or dotted path, None when it is not there."""
    if name in row:
        return row[name]
    head, dot, rest = name.partition(".")
    while dot:
        inner = row.get(head)
        if isinstance(inner, dict) and (found := lookup(inner, rest)) is not None:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


def guess_mapping(rows: Sequence[Mapping[str, object]], by_name_only: bool = False) -> FieldMapping:
    """Guess from names first and, unless by_name_only, from values; `rows` are the first few hundred."""
    columns = _columns(rows)
    worded = {name for name, values in columns.items() if _is_worded(values)}
    texts = {name for name, values in columns.items() if any(isinstance(v, str) and v.strip() for v in values)}
    blank = {name for name, values in columns.items() if all(v is None or isinstance(v, str) for v in values)}
    text = next((name for some in (worded, texts, blank) if (name := _best(columns, TEXT_NAMES, some))), None)
    if not text and not by_name_only:
        free = {name for name in texts if not is_known(name)}
        text = _wordiest(columns, free & worded) or _wordiest(columns, worded) or _wordiest(columns, texts)
    taken = {text}
    product_id = _best(columns, ID_NAMES, {n for n in columns if n not in taken and _scalar(columns[n])})
    taken.add(product_id)
    labels = {
        n for n, values in columns.items() if not values or any(value not in NO_LABELS for value in _plain(values))
    }
    expected = _best(columns, EXPECTED_NAMES, labels - taken)
    taken.add(expected)
    language = _best(columns, LANGUAGE_NAMES, worded - taken)
    return FieldMapping((text,) if text else (), product_id, expected, language, guessed=True)


def _columns(rows: Iterable[Mapping[str, object]]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {}
    for row in rows:
        for name, value in flat(row).items():
            columns.setdefault(name, []).append(value)
    return columns


def _best(columns: Mapping[str, object], names: Sequence[str], allowed: Iterable[str | None]) -> str | None:
    """Return the allowed column whose name, or last part of its path, stands first in names."""
    wanted = set(allowed)
    found: list[tuple[int, int, str]] = []
    for column in columns:
        if column in wanted:
            parts = (column, column.rsplit(".", 1)[-1], column.split(".", 1)[0])
            ranks = [r + 1000 * n for n, part in enumerate(parts) if (r := ranked(part, names)) is not None]
            if ranks:
                found.append((min(ranks), len(found), column))
    return min(found)[2] if found else None


def _is_worded(values: Sequence[object]) -> bool:
    """Tell whether at least half of the values that are there hold a word of three letters."""
    filled = [value for value in values if value not in (None, "")]
    worded = sum(
        isinstance(value, str) and bool(WORD.search(value)) and not ADDRESS.fullmatch(value) for value in filled
    )
    return worded > 0 and worded * 2 >= len(filled)


def _plain(values: Sequence[object]) -> Iterator[object]:
    return (value if isinstance(value, str | int | float | None) else str(value) for value in values)


def _scalar(values: Sequence[object]) -> bool:
    return any(isinstance(value, str | int | float) and not isinstance(value, bool) for value in values)


def _wordiest(columns: Mapping[str, Sequence[object]], worded: Iterable[str]) -> str | None:
    """Return the column with the most letters in distinct texts: with no known name, that is the product's text."""

    def letters(name: str) -> float:
        texts = {value for value in columns[name] if isinstance(value, str)}
        return sum(sum(c.isalpha() for c in text[:100]) for text in texts)

    scored = sorted(((letters(name), name) for name in worded if not _is_constant(columns[name])), reverse=True)
    return scored[0][1] if scored and scored[0][0] > 0 else None


def _is_constant(values: Sequence[object]) -> bool:
    """Tell whether many rows hold one and the same value: a country or a source, but no product."""
    return len(values) > FEW and all(value == values[0] for value in values)
