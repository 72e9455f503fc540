"""Tables that JSON writes in other ways than as a list: column by column, by id, names and rows apart, by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from classifier.products.field_names import EXPECTED_NAMES, ID_NAMES, TEXT_NAMES, plain
from classifier.products.mapping import WORD

MAX_LENGTH = 32_000_000  # characters: such a table has to stand in memory as a whole
MIN_GROUPS = 3  # two lists alike may be a before and an after
MAX_INNER = 20  # objects that are looked into
MAX_LEVELS = 3  # of objects around the table
Table = list[dict[str, object]]
HEADER_NAMES = ("columns", "header", "headers", "fields", "columnas", "cabecera")
ROWS_NAMES = ("data", "rows", "values", "records", "filas", "datos")


def rows_of_table(told: Mapping[str, object], levels: int = MAX_LEVELS) -> Table | None:
    """Return the rows of an object that is such a table, or has just one inside; None when it has none."""
    for read in READERS:
        if (rows := read(told)) is not None:
            return rows
    inner = [value for value in told.values() if isinstance(value, dict)][:MAX_INNER] if levels else []
    if len(inner) == 1:
        return rows_of_table(inner[0], levels - 1)
    tables = [rows for value in inner for read in NAMED if (rows := read(value)) is not None]
    return tables[0] if len(tables) == 1 else None


def _split(told: Mapping[str, object]) -> Table | None:
    """Read names and rows apart, as pandas' orient="split" writes them."""
    by_name = {plain(name): value for name, value in told.items()}
    heads = [value for name in HEADER_NAMES if isinstance(value := by_name.get(name), list)]
    rows = [value for name in ROWS_NAMES if isinstance(value := by_name.get(name), list)]
    if len(heads) != 1 or len(rows) != 1 or not all(isinstance(row, list) for row in rows[0]):
        return None
    names = [cell.get("name") if isinstance(cell, dict) else cell for cell in heads[0]]
    told_names = [name for name in names if isinstance(name, str)]
    return [dict(zip(told_names, row, strict=False)) for row in rows[0]] if len(told_names) == len(names) else None


def _columns(told: Mapping[str, object]) -> Table | None:
    """Read {"id": [...], "text": [...]}: lists of the same length under the names of columns."""
    lists = {name: value for name, value in told.items() if isinstance(value, list)}
    lengths = {len(value) for value in lists.values()}
    if len(lists) < 2 or len(lengths) != 1 or not _has_text_name(lists):
        return None
    if any(isinstance(cell, list | dict) for value in lists.values() for cell in value):
        return None
    return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]


def _columns_by_index(told: Mapping[str, object]) -> Table | None:
    """Read {"text": {"0": ...}}, as pandas writes by default."""
    columns = {name: value for name, value in told.items() if isinstance(value, dict) and value}
    if not columns or len(columns) < len(told) or not _has_text_name(columns):
        return None
    keys = list(next(iter(columns.values())))
    if all(_has_text_name(column) for column in columns.values()):
        return None  # objects under ids that happen to be called like a field
    if any(list(column) != keys for column in columns.values()):
        return None
    if any(isinstance(cell, list | dict) for column in columns.values() for cell in column.values()):
        return None
    return [{name: column[key] for name, column in columns.items()} for key in keys]


def _by_id(told: Mapping[str, object]) -> Table | None:
    """Read {"A-1": {"text": ...}}: objects alike under their ids."""
    objects = {name: value for name, value in told.items() if isinstance(value, dict)}
    if len(objects) < 2 or len(objects) < len(told):
        return None
    alike = [value for value in objects.values() if _has_text_name(value)]
    if len(alike) * 2 <= len(objects):
        return None
    has_id = any(plain(name) in ID_NAMES for name in alike[0])
    return [value if has_id else {"id": name, **value} for name, value in objects.items()]


def _by_group(told: Mapping[str, object]) -> Table | None:
    """Read {"Dairy": [{"name": ...}], "Bakery": [...]}: lists of objects alike under their groups."""
    lists = {name: value for name, value in told.items() if isinstance(value, list) and value}
    if len(lists) < MIN_GROUPS or len(lists) * 2 <= len(told):
        return None
    rows = [row for value in lists.values() for row in value]
    if not all(isinstance(row, dict) and _has_text_name(row) for row in rows):
        return None
    shapes = [{key for row in value for key in row} for value in lists.values()]
    if any(not shape & shapes[0] or len(shape ^ shapes[0]) > len(shape & shapes[0]) for shape in shapes):
        return None
    is_told = any(plain(key) in EXPECTED_NAMES for key in shapes[0])
    name = "group" if is_told else "category"
    return [{name: group, **row} for group, value in lists.items() for row in value]


def _pairs(told: Mapping[str, object]) -> Table | None:
    """Read {"A-1": "leche"} as ids and texts, {"leche entera": "0104"} as texts and categories."""
    if len(told) < 2 or not all(isinstance(value, str) for value in told.values()):
        return None
    if all(any(c.isdigit() for c in name) and " " not in name for name in told):
        return [{"id": name, "text": value} for name, value in told.items()]
    if all(WORD.search(name) for name in told) and sum(" " in name for name in told) * 2 > len(told):
        return [{"text": name, "expected": value} for name, value in told.items()]
    return None


def _single(told: Mapping[str, object]) -> Table | None:
    """Read {"products": {"text": ...}}: one product where a list of them was to be."""
    inner = list(told.values())
    if len(inner) == 1 and isinstance(inner[0], dict) and _has_text_name(inner[0]):
        return [inner[0]]
    return None


def _has_text_name(row: Mapping[str, object]) -> bool:
    return any(plain(name) in TEXT_NAMES and isinstance(value, str | list | dict) for name, value in row.items())


READERS: tuple[Callable[[Mapping[str, object]], Table | None], ...] = (
    _split, _columns, _columns_by_index, _by_id, _by_group, _pairs, _single,
)  # fmt: skip
NAMED = (_split, _columns, _columns_by_index, _by_group)  # that are known by the names in them, among other objects
