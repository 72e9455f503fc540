"""Taxonomies without SKOS: rows with id, label, parent or path; lines with paths, names or indents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from classifier.errors import UnreadableFile
from classifier.products.json_rows import Row
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.drafts import Draft
from classifier.taxonomy_import.flat_columns import Columns, columns_of
from classifier.taxonomy_import.wording import TEXT_LENGTH, cleaned

PATH_SIGN = re.compile(r"\s*(?:>|›|»|→)\s*|\s+/\s+|\s*\|\s*")
NUMBERED = re.compile(r"\s*([\w.-]{1,40})\s+[-–:]\s+(.+)")
NO_NAME = re.compile(r"[{}<;=]|\.$")
MAX_DEPTH = 60


class FlatDrafts:
    """Collects drafts by path or by key, creating the concepts that a path only passes through."""

    def __init__(self, findings: Findings) -> None:
        self.drafts: dict[str, Draft] = {}
        self._findings = findings
        self._made: set[str] = set()  # keys of paths that no row has named yet

    def add_path(self, steps: Sequence[str], notation: str = "") -> Draft | None:
        """Add the concept at the end of a path from the top down; None when the path is empty or too deep."""
        names = [name for step in steps if (name := cleaned(step))]
        if not names or len(names) > MAX_DEPTH:
            self._findings.add("unusable_lines", "{n} lines or rows name no category and were left out.")
            return None
        for n in range(1, len(names)):
            self._at(names[:n])
        key = "\n".join(names)
        known = key in self.drafts and key not in self._made
        draft = self._at(names, notation, named=True)
        if known:
            self._findings.add("repeated", "{n} categories came twice and were taken once.", " > ".join(names))
        return draft

    def _at(self, names: Sequence[str], notation: str = "", named: bool = False) -> Draft:
        key = "\n".join(names)
        if key not in self.drafts:
            parents = ["\n".join(names[:-1])] if len(names) > 1 else []
            self.drafts[key] = Draft(key, "", "", {"": names[-1]}, parents=parents)
            self._made.add(key)
        draft = self.drafts[key]
        if named:
            self._made.discard(key)
            draft.notation = draft.notation or cleaned(notation)
        return draft

    def finished(self) -> dict[str, Draft]:
        """Return all drafts with notations and IRIs; raises UnreadableFile when there are none."""
        if not self.drafts:
            raise UnreadableFile("The file names no category.")
        n_made = len(self._made)
        self._findings.add("made_parents", "{n} categories are only named inside the path of others.", n=n_made)
        n_without = sum(not draft.notation for draft in self.drafts.values())
        self._findings.add("no_notation", "{n} categories have no code; the label stands in.", n=n_without)
        for draft in self.drafts.values():
            draft.notation = draft.notation or draft.name
            draft.uri = draft.uri or f"urn:category:{quote(draft.notation, safe='')}"
        return self.drafts


def drafts_of_lines(lines: Iterable[str], findings: Findings) -> dict[str, Draft]:
    """Read "id - A > B > C", "A > B > C", lines indented below their parent, or one name a line."""
    flat = FlatDrafts(findings)
    filled = [line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    _check_short(filled)
    numbered = sum(bool(NUMBERED.fullmatch(line)) for line in filled) >= 0.8 * len(filled)
    has_paths = any(re.search(r"\s[>›»→]\s", line) for line in filled)
    open_steps: list[tuple[int, str]] = []
    for line in filled:
        found = NUMBERED.fullmatch(line) if numbered else None
        notation, text = (found[1], found[2]) if found else ("", line)
        if has_paths:
            flat.add_path(re.split(r"\s*[>›»→]\s*", text), notation)
            continue
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        while open_steps and open_steps[-1][0] >= indent:
            open_steps.pop()
        open_steps.append((indent, re.sub(r"^[-*•]\s+", "", text.strip())))
        flat.add_path([step for _, step in open_steps], notation)
    return flat.finished()


def _check_short(lines: Sequence[str]) -> None:
    """Refuse prose and program text; raises UnreadableFile."""
    if not lines:
        raise UnreadableFile("The file names no category.")
    fit = sum(len(line) <= 300 and any(map(str.isalpha, line)) and not NO_NAME.search(line) for line in lines)
    if fit < 0.9 * len(lines) or (len(lines) == 1 and not PATH_SIGN.search(lines[0])):
        raise UnreadableFile("The file is no taxonomy: it is neither SKOS nor a table or list of categories.")


def drafts_of_rows(rows: Iterable[Row], findings: Findings) -> dict[str, Draft]:
    """Read the rows of a table, or of a JSON list, by the names of their fields; raises UnreadableFile."""
    objects = [value for _, _, value in rows if isinstance(value, dict)]
    columns = columns_of(objects[:200])
    flat = FlatDrafts(findings)
    if columns.path or columns.levels:
        _by_path(objects, columns, flat)
    elif columns.labels or columns.identity:
        _by_parent(objects, columns, flat, findings)
    else:
        raise UnreadableFile("No field of the file looks like a category's name (label, name, nombre, category ...).")
    return flat.finished()


def _by_path(rows: Iterable[Mapping[str, object]], columns: Columns, flat: FlatDrafts) -> None:
    for row in rows:
        value = row.get(columns.path) if columns.path else None
        if isinstance(value, list):
            steps = [str(step) for step in value]
        elif columns.path:
            steps = PATH_SIGN.split(plain_text(value))
        else:
            steps = [plain_text(row.get(name)) for name in columns.levels]
        draft = flat.add_path(steps, plain_text(row.get(columns.identity)) if columns.identity else "")
        if draft:
            describe(draft, row, columns, keep_label=True)


def _by_parent(rows: Sequence[Mapping[str, object]], columns: Columns, flat: FlatDrafts, findings: Findings) -> None:
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
        parent = row.get(columns.parent) if columns.parent else None
        above = parent if isinstance(parent, list) else [parent]
        draft.parents = [
            text for item in above if (text := plain_text(item)) and text not in ("0", "-1", "null", "None")
        ]
        describe(draft, row, columns, keep_label=True)
    for draft in flat.drafts.values():
        draft.parents = [p if p in flat.drafts else by_label.get(p.casefold(), p) for p in draft.parents]


def describe(draft: Draft, row: Mapping[str, object], columns: Columns, keep_label: bool) -> None:
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


def plain_text(value: object) -> str:
    """Give a cell as cleaned text, "" for what is no text or number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return cleaned(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
