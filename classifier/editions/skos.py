"""Editions as SKOS for a taxonomy's owner: a patch (only what was added) or the whole new taxonomy. Pure.

A patch is an RDF graph of statements to be added to the owner's file (SKOS Reference, W3C 2009: skos:altLabel,
skos:hiddenLabel, skos:Concept, skos:broader, skos:scopeNote, skos:example), and one node that says what it is a patch
of. What SKOS has no word for (words that are no product) hangs on that node, in a vocabulary of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rdflib import RDF, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS
from rdflib.term import Node

from classifier.editions.applying import URN, CannotApply
from classifier.editions.change import Change, ChangeKind
from classifier.errors import UnreadableFile
from classifier.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = {"ttl": ("turtle", "text/turtle"), "jsonld": ("json-ld", "application/ld+json")}
OURS = Namespace("urn:anaquel:terms:")
NOT_A_PRODUCT = URIRef("urn:anaquel:not_a_product")  # stands for the answer in an example of it
LABELS = ((ChangeKind.ALT_LABEL, SKOS.altLabel), (ChangeKind.HIDDEN_LABEL, SKOS.hiddenLabel))
CONTEXT = {"skos": str(SKOS), "dcterms": str(DCTERMS), "anaquel": str(OURS)}


def write_patch(base: Taxonomy, changes: Iterable[Change], suffix: str, note: str = "") -> str:
    """Write changes to a taxonomy as a patch; suffix: "ttl" or "jsonld"."""
    graph = _graph()
    patch = URIRef(f"urn:anaquel:patch:{base.fingerprint}")
    graph.add((patch, RDF.type, OURS.Patch))
    graph.add((patch, OURS.base, Literal(base.fingerprint)))
    if base.uri:
        graph.add((patch, DCTERMS.subject, _iri(base.uri, "")))
    if note:
        graph.add((patch, SKOS.changeNote, Literal(note)))
    told = list(changes)
    uris = {change.notation: change.uri for change in told if change.kind is ChangeKind.CONCEPT}
    for change in told:
        _add(graph, patch, base, uris, change)
    return _written(graph, suffix)


def write_taxonomy(taxonomy: Taxonomy, suffix: str) -> str:
    """Write a whole taxonomy: concepts with labels, definitions, examples, notations and what is above them."""
    graph = _graph()
    scheme = _iri(taxonomy.uri, "") if taxonomy.uri else URIRef(f"urn:anaquel:scheme:{taxonomy.fingerprint}")
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    graph.add((scheme, SKOS.prefLabel, Literal(taxonomy.name)))
    for notation, concept in taxonomy.concepts.items():
        node = _iri(concept.uri, notation)
        graph.add((node, RDF.type, SKOS.Concept))
        graph.add((node, SKOS.inScheme, scheme))
        graph.add((node, SKOS.notation, Literal(notation)))
        for language, label in concept.pref_labels.items():
            graph.add((node, SKOS.prefLabel, _literal(label, language)))
        for language, text in concept.definitions.items():
            graph.add((node, SKOS.definition, _literal(text, language)))
        for predicate, several in ((SKOS.altLabel, concept.alt_labels), (SKOS.hiddenLabel, concept.hidden_labels),
                                   (SKOS.example, concept.examples)):  # fmt: skip
            for language, labels in several.items():
                for label in labels:
                    graph.add((node, predicate, _literal(label, language)))
        for above in concept.broader:
            graph.add((node, SKOS.broader, _iri(taxonomy.concepts[above].uri, above)))
        if not concept.broader:
            graph.add((node, SKOS.topConceptOf, scheme))
    return _written(graph, suffix)


def is_patch(graph: Graph) -> bool:
    """Tell whether a graph says of itself that it is a patch."""
    return (None, RDF.type, OURS.Patch) in graph


def base_of(graph: Graph) -> str | None:
    """Return the fingerprint of the taxonomy version that a patch was made for, None when it does not say."""
    return next((str(value) for value in graph.objects(None, OURS.base)), None)


def read_patch(graph: Graph, base: Taxonomy) -> list[Change]:
    """Read a patch's changes for a taxonomy. Raises CannotApply when it speaks of categories that are not there."""
    known = {_iri(concept.uri, notation): notation for notation, concept in base.concepts.items()}
    added = list(_new_concepts(graph, known))
    known |= {URIRef(change.uri): change.notation for change in added}
    changes = [*added, *_labels(graph, known), *_told(graph, known)]
    if not changes:
        raise UnreadableFile("The patch changes nothing.")
    return changes


def _add(graph: Graph, patch: URIRef, base: Taxonomy, uris: dict[str, str], change: Change) -> None:
    def node(notation: str) -> URIRef:
        return _iri(uris.get(notation) or (base.concepts[notation].uri if notation in base.concepts else ""), notation)

    literal = _literal(change.text, change.language)
    for kind, predicate in LABELS:
        if change.kind is kind:
            graph.add((node(change.notation), predicate, literal))
    if change.kind is ChangeKind.CONCEPT:
        concept = node(change.notation)
        graph.add((concept, RDF.type, SKOS.Concept))
        graph.add((concept, SKOS.prefLabel, literal))
        graph.add((concept, SKOS.notation, Literal(change.notation)))
        if change.broader:
            graph.add((concept, SKOS.broader, node(change.broader)))
    elif change.kind is ChangeKind.GUIDANCE:
        graph.add((node(change.notation) if change.notation else patch, SKOS.scopeNote, literal))
    elif change.kind is ChangeKind.FEW_SHOT:
        of = NOT_A_PRODUCT if change.notation == "not_a_product" else node(change.notation)
        graph.add((of, SKOS.example, literal))
    elif change.kind is ChangeKind.NOT_A_PRODUCT:
        graph.add((patch, OURS.notAProduct, literal))


def _new_concepts(graph: Graph, known: dict[URIRef, str]) -> Iterator[Change]:
    waiting = [node for node in sorted(graph.subjects(RDF.type, SKOS.Concept), key=str) if node not in known]
    named = dict(known)
    while waiting:
        ready = [node for node in waiting if all(above in named for above in graph.objects(node, SKOS.broader))]
        if not ready:
            raise CannotApply(f"The patch puts {waiting[0]} under a category that is not in the taxonomy.")
        for node in ready:
            label = next(iter(graph.objects(node, SKOS.prefLabel)), None)
            notation = next(iter(graph.objects(node, SKOS.notation)), None)
            if not isinstance(label, Literal) or notation is None:
                raise CannotApply(f"The patch's new category {node} has no prefLabel or no notation.")
            above = next((named[URIRef(str(one))] for one in graph.objects(node, SKOS.broader)), "")
            named[URIRef(str(node))] = str(notation)
            yield Change(ChangeKind.CONCEPT, str(notation), str(label), label.language or "", above, str(node))
        waiting = [node for node in waiting if node not in ready]


def _labels(graph: Graph, known: dict[URIRef, str]) -> Iterator[Change]:
    for kind, predicate in LABELS:
        for node, label in sorted(graph.subject_objects(predicate)):
            yield _change(kind, _notation(known, node), label)


def _told(graph: Graph, known: dict[URIRef, str]) -> Iterator[Change]:
    patches = set(graph.subjects(RDF.type, OURS.Patch))
    for node, note in sorted(graph.subject_objects(SKOS.scopeNote)):
        yield _change(ChangeKind.GUIDANCE, "" if node in patches else _notation(known, node), note)
    for node, text in sorted(graph.subject_objects(SKOS.example)):
        notation = "not_a_product" if node == NOT_A_PRODUCT else _notation(known, node)
        yield _change(ChangeKind.FEW_SHOT, notation, text)
    for word in sorted(graph.objects(None, OURS.notAProduct), key=str):
        yield _change(ChangeKind.NOT_A_PRODUCT, "", word)


def _change(kind: ChangeKind, notation: str, value: Node) -> Change:
    if not isinstance(value, Literal):
        raise CannotApply("The patch has a label that is no text.")
    try:
        return Change(kind, notation, str(value), value.language or "")
    except ValueError as error:
        raise CannotApply(str(error)) from error


def _notation(known: dict[URIRef, str], node: Node) -> str:
    notation = known.get(URIRef(str(node)))
    if notation is None:
        raise CannotApply(f"The patch speaks of {node}, which is not in the taxonomy.")
    return notation


def _graph() -> Graph:
    graph = Graph()
    for prefix, namespace in CONTEXT.items():
        graph.bind(prefix, namespace)
    return graph


def _iri(uri: str, notation: str) -> URIRef:
    """Name a node by its IRI; what has none (a flat file's concept) by its notation."""
    from urllib.parse import quote

    if uri and not uri.startswith("_:"):
        return URIRef(quote(uri, safe=":/?#[]@!$&'()*+,;=%~-._"))
    return URIRef(URN + quote(notation, safe=""))


def _literal(text: str, language: str) -> Literal:
    return Literal(text, lang=language or None)


def _written(graph: Graph, suffix: str) -> str:
    name, _ = FORMATS[suffix]
    if name == "json-ld":
        return str(graph.serialize(format=name, context=CONTEXT, indent=2, sort_keys=True))
    return str(graph.serialize(format=name))
