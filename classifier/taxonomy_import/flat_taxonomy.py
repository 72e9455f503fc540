"""Taxonomies without SKOS: categories collected by their paths, and lines with paths, numbers, names or indents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from classifier.errors import UnreadableFile
from classifier.products.field_names import plain
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.drafts import Draft
from classifier.taxonomy_import.flat_columns import NAMES
from classifier.taxonomy_import.path_signs import sign_of
from classifier.taxonomy_import.wording import cleaned

NUMBERED = re.compile(r"\s*([\w.-]{1,40})\s+[-–:]\s+(.+)")
OUTLINE = re.compile(r"\s*(\d{1,4}(?:\.\d{1,4})*)(?:[.)]|(?<=\.\d)|(?<=\.\d\d))\s+(\S.*)")
HEADING = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*\s*")
BULLET = re.compile(r"[-*•+]\s+")
NO_NAME = re.compile(r"[{}<;=]|\.$")
MAX_DEPTH = 60
MOST = 0.8  # share of the lines that must be written alike
Step = tuple[int, str, str]  # depth of a line, its code, its name


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

    def add_code(self, steps: Sequence[str], notation: str) -> None:
        """Give the concept at the end of a path its own code, if it has none yet."""
        if names := [name for step in steps if (name := cleaned(step))]:
            self._at(names, notation, named=bool(notation))

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
    """Read "id - A > B > C", "A > B > C", "1.1 A", headings, lines indented below their parent, or a name a line."""
    filled = [_unquoted(line.rstrip()) for line in lines if line.strip()]
    headed = sum(bool(HEADING.fullmatch(line)) for line in filled) > 1
    filled = filled if headed else [line for line in filled if not line.lstrip().startswith("#")]
    filled = _below_header(filled, findings)
    _check_short(filled)
    flat = FlatDrafts(findings)
    numbered = _share(NUMBERED, filled) >= MOST
    found = [_parted(NUMBERED, line) if numbered else ("", line) for line in filled]
    if sign := sign_of([text for _, text in found]):
        for notation, text in found:
            flat.add_path(sign.split(text), notation)
        return flat.finished()
    outlined = not numbered and _share(OUTLINE, filled) >= MOST
    steps = _outline(filled) if outlined else _headings(filled) if headed else _indents(found)
    open_steps: list[tuple[int, str]] = []
    for depth, notation, name in steps:
        while open_steps and open_steps[-1][0] >= depth:
            open_steps.pop()
        open_steps.append((depth, name))
        flat.add_path([step for _, step in open_steps], notation)
    return flat.finished()


def _below_header(lines: list[str], findings: Findings) -> list[str]:
    """Leave out a first line that names the one column, unless the second stands below it as a category."""
    if len(lines) < 3 or lines[1][:1].isspace() or plain(lines[0]) not in (*NAMES["label"], *NAMES["path"]):
        return lines
    findings.add("header_line", "The first line names the column and is no category.")
    return lines[1:]


def _unquoted(line: str) -> str:
    return line.strip()[1:-1] if re.fullmatch(r'\s*"[^"]*"\s*', line) else line


def _share(shape: re.Pattern[str], lines: Sequence[str]) -> float:
    return sum(bool(shape.fullmatch(line)) for line in lines) / len(lines)


def _parted(shape: re.Pattern[str], line: str) -> tuple[str, str]:
    found = shape.fullmatch(line)
    return (found[1], found[2]) if found else ("", line)


def _outline(lines: Iterable[str]) -> list[Step]:
    """Read "1. A", "1.1 B": the number tells the depth and is the code."""
    parted = (_parted(OUTLINE, line) for line in lines)
    return [(notation.count("."), notation, text.strip()) for notation, text in parted]


def _headings(lines: Iterable[str]) -> list[Step]:
    """Read headings by the number of their signs, and other lines under the last of them."""
    found: list[Step] = []
    for line in lines:
        heading = HEADING.fullmatch(line)
        own = _indent(line) + 10
        found.append((len(heading[1]), "", heading[2]) if heading else (own, "", BULLET.sub("", line.strip(), count=1)))
    return found


def _indents(found: Sequence[tuple[str, str]]) -> list[Step]:
    """Read lines by their indents; under names with a colon behind (YAML) a list stands deeper though it need not."""
    colons = any(text.endswith(":") and not BULLET.match(text.strip()) for _, text in found)
    steps: list[Step] = []
    for notation, text in found:
        stripped = text.expandtabs(4).strip()
        bare = BULLET.sub("", stripped, count=1)
        listed = colons and bare != stripped
        steps.append((2 * _indent(text) + listed, notation, bare.removesuffix(":")))
    return steps


def _indent(line: str) -> int:
    wide = line.expandtabs(4)
    return len(wide) - len(wide.lstrip())


def _check_short(lines: Sequence[str]) -> None:
    """Refuse prose and program text; raises UnreadableFile."""
    if not lines:
        raise UnreadableFile("The file names no category.")
    fit = sum(
        len(line) <= 300 and any(map(str.isalpha, line)) and not NO_NAME.search(_no_arrows(line)) for line in lines
    )
    if fit < 0.9 * len(lines) or (len(lines) == 1 and not sign_of(lines)):
        raise UnreadableFile("The file is no taxonomy: it is neither SKOS nor a table or list of categories.")


def _no_arrows(line: str) -> str:
    return line.replace("=>", " ").replace("->", " ")
