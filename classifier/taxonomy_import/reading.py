"""The one door: bytes and a name in, a taxonomy and its check report out."""

from __future__ import annotations

from pathlib import PurePath

from classifier.errors import UnreadableFile
from classifier.products.decoding import encoding_of, tolerant
from classifier.taxonomy import Taxonomy
from classifier.taxonomy_import.check_report import CheckReport, Findings, report_on
from classifier.taxonomy_import.drafts import build

MAX_BYTES = 200 * 1024 * 1024


def read_taxonomy(source: bytes, name: str) -> tuple[Taxonomy, CheckReport]:
    """Read a taxonomy from a file's content; the name gives the title when the content has none.

    Nothing is ever fetched. Raises UnreadableFile with one sentence when no taxonomy can be made of it.
    """
    if len(source) > MAX_BYTES:
        raise UnreadableFile(f"The file is larger than the limit of {MAX_BYTES:,} bytes.")
    if not source.strip():
        raise UnreadableFile("The file is empty.")
    title = PurePath(name.replace("\\", "/")).stem.strip() or "taxonomy"
    findings = Findings()
    return _from_text(_text(source, findings), title, findings)


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


def _from_text(text: str, title: str, findings: Findings) -> tuple[Taxonomy, CheckReport]:
    from classifier.taxonomy_import import rdf_syntax, skos_graph  # rdflib takes half a second to load

    syntax = rdf_syntax.syntax_of(text)
    if syntax is None:
        raise UnreadableFile("The file is no taxonomy that can be read here.")
    graph = rdf_syntax.graph_of(text, syntax, findings)
    try:
        drafts = skos_graph.drafts_of(graph, findings)
    except UnreadableFile as error:
        if "remote_contexts" in findings.counts:
            raise UnreadableFile("The JSON-LD needs a context from another server, which is never fetched.") from error
        raise
    name, uri = skos_graph.scheme(graph, findings)
    tops = skos_graph.top_concepts(graph, drafts, findings)
    taxonomy = build(name or title, uri, drafts, findings, tops)
    return taxonomy, report_on(taxonomy, syntax.name, findings)
