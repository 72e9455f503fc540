"""Which fields of a taxonomy table hold the id, the labels, the parent or the path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.products.field_names import plain
from classifier.taxonomy_import.column_contents import guessed, holds_names, holds_paths, values_of, widening
from classifier.taxonomy_import.path_signs import sign_of
from classifier.taxonomy_import.wording import language_tag

_NAMES = {
    "id": """notation notacion id identifier identificador codigo code cod clave key category_id categoria_id
        id_categoria cat_id codigo_categoria cod_categoria category_code uri iri identifiant kennung chave""",
    "label": """preflabel pref_label label labels etiqueta name nombre categoria category nombre_categoria
        nombre_de_la_categoria category_name title titulo denominacion concept concepto term termino nome nom libelle
        bezeichnung titolo categories categorias""",
    "parent": """parent padre broader parent_id id_padre padre_id parentid parent_code codigo_padre cod_padre
        parent_notation superior id_superior codigo_superior parent_category parent_category_id categoria_padre
        categoria_superior categoria_madre parent_name parent_label nombre_padre pai codigo_pai categoria_pai id_pai
        ubergeordnet""",
    "path": "path ruta full_path category_path breadcrumb full_name fullname jerarquia hierarchy camino arbol tree",
    "synonyms": "altlabel altlabels alt_label alt_labels sinonimos sinonimo synonyms synonym alias aliases",
    "definition": "definition definicion description descripcion nota scope_note",
    # what shops call the levels of their own trees: "Rubro; Subrubro", "Sección, Familia, Subfamilia"
    "step": """sector seccion departamento depto dpto department division area mundo rubro familia family categoria
        category grupo group clase class linea segmento segment""",
    "sold": """precio precio_venta precio_unitario price regular_price pvp sku ean ean13 gtin stock existencias
        codigo_barras codigo_de_barras""",
    "children": "children hijos narrower subcategories subcategorias categories categorias items nodes",
}
NAMES = {what: names.split() for what, names in _NAMES.items()}
LEVEL = re.compile(r"(?:nivel|level|lvl|l|n|category|categoria|cat)_?(\d{1,2})(?:_(?:name|nombre|label))?")
LANGUAGE = re.compile(r"(.+)_([a-z]{2}|espanol|castellano|spanish|ingles|english|portugues|frances|french|catalan)")
_NO_LANGUAGE = ("id", "no", "nr")  # "category_id" is no name in Indonesian
LANGUAGES = {
    "espanol": "es", "castellano": "es", "spanish": "es", "ingles": "en", "english": "en", "portugues": "pt",
    "frances": "fr", "french": "fr", "catalan": "ca",
}  # fmt: skip
_NAMING = re.compile(r"^(?:nombre|name|nom|desc|descripcion)_(?:de_(?:la_|el_)?|del_)?|_(?:nombre|name|desc|label)$")
_CODING = re.compile(r"^(?:id|cod|codigo|code)_(?:de_(?:la_|el_)?|del_)?|_(?:id|cod|codigo|code)$")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which fields of a table's rows say what; labels by language tag; levels are columns from the top down.

    codes: for each of the levels the column of its own codes, None where it has none.
    """

    identity: str | None
    labels: Mapping[str, str]
    parent: str | None
    path: str | None
    levels: tuple[str, ...]
    synonyms: Mapping[str, str]
    definition: str | None
    codes: tuple[str | None, ...] = ()


Rows = Sequence[Mapping[str, object]]


def columns_of(rows: Rows) -> Columns:
    """Recognise the columns of a taxonomy table by their names, and where those say nothing, by what they hold."""
    names = {name: plain(name) for row in rows for name in row}
    identity, parent = first_named(names, NAMES["id"]), first_named(names, NAMES["parent"])
    path = first_named(names, NAMES["path"]) or next((n for n in names if holds_paths(rows, n)), None)
    labels = _by_language(names, NAMES["label"]) or _bare_languages(names)
    path = path or (None if parent else next((n for n in labels.values() if sign_of(values_of(rows, n))), None))
    levels = () if parent or path else _levels(rows, names)
    codes = _codes(names, levels)
    identity = None if identity in codes else identity
    if not (labels or path or levels):
        found = guessed(rows, identity, parent)
        identity, parent, path, levels = found.identity, found.parent, found.path, found.levels
        labels = {"": found.label} if found.label else {}
    return Columns(
        identity, labels, parent, path, levels, _by_language(names, NAMES["synonyms"]),
        first_named(names, NAMES["definition"]), codes,
    )  # fmt: skip


def names_columns(cells: Sequence[str]) -> bool:
    """Tell whether cells are the header of a taxonomy table."""
    bare = [plain(cell) for cell in cells if cell.strip()]
    known = {name for what in ("id", "label", "parent", "path") for name in NAMES[what]}
    return any(name in known or LEVEL.fullmatch(name) or _is_step(name) or LANGUAGE.fullmatch(name) for name in bare)


def sold_field(rows: Rows) -> str | None:
    """Give the field that shows a table to be one of products, None when there is none."""
    return next((name for row in rows for name in row if plain(name) in NAMES["sold"]), None)


def first_named(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    """Return the field whose plain name stands first in `wanted`; names: plain names by field."""
    by_plain = {bare: name for name, bare in reversed(list(names.items()))}
    return next((by_plain[bare] for bare in wanted if bare in by_plain), None)


def _is_step(bare: str) -> bool:
    return _step(bare).removeprefix("sub_").removeprefix("sub") in NAMES["step"]


def _step(bare: str) -> str:
    return _NAMING.sub("", bare)


def _levels(rows: Rows, names: Mapping[str, str]) -> tuple[str, ...]:
    """Give columns that are the steps of a path: numbered, or named as shops name the levels of their trees."""
    numbered = sorted((int(found[1]), name) for name, bare in names.items() if (found := LEVEL.fullmatch(bare)))
    if len(numbered) > 1:
        return tuple(name for _, name in numbered)
    steps = [name for name, bare in names.items() if _is_step(bare) and holds_names(rows, name)]
    if steps and len(steps) < len([n for n in names if holds_names(rows, n)]):
        own = first_named({n: b for n, b in names.items() if n not in steps}, NAMES["label"])
        steps += [own] if own else []
    return widening(rows, steps) if len(steps) > 1 else ()


def _codes(names: Mapping[str, str], levels: Sequence[str]) -> tuple[str | None, ...]:
    """Give the column of codes that belongs to each level: the one of its name, or all in the levels' order."""
    coded = {_CODING.sub("", bare): name for name, bare in names.items() if _CODING.search(bare)}
    if len(coded) == len(levels):
        return tuple(coded.values())
    return tuple(coded.get(_step(names[level])) for level in levels)


def _by_language(names: Mapping[str, str], wanted: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for bare in wanted:
        for name, own in names.items():
            parted = LANGUAGE.fullmatch(own)
            if own == bare:
                found.setdefault("", name)
            elif parted and parted[1] == bare and parted[2] not in _NO_LANGUAGE:
                found.setdefault(language_tag(LANGUAGES.get(parted[2], parted[2])), name)
        if found:
            return found
    return found


def _bare_languages(names: Mapping[str, str]) -> dict[str, str]:
    """Give columns that are called just "es" or "Español"."""
    tags = {name: LANGUAGES.get(bare, bare) for name, bare in names.items()}
    return {tag: name for name, tag in tags.items() if tag in LANGUAGES.values()}
