"""The one door: bytes and a name in, a taxonomy and its check report out."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import PurePath

from classifier.errors import UnreadableFile
from classifier.products.decoding import encoding_of, tolerant
from classifier.products.dialect import dialect_of
from classifier.products.packed import ZIP, unpacked
from classifier.products.product import Limits
from classifier.products.reading import FOREIGN, Reading
from classifier.taxonomy import Taxonomy
from classifier.taxonomy_import.check_report import CheckReport, Findings, report_on
from classifier.taxonomy_import.drafts import Draft, build
from classifier.taxonomy_import.flat_columns import columns_of, names_columns
from classifier.taxonomy_import.flat_tables import drafts_of_rows
from classifier.taxonomy_import.flat_taxonomy import drafts_of_lines
from classifier.taxonomy_import.flat_tree import drafts_of_json

NEEDS_CONTEXT = "The JSON-LD needs a context from another server, which is never fetched."
LIMITS = Limits(n_bytes=200 * 1024 * 1024, n_rows=200_000)


def read_taxonomy(source: bytes, name: str) -> tuple[Taxonomy, CheckReport]:
    """Read a taxonomy from a file's content; the name gives the title when the content has none.

    SKOS as JSON-LD, Turtle, TriG, RDF/XML, N-Triples or N-Quads; tables (CSV, XLSX, Parquet) with id, label, parent or
    path; text with paths, indented lines or one name a line; JSON lists and trees; each also packed in .gz or .zip.
    Nothing is ever fetched. Raises UnreadableFile with one sentence when no taxonomy can be made of it.
    """
    if not source.strip():
        raise UnreadableFile("The file is empty.")
    title = PurePath(name.replace("\\", "/")).stem.strip() or "taxonomy"
    findings = Findings()
    content = unpacked(io.BytesIO(source), LIMITS)
    content.seek(0)
    raw = content.read()
    for magic, sentence in FOREIGN:
        if raw.startswith(magic):
            raise UnreadableFile(sentence.replace("a table of products", "a taxonomy"))
    if raw.startswith((ZIP, b"PAR1")):
        return _from_table(raw, title, findings)
    text = _text(raw, findings)
    if not text.strip():
        raise UnreadableFile("The file holds only blank space.")
    return _from_rdf(text, title, findings) or _from_flat(raw, text, title, findings)


def _text(source: bytes, findings: Findings) -> str:
    encoding = encoding_of(source)
    if encoding == "utf-8":
        text, n_mended = tolerant(source)
        findings.add("encoding", "{n} bytes are not UTF-8 and were read as Windows-1252.", n=n_mended)
        return text.lstrip("\ufeff")
    try:
        return source.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"The file says that it is {encoding.upper()} but is damaged or cut short.") from error


def _from_rdf(text: str, title: str, findings: Findings) -> tuple[Taxonomy, CheckReport] | None:
    from classifier.taxonomy_import import rdf_syntax, skos_graph  # rdflib takes half a second to load

    syntax = rdf_syntax.syntax_of(text)
    if syntax is None:
        return None
    graph = rdf_syntax.graph_of(text, syntax, findings)
    try:
        drafts = skos_graph.drafts_of(graph, findings)
    except UnreadableFile as error:
        if "remote_contexts" in findings.counts:
            raise UnreadableFile(NEEDS_CONTEXT) from error
        raise
    if "remote_contexts" in findings.counts and findings.counts.get("no_label") == len(drafts):
        raise UnreadableFile(NEEDS_CONTEXT)  # what names the labels stands there
    name, uri = skos_graph.scheme(graph, findings)
    tops = skos_graph.top_concepts(graph, drafts, findings)
    taxonomy = build(name or title, uri, drafts, findings, tops)
    return taxonomy, report_on(taxonomy, syntax.name, findings)


def _from_flat(raw: bytes, text: str, title: str, findings: Findings) -> tuple[Taxonomy, CheckReport]:
    if text.lstrip()[:1] in ("[", "{"):
        document = _json_lines(text) or _json(text)
        return _finished(drafts_of_json(document, findings), title, "JSON", findings)
    dialect = dialect_of(text[:65536], len(text) > 65536)
    is_wide = dialect is not None and len(dialect.header) > 1
    if dialect and is_wide and dialect.delimiter and (dialect.has_header or _is_table(text[:65536], dialect.delimiter)):
        return _from_table(raw, title, findings)
    return _finished(drafts_of_lines(text.splitlines(), findings), title, "lines of text", findings)


def _is_table(head: str, delimiter: str) -> bool:
    """Tell a table without a known header from lines with commas: its columns can be told by what they hold."""
    lines = [line for line in head.splitlines()[:201] if line.strip()][:200]
    records = list(csv.reader(lines, delimiter=delimiter))
    if names_columns(records[0]):
        return True
    rows = [{f"column_{n}": cell for n, cell in enumerate(cells, start=1)} for cells in records]
    if delimiter in ",|" and len({len(row) for row in rows}) > 1:
        return False
    columns = columns_of(rows)
    return bool(columns.path or columns.levels or (columns.labels and columns.identity))


def _from_table(raw: bytes, title: str, findings: Findings) -> tuple[Taxonomy, CheckReport]:
    reading = Reading(io.BytesIO(raw), LIMITS)
    drafts = drafts_of_rows(reading.rows(), findings)
    for note in (note for note in reading.notes() if "not UTF-8" not in note.reason):  # told already
        findings.add(note.reason, note.reason[:1].upper() + note.reason[1:] + ".")
    return _finished(drafts, title, reading.format, findings)


def _finished(
    drafts: dict[str, Draft], title: str, format_name: str, findings: Findings
) -> tuple[Taxonomy, CheckReport]:
    taxonomy = build(title, "", drafts, findings)
    return taxonomy, report_on(taxonomy, format_name, findings)


def _json_lines(text: str) -> list[object]:
    """Read one JSON object a line; nothing when the text is not so."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not lines[0].lstrip().startswith("{"):
        return []
    try:
        return [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return []


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableFile("The JSON is nested too deeply.") from error
    except ValueError as error:
        told = re.sub(r" \(char \d+\)$", "", str(error))
        raise UnreadableFile(f"The file is not valid JSON: {told}.") from error
