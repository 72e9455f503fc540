"""From bytes to an RDF graph: which syntax it is, whatever the file is called, and never with the network's help."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import rdflib
from rdflib import Dataset, Graph

from classifier.errors import UnreadableFile
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.wording import UNSAFE

logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # a strange literal is no event of ours
rdflib.NORMALIZE_LITERALS = False  # "007"^^xsd:integer is a notation, not the number 7

MAX_LENGTH = 64_000_000  # characters; rdflib takes about 22 bytes of memory for each
BASE = "http://taxonomy.invalid/"  # relative IRIs need a base; without one rdflib takes the working directory
XML_START = re.compile(r"<(\?xml|!DOCTYPE|!--|[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?[\s/>])")
TRIPLE_LINE = re.compile(
    r'\s*(<[^<>"{}|^`\\\s]*>|_:\S+)\s+<[^<>\s]*>\s+(<[^<>\s]*>|_:\S+|".*)(\s+<[^<>\s]*>)?\s*\.\s*(#.*)?$'
)
TURTLE_SIGN = re.compile(r"^\s*(@prefix|@base|prefix\s+[\w.-]*:\s*<|base\s+<)", re.IGNORECASE | re.MULTILINE)
ENTITY = re.compile(r"<!ENTITY\s+(?:(%)\s+)?(\S+)\s+(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
BAD_TAG = re.compile(r"((?:xml:lang\s*=\s*[\"']|\"@language\"\s*:\s*\"|\"@))([A-Za-z]{2,3})_([A-Za-z0-9]+)")
CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "xl": "http://www.w3.org/2008/05/skos-xl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
}


@dataclass(frozen=True, slots=True)
class Syntax:
    """A format of RDF by its name for people and by rdflib's names for its parsers, tried in this order."""

    name: str
    parsers: tuple[str, ...]


JSON_LD = Syntax("JSON-LD", ("json-ld",))
RDF_XML = Syntax("RDF/XML", ("xml",))
TURTLE = Syntax("Turtle", ("turtle", "trig"))
N_QUADS = Syntax("N-Triples or N-Quads", ("nquads", "turtle"))


def syntax_of(text: str) -> Syntax | None:
    """Tell the RDF syntax of a text, None when it does not look like RDF."""
    start = text.lstrip()[:5000]
    if start[:1] in ("{", "["):
        return JSON_LD if re.search(r'"@(context|graph|id|type)"', text) else None
    if XML_START.match(start):
        return RDF_XML
    if TURTLE_SIGN.search(text[:200_000]):
        return TURTLE
    lines = [line for line in start.split("\n")[:20] if line.strip() and not line.lstrip().startswith("#")]
    if lines and TRIPLE_LINE.match(lines[0]):
        return N_QUADS
    return TURTLE if re.search(r"<http[^<>\s]*>\s*(a|<http[^<>\s]*>)\s", start) else None


def graph_of(text: str, syntax: Syntax, findings: Findings) -> Graph:
    """Parse RDF; all graphs of a dataset are taken together. Raises UnreadableFile with the place where it can."""
    if len(text) > MAX_LENGTH:
        raise UnreadableFile(f"The RDF is longer than the limit of {MAX_LENGTH:,} characters.")
    text = _prepared(text, syntax, findings)
    errors: list[str] = []
    for parser in syntax.parsers:
        for candidate in _variants(text, findings):
            try:
                return _parse(candidate, parser)
            except UnreadableFile:
                raise
            except Exception as error:  # noqa: BLE001  # rdflib's parsers raise anything: the file is at fault
                errors.append(_told(error))
    raise UnreadableFile(f"The file looks like {syntax.name} but cannot be read: {errors[0]}.")


def _parse(text: str, parser: str) -> Graph:
    dataset = Dataset(default_union=True)
    dataset.parse(data=text, format=parser, publicID=BASE)
    return dataset


def _variants(text: str, findings: Findings) -> Iterator[str]:
    yield text
    mended, n_tags = BAD_TAG.subn(r"\1\2-\3", text)
    if n_tags:
        findings.add("language_tags", "{n} language tags were written with an underscore.", n=n_tags)
        yield mended


def _prepared(text: str, syntax: Syntax, findings: Findings) -> str:
    if syntax is RDF_XML:
        _refuse_entity_bombs(text)
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)  # it is text by now: the declared encoding no longer holds
    return _without_remote_contexts(text, findings) if syntax is JSON_LD else text


def _refuse_entity_bombs(text: str) -> None:
    """Let short plain entities pass (ontology editors write them); raises UnreadableFile on all others."""
    if re.match(r"\s*(<\?xml[^>]*>)?\s*(<!--.*?-->\s*)*<(!DOCTYPE\s+)?html\b", text[:5000], re.IGNORECASE | re.DOTALL):
        raise UnreadableFile("The file is a web page (HTML), not a taxonomy.")
    if CONTEXT["rdf"] not in text:
        raise UnreadableFile("The file is XML, but not RDF.")
    n_expanded = 0
    for parameter, name, double, single, external in ENTITY.findall(text):
        value = double or single
        if parameter or external or "&" in value or "%" in value or len(value) > 300:
            raise UnreadableFile("The XML defines entities that refer to others or to files, which is not accepted.")
        n_expanded += text.count(f"&{name};") * len(value)
    if n_expanded > 2 * len(text) + 1_000_000:
        raise UnreadableFile("The XML's entities would make it many times larger, which is not accepted.")


def _without_remote_contexts(text: str, findings: Findings) -> str:
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise UnreadableFile("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise UnreadableFile(f"The file is not valid JSON: {_told(error)}.") from error
    remote: list[str] = []
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "@context" in value:
                value["@context"] = _local(value["@context"], remote)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    if not remote:
        return text
    for address in remote:
        sentence = "{n} contexts on other servers were not fetched; the usual prefixes stand in for them."
        findings.add("remote_contexts", sentence, address)
    return json.dumps(document)


def _local(context: object, remote: list[str]) -> object:
    """Put the usual prefixes in the place of every address in a context."""
    if isinstance(context, str):
        remote.append(context)
        return CONTEXT
    if isinstance(context, list):
        return [_local(part, remote) for part in context]
    if isinstance(context, dict) and "@import" in context:
        remote.append(str(context["@import"]))
        return CONTEXT | {name: value for name, value in context.items() if name != "@import"}
    return context


def _told(error: Exception) -> str:
    """Give a parser's message as part of one sentence, bounded."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, AttributeError | TypeError | LookupError | AssertionError):
        return "its structure is not the right one"  # of the parser's own code, which tells the analyst nothing
    told = " ".join(str(error).split()).split(" at ^ in")[0]
    told = re.sub(r"^<unknown>:(\d+):(\d+): ", r"line \1, column \2: ", re.sub(r" of <>", "", told))
    return UNSAFE.sub("", told)[:160].rstrip(". ") or type(error).__name__
