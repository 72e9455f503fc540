"""Taxonomies as tables: rows with id, label, parent, path or level columns, from any format that has rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from classifier.errors import UnreadableFile
from classifier.products.json_rows import Row
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.code_prefixes import parents_by_code
from classifier.taxonomy_import.column_contents import values_of
from classifier.taxonomy_import.drafts import Draft
from classifier.taxonomy_import.flat_columns import Columns, columns_of, names_columns, sold_field
from classifier.taxonomy_import.flat_taxonomy import FlatDrafts
from classifier.taxonomy_import.path_signs import sign_of
from classifier.taxonomy_import.wording import TEXT_LENGTH, cleaned, plain_text

Object = Mapping[str, object]
NO_NAME = "No field of the file looks like a category's name (label, name, nombre, category ...)."
LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")
_SAMPLE = 200  # rows that tell what the columns are
_NO_PARENT = ("0", "-1", "null", "None", "NULL", "-", "—")


def drafts_of_rows(rows: Iterable[Row], findings: Findings) -> dict[str, Draft]:
    """Read the rows of a table, or of a JSON list, by the names of their fields; raises UnreadableFile."""
    objects = _with_header([_by_language(value) for _, _, value in rows if isinstance(value, dict)])
    columns = columns_of(objects[:_SAMPLE])
    flat = FlatDrafts(findings)
    if (sold := sold_field(objects[:_SAMPLE])) and not (columns.path or columns.levels or columns.parent):
        raise UnreadableFile(f"{NO_NAME} The field {sold!r} is of a list of products.")
    if columns.path or columns.levels:
        _by_path(objects, columns, flat, findings)
    elif columns.labels or _names_itself(objects, columns):
        _by_parent(objects, columns, flat, findings)
    else:
        raise UnreadableFile(NO_NAME)
    return flat.finished()


def _by_language(row: Object) -> Object:
    """Open fields that hold texts by language: {"name": {"es": "Leche"}} becomes {"name_es": "Leche"}."""
    found: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value and all(LANGUAGE.fullmatch(str(key)) for key in value):
            found.update({f"{name}_{str(tag)[:2].lower()}": text for tag, text in value.items()})
        else:
            found[name] = value
    return found


def _with_header(rows: list[Object]) -> list[Object]:
    """Settle whether the first record names the columns: the reader of tables knows the names of products only."""
    names = sorted({name for row in rows[:_SAMPLE] for name in row}, key=_number)
    if all(_number(name) for name in names):
        first = [plain_text(rows[0].get(name)) for name in names] if rows else []
        if names_columns(first):
            titles = {name: title or name for name, title in zip(names, first, strict=True)}
            return [{titles.get(name, name): value for name, value in row.items()} for row in rows[1:]]
        return [{name: row.get(name) for name in names} for row in rows]
    written = [name for name in names if not _number(name)]
    if not names_columns(written) and any(name in values_of(rows[:_SAMPLE], name) for name in written):
        return [{name: name for name in rows[0] if not _number(name)}, *rows]  # a first row that was no header
    return rows


def _number(name: str) -> int:
    found = re.fullmatch(r"column_(\d+)", name)
    return int(found[1]) if found else 0


def _names_itself(rows: Sequence[Object], columns: Columns) -> bool:
    """Tell whether the codes are names: without a label they must stand in for one."""
    values = values_of(rows[:_SAMPLE], columns.identity) if columns.identity else []
    return sum(any(map(str.isalpha, value)) for value in values) > len(values) / 2


def _by_path(rows: Sequence[Object], columns: Columns, flat: FlatDrafts, findings: Findings) -> None:
    paths = list(_level_paths(rows, columns, findings)) if columns.levels else list(_written_paths(rows, columns))
    for row, steps in zip(rows, paths, strict=True):
        draft = flat.add_path(steps, plain_text(row.get(columns.identity)) if columns.identity else "")
        if draft:
            describe(draft, row, columns, keep_label=True)
        for n, code in enumerate(columns.codes, start=1):
            if code and n <= len(steps) and steps[n - 1]:
                flat.add_code(steps[:n], plain_text(row.get(code)))


def _written_paths(rows: Sequence[Object], columns: Columns) -> Iterable[list[str]]:
    name, label = str(columns.path), columns.labels.get("")
    sign = sign_of([plain_text(row.get(name)) for row in rows])
    split = [_steps(row.get(name), sign) for row in rows]
    last = [plain_text(row.get(label)).casefold() if label and label != name else "" for row in rows]
    n_own = sum(bool(steps) and steps[-1].casefold() == text for steps, text in zip(split, last, strict=True) if text)
    if n_own * 2 > sum(map(bool, last)) or not any(last):
        return split
    return [  # the path leads to where the category stands, its name is told apart
        [*steps, plain_text(row.get(label))] if label and text else steps
        for row, steps, text in zip(rows, split, last, strict=True)
    ]


def _steps(value: object, sign: re.Pattern[str] | None) -> list[str]:
    if isinstance(value, list):
        return [str(step) for step in value]
    text = plain_text(value)
    return sign.split(text) if sign else [text]


def _level_paths(rows: Iterable[Object], columns: Columns, findings: Findings) -> Iterable[list[str]]:
    """Give each row's steps; what is blank before the first filled level repeats what stands above (merged cells)."""
    above: list[str] = []
    for row in rows:
        steps = [plain_text(row.get(name)) for name in columns.levels]
        n_blank = next((n for n, step in enumerate(steps) if step), 0)
        if n_blank and above:
            findings.add("merged_cells", "{n} rows leave out the levels that the row above told; they were repeated.")
            steps[:n_blank] = above[:n_blank]
        while steps and not steps[-1]:
            steps.pop()
        above = steps or above
        yield steps


def _by_parent(rows: Sequence[Object], columns: Columns, flat: FlatDrafts, findings: Findings) -> None:
    by_label: dict[str, str] = {}
    for number, row in enumerate(rows):
        notation = plain_text(row.get(columns.identity)) if columns.identity else ""
        labels = {tag: label for tag, name in columns.labels.items() if (label := plain_text(row.get(name)))}
        if not notation and not labels:
            findings.add("unusable_lines", "{n} lines or rows name no category and were left out.")
            continue
        key = notation if notation and notation not in flat.drafts else f"{notation}\n{number}"
        draft = flat.drafts[key] = Draft(key, "", notation, labels or {"": notation})
        if re.match(r"https?://\S+$", notation):
            draft.uri, draft.notation = notation, cleaned(re.split(r"[#/]", notation.rstrip("#/"))[-1]) or notation
        for label in labels.values():
            by_label.setdefault(label.casefold(), key)
        draft.parents = _told_parents(row.get(columns.parent) if columns.parent else None)
        describe(draft, row, columns, keep_label=True)
    for draft in flat.drafts.values():
        draft.parents = [p if p in flat.drafts else by_label.get(p.casefold(), p) for p in draft.parents]
    if columns.parent is None and columns.identity:
        for key, parent in parents_by_code(list(flat.drafts)).items():
            flat.drafts[key].parents.append(parent)
            sentence = "{n} categories were put under the one whose code theirs begins with: no field tells a parent."
            findings.add("parents_by_code", sentence, f"{key} → {parent}")


def _told_parents(parent: object) -> list[str]:
    above = parent if isinstance(parent, list) else [parent]
    return [text for item in above if (text := plain_text(item)) and text not in _NO_PARENT]


def describe(draft: Draft, row: Object, columns: Columns, keep_label: bool) -> None:
    """Add a row's labels by language, synonyms and definition to its draft."""
    for tag, name in columns.labels.items():
        if keep_label and tag and (label := plain_text(row.get(name))):
            draft.pref_labels[tag] = label
    for tag, name in columns.synonyms.items():
        value = row.get(name)
        texts = value if isinstance(value, list) else re.split(r"\s*[|;,]\s*", plain_text(value))
        draft.alt_labels.setdefault(tag, []).extend(text for item in texts if (text := plain_text(item)))
    if columns.definition and (text := cleaned(str(row.get(columns.definition) or ""), TEXT_LENGTH)):
        draft.definitions.setdefault("", text)
