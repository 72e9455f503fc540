"""Taxonomies as JSON: lists of names or objects, trees by children, trees by keys."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.errors import UnreadableFile
from classifier.products.field_names import plain
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.drafts import Draft
from classifier.taxonomy_import.flat_columns import NAMES, columns_of, first_named
from classifier.taxonomy_import.flat_tables import describe, drafts_of_rows
from classifier.taxonomy_import.flat_taxonomy import MAX_DEPTH, FlatDrafts, drafts_of_lines
from classifier.taxonomy_import.wording import plain_text

ENVELOPES = ("data", "result", "results", "response", "payload", "content", "body", "taxonomy", "taxonomia", "catalog")
ANSWERS = ("error", "errors", "message", "status", "detail", "code", "title", "success")  # of a service, not of a shop
Waiting = list[tuple[tuple[str, ...], object]]


def drafts_of_json(document: object, findings: Findings) -> dict[str, Draft]:
    """Read a list of names, a list of objects, or a tree by children or by keys; raises UnreadableFile."""
    flat = FlatDrafts(findings)
    document = _unwrapped(document)
    if isinstance(document, dict) and _are_scalars(document):
        return drafts_of_rows((("%d", n, row) for n, row in enumerate(_coded(document))), findings)
    rows = _only_list(document)
    if rows and all(isinstance(row, str) for row in rows):
        return drafts_of_lines((str(row) for row in rows), findings)
    objects = [row for row in rows or () if isinstance(row, dict)]
    if objects and not any(_children(row) for row in objects):
        return drafts_of_rows((("[%d]", n, row) for n, row in enumerate(objects)), findings)
    _tree(objects or document, flat)
    return flat.finished()


def _unwrapped(document: object) -> object:
    """Open envelopes: {"data": {"categories": [...]}}."""
    while isinstance(document, dict) and not _label_of(document):
        inner = [(name, value) for name, value in document.items() if isinstance(value, list | dict) and value]
        if len(inner) != 1 or plain(inner[0][0]) not in ENVELOPES or not isinstance(inner[0][1], dict):
            break
        document = inner[0][1]
    return document


def _are_scalars(document: Mapping[str, object]) -> bool:
    return bool(document) and not any(isinstance(value, list | dict) for value in document.values())


def _coded(document: Mapping[str, object]) -> list[dict[str, object]]:
    """Read {"01": "Leche", "02": "Pan"} as codes with their names; raises UnreadableFile when it is no such list."""
    named = {name: text for name, value in document.items() if isinstance(value, str) and (text := plain_text(value))}
    if len(named) < 2 or len(named) < len(document) or any(plain(name) in ANSWERS for name in named):
        raise UnreadableFile("The file is no taxonomy: its one JSON object holds no list and no tree of categories.")
    return [{"code": name, "name": text} for name, text in named.items()]


def _only_list(document: object) -> list[object] | None:
    """Return the document when it is a list, or the one list of rows inside an object that is no tree."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict) or _label_of(document):
        return None
    inner = [value for value in document.values() if isinstance(value, list | dict) and value]
    rows = inner[0] if len(inner) == 1 and isinstance(inner[0], list) else []
    return rows if rows and (isinstance(rows[0], dict) or len(document) > 1) else None


def _children(row: Mapping[str, object]) -> object:
    return next(
        (
            value
            for name, value in row.items()
            if plain(name) in NAMES["children"] and isinstance(value, list | dict) and value
        ),
        None,
    )


def _label_of(row: Mapping[str, object]) -> str:
    names = {name: plain(name) for name in row}
    label = first_named(names, NAMES["label"])
    return plain_text(row[label]) if label else ""


def _tree(document: object, flat: FlatDrafts) -> None:
    """Walk nested objects: {"name", "children": [...]}, or names as keys with objects, lists or nothing below."""
    waiting: Waiting = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > MAX_DEPTH:
            raise UnreadableFile(f"The tree is deeper than {MAX_DEPTH} levels.")
        if isinstance(value, list):
            waiting.extend((path, item) for item in reversed(value))
        elif isinstance(value, str | int | float) and plain_text(value):
            flat.add_path((*path, plain_text(value)))
        elif isinstance(value, dict) and (label := _label_of(value)):
            identity = first_named({name: plain(name) for name in value}, NAMES["id"])
            draft = flat.add_path((*path, label), plain_text(value[identity]) if identity else "")
            if draft:
                describe(draft, value, columns_of([value]), keep_label=False)
            waiting.append(((*path, label), _children(value)))
        elif isinstance(value, dict):
            _keys(path, value, flat, waiting)


def _keys(path: tuple[str, ...], value: Mapping[str, object], flat: FlatDrafts, waiting: Waiting) -> None:
    if not path and len(value) == 1 and plain(next(iter(value))) in NAMES["children"]:
        waiting.append((path, next(iter(value.values()))))  # {"categories": {...}} names no category itself
        return
    for name in value:
        flat.add_path((*path, name))
    below = [((*path, name), inner) for name, inner in value.items() if isinstance(inner, list | dict)]
    waiting.extend(reversed(below))
