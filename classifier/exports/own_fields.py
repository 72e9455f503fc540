"""The analyst's own fields of a job's products: their names, in the order in which they appear, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifier.exports.table import Column, Kind

MAX_FIELDS = 400  # columns of their own; the rest stand together as JSON
REST = "anaquel_metadata"
PAGE_ROWS = 20_000
_KINDS: Mapping[type, Kind] = {str: Kind.TEXT, bool: Kind.BOOLEAN, int: Kind.INTEGER, float: Kind.REAL}


@dataclass(frozen=True)
class OwnFields:
    """names as the products have them; columns as they are called in the table, where a taken name gets "file:"."""

    names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    has_rest: bool = False
    _known: frozenset[str] = field(default=frozenset(), repr=False)

    def cells(self, extra: Mapping[str, Any] | None) -> list[Any]:
        """Give a product's values in the order of the columns."""
        if not extra:
            return [None] * len(self.columns)
        found = [extra.get(name) for name in self.names]
        if self.has_rest:
            found.append({name: value for name, value in extra.items() if name not in self._known} or None)
        return found


def own_fields(extras: Iterable[Mapping[str, Any] | None], taken: Sequence[str]) -> OwnFields:
    """Look at all products' fields; memory grows with the number of names only."""
    kinds: dict[str, Kind | None] = {}
    has_rest = False
    for extra in extras:
        for name, value in (extra or {}).items():
            known = kinds.get(name)
            if known is Kind.OPEN or (value is None and name in kinds):
                continue
            if name not in kinds and len(kinds) >= MAX_FIELDS:
                has_rest = True
                continue
            kinds[name] = _joined(known, value)
    told = dict(kinds) | ({REST: Kind.OPEN} if has_rest else {})
    used = {*taken, *told}
    columns = tuple(Column(_free(name, taken, used), kind or Kind.TEXT, foreign=True) for name, kind in told.items())
    return OwnFields(tuple(kinds), columns, has_rest, frozenset(kinds))


def _joined(known: Kind | None, value: Any) -> Kind | None:
    kind = None if value is None else _KINDS.get(type(value), Kind.OPEN)
    if known is None or kind is None or known == kind:
        return kind if known is None else known
    return Kind.REAL if {known, kind} == {Kind.INTEGER, Kind.REAL} else Kind.OPEN


def _free(name: str, taken: Sequence[str], used: set[str]) -> str:
    if name not in taken:
        return name
    free = f"file:{name}"
    while free in used:
        free = f"file:{free}"
    used.add(free)
    return free
