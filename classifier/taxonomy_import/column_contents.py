"""What a column of a taxonomy table is, told by what it holds: codes, names, paths, the codes of others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.taxonomy_import.wording import plain_text

Rows = Sequence[Mapping[str, object]]
CODE = re.compile(r"(?=\S*\d)[\w./-]{1,24}")
MOST = 0.9  # share of a column's values that must be so


@dataclass(frozen=True, slots=True)
class Guess:
    """Which columns were recognised by their content."""

    identity: str | None = None
    label: str | None = None
    parent: str | None = None
    path: str | None = None
    levels: tuple[str, ...] = ()


def values_of(rows: Rows, name: str) -> list[str]:
    """Give the filled cells of a column."""
    return [text for row in rows if (text := plain_text(row.get(name)))]


def holds_paths(rows: Rows, name: str) -> bool:
    """Tell whether more than half of a column's cells are paths with spaces around their signs."""
    values = values_of(rows, name)
    return len(values) > 1 and sum(" > " in value for value in values) > len(values) / 2


def holds_names(rows: Rows, name: str) -> bool:
    """Tell whether a column holds words, not codes."""
    values = values_of(rows, name)
    return bool(values) and sum(bool(CODE.fullmatch(v)) or not any(map(str.isalpha, v)) for v in values) < len(
        values
    ) * (1 - MOST / 2)


def widening(rows: Rows, columns: Sequence[str]) -> tuple[str, ...]:
    """Put columns from the one with the fewest different values to the one with the most; the file's order on a tie."""
    n_different = {name: len(set(values_of(rows, name))) for name in columns}
    ordered = tuple(sorted(columns, key=lambda name: n_different[name]))
    backwards = tuple(reversed(columns))
    return backwards if ordered == backwards and len(set(n_different.values())) > 1 else tuple(columns)


def guessed(rows: Rows, identity: str | None = None, parent: str | None = None) -> Guess:
    """Recognise what the names of the columns do not tell; identity and parent are known by their names."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = next((name for name in names if holds_paths(rows, name)), None)
    words = [name for name in names if holds_names(rows, name) and name not in (identity, parent)]
    identity = identity or next((name for name in names if name not in words and _is_key(rows, name)), None)
    if path:
        return Guess(identity, path=path)
    if parent is None and identity:
        others = (name for name in names if name not in (identity, *words))
        parent = next((name for name in others if _points_at(rows, name, identity)), None)
    if not words:
        return Guess()
    if parent is None and len(words) > 1:
        by_name = next((n for n in words[1:] if _is_key(rows, words[0]) and _points_at(rows, n, words[0])), None)
        if by_name is None and _is_stepped(rows, words):
            return Guess(identity, levels=tuple(words))
        parent = by_name
    return Guess(identity, words[0], parent)


def _is_key(rows: Rows, name: str) -> bool:
    values = values_of(rows, name)
    return len(values) == len(rows) == len(set(values))


def _points_at(rows: Rows, name: str, key: str) -> bool:
    """Tell whether a column's cells are mostly keys of other rows."""
    keys, pointed = set(values_of(rows, key)), values_of(rows, name)
    return bool(pointed) and sum(value in keys for value in pointed) >= MOST * len(pointed)


def _is_stepped(rows: Rows, columns: Sequence[str]) -> bool:
    """Tell whether columns are steps of a path: the first repeats or leaves out what the row above said."""
    first = values_of(rows, columns[0])
    return len(rows) > 1 and len(set(first)) < len(rows) and bool(first)
