"""Which fields of a taxonomy table hold the id, the labels, the parent or the path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from classifier.products.field_names import plain
from classifier.taxonomy_import.wording import language_tag

_NAMES = {
    "id": """notation notacion id identifier identificador codigo code cod clave key category_id categoria_id
        id_categoria cat_id uri iri""",
    "label": """preflabel pref_label label etiqueta name nombre categoria category nombre_categoria category_name
        title titulo denominacion concept concepto term termino""",
    "parent": """parent padre broader parent_id id_padre padre_id parent_code codigo_padre parent_notation superior
        parent_category categoria_padre parent_name parent_label""",
    "path": "path ruta full_path category_path breadcrumb full_name jerarquia hierarchy camino",
    "synonyms": "altlabel altlabels alt_label alt_labels sinonimos sinonimo synonyms synonym alias aliases",
    "definition": "definition definicion description descripcion nota scope_note",
    "children": "children hijos narrower subcategories subcategorias categories categorias items nodes",
}
NAMES = {what: names.split() for what, names in _NAMES.items()}
LEVEL = re.compile(r"(?:nivel|level|lvl|l|n|category|categoria|cat)_?(\d{1,2})(?:_(?:name|nombre|label))?")
LANGUAGE = re.compile(r"(.+)_([a-z]{2})")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which fields of a table's rows say what; labels by language tag; levels are columns from the top down."""

    identity: str | None
    labels: Mapping[str, str]
    parent: str | None
    path: str | None
    levels: tuple[str, ...]
    synonyms: Mapping[str, str]
    definition: str | None


def columns_of(rows: Sequence[Mapping[str, object]]) -> Columns:
    """Recognise the columns of a taxonomy table by their names."""
    names = {name: plain(name) for row in rows for name in row}
    levels = sorted((int(found[1]), name) for name, bare in names.items() if (found := LEVEL.fullmatch(bare)))
    return Columns(
        first_named(names, NAMES["id"]),
        _by_language(names, NAMES["label"]),
        first_named(names, NAMES["parent"]),
        first_named(names, NAMES["path"]) or _column_of_paths(rows, names),
        tuple(name for _, name in levels) if len(levels) > 1 else (),
        _by_language(names, NAMES["synonyms"]),
        first_named(names, NAMES["definition"]),
    )


def first_named(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    """Return the field whose plain name stands first in `wanted`; names: plain names by field."""
    by_plain = {bare: name for name, bare in reversed(list(names.items()))}
    return next((by_plain[bare] for bare in wanted if bare in by_plain), None)


def _by_language(names: Mapping[str, str], wanted: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for bare in wanted:
        for name, own in names.items():
            parted = LANGUAGE.fullmatch(own)
            if own == bare:
                found.setdefault("", name)
            elif parted and parted[1] == bare:
                found.setdefault(language_tag(parted[2]), name)
        if found:
            return found
    return found


def _column_of_paths(rows: Sequence[Mapping[str, object]], names: Iterable[str]) -> str | None:
    for name in names:
        values = [str(row[name]) for row in rows if row.get(name)]
        if len(values) > 1 and sum(" > " in value for value in values) > len(values) / 2:
            return name
    return None
