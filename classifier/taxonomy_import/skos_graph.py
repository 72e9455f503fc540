"""From an RDF graph to drafts of concepts, by SKOS as people really write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from rdflib import DC, DCTERMS, OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from classifier.errors import UnreadableFile
from classifier.taxonomy import LANGUAGES
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.drafts import Draft
from classifier.taxonomy_import.wording import TEXT_LENGTH, cleaned, language_tag

XL = Namespace("http://www.w3.org/2008/05/skos-xl#")
ISO = Namespace("http://purl.org/iso25964/skos-thes#")
BROADER = (SKOS.broader, ISO.broaderGeneric, ISO.broaderPartitive, ISO.broaderInstantial)
NARROWER = (SKOS.narrower, ISO.narrowerGeneric, ISO.narrowerPartitive, ISO.narrowerInstantial)
NAMED = frozenset((OWL.NamedIndividual, OWL.Thing, RDFS.Resource))  # types that say nothing
LOOSE_NAMES = (RDFS.label, DCTERMS.title, DC.title)
DEFINITIONS = (SKOS.definition, SKOS.scopeNote, DCTERMS.description, DC.description, RDFS.comment)


def drafts_of(graph: Graph, findings: Findings) -> dict[str, Draft]:
    """Give the drafts of all concepts by key, in the file's order. Raises UnreadableFile when there are none."""
    nodes = _concepts(graph, findings)
    for node, narrower in _parents(graph, nodes, findings):
        nodes[node].parents.append(str(narrower))
    return {str(node): draft for node, draft in nodes.items()}


def top_concepts(graph: Graph, drafts: dict[str, Draft], findings: Findings) -> list[str]:
    """Return the keys that the file calls top concepts, and report those that are not."""
    told = [*graph.subjects(SKOS.topConceptOf, None), *graph.objects(None, SKOS.hasTopConcept)]
    tops = [key for key in dict.fromkeys(map(str, told)) if key in drafts]
    for key in tops:
        if drafts[key].parents:
            sentence = "{n} concepts are called top concepts but have a broader concept, which is followed."
            findings.add("false_tops", sentence, drafts[key].name)
    if tops:
        marked = set(tops)
        for key, draft in drafts.items():
            if not draft.parents and key not in marked:
                sentence = "{n} concepts have no broader concept and no mark as top concept; they stand at the top."
                findings.add("orphans", sentence, draft.name)
    return tops


def scheme(graph: Graph, findings: Findings) -> tuple[str, str]:
    """Return the main scheme's name and IRI, "" when there is none; the main one has the most concepts."""
    sizes: dict[Node, int] = dict.fromkeys(graph.subjects(RDF.type, SKOS.ConceptScheme), 0)
    for named in (*graph.objects(None, SKOS.inScheme), *graph.objects(None, SKOS.topConceptOf)):
        sizes[named] = sizes.get(named, 0) + 1
    if not sizes:
        return "", ""
    main = max(sizes, key=lambda node: (sizes[node], _name(graph, node) != ""))
    if len(sizes) > 1:
        sentence = "The file holds {n} concept schemes; their concepts are taken together."
        findings.add("schemes", sentence, _name(graph, main) or str(main), n=len(sizes))
    return _name(graph, main), "" if isinstance(main, BNode) else str(main)


def _name(graph: Graph, node: Node) -> str:
    named: dict[str, str] = {}
    for predicate in (SKOS.prefLabel, DCTERMS.title, DC.title, RDFS.label):
        for literal in graph.objects(node, predicate):
            if isinstance(literal, Literal) and (text := cleaned(str(literal))):
                named.setdefault(language_tag(literal.language), text)
    return next((named[tag] for tag in (*LANGUAGES, "") if tag in named), next(iter(named.values()), ""))


def _concepts(graph: Graph, findings: Findings) -> dict[Node, Draft]:
    nodes = list(dict.fromkeys(graph.subjects(RDF.type, SKOS.Concept)))
    nodes = nodes or _of_narrower_kinds(graph) or _untyped(graph, findings)
    if not nodes:
        hint = " (it defines classes of an ontology)" if (None, RDF.type, OWL.Class) in graph else ""
        raise UnreadableFile(f"The file is RDF but holds no SKOS concepts{hint}.")
    _report_ignored(graph, set(nodes), findings)
    return {node: _draft(graph, node, findings) for node in nodes}


def _of_narrower_kinds(graph: Graph) -> list[Node]:
    """Find what only belongs to a class below skos:Concept; it counts where a file calls nothing a skos:Concept."""
    kinds = [kind for kind in graph.transitive_subjects(RDFS.subClassOf, SKOS.Concept) if kind is not None]
    return list(dict.fromkeys(node for kind in kinds for node in graph.subjects(RDF.type, kind)))


def _untyped(graph: Graph, findings: Findings) -> list[Node]:
    """Find what is used as a concept in a file that calls nothing a concept: it has a label and no other type."""
    collections = {*graph.subjects(RDF.type, SKOS.Collection), *graph.subjects(RDF.type, SKOS.OrderedCollection)}
    schemes = {*graph.subjects(RDF.type, SKOS.ConceptScheme), *graph.objects(None, SKOS.inScheme)}
    used: list[Node] = []
    for predicate in (SKOS.prefLabel, XL.prefLabel, SKOS.inScheme, SKOS.topConceptOf, *BROADER, *NARROWER):
        used += graph.subjects(predicate, None)
    nodes = [
        node for node in dict.fromkeys(used)
        if node not in collections and node not in schemes and {*graph.objects(node, RDF.type)} <= NAMED
    ]  # fmt: skip
    labelled = {s for predicate in (SKOS.prefLabel, XL.prefLabel) for s in graph.subjects(predicate, None)}
    if labelled.isdisjoint(nodes):
        return []
    findings.add(
        "untyped", "{n} concepts are not declared as skos:Concept; their labels and links show them.", n=len(nodes)
    )
    return nodes


def _report_ignored(graph: Graph, nodes: set[Node], findings: Findings) -> None:
    collections = {*graph.subjects(RDF.type, SKOS.Collection), *graph.subjects(RDF.type, SKOS.OrderedCollection)}
    findings.add("collections", "{n} collections were left out: they group concepts and are none.", n=len(collections))
    schemes = {*graph.subjects(RDF.type, SKOS.ConceptScheme), *graph.objects(None, SKOS.inScheme)}
    labelled = {*graph.subjects(SKOS.prefLabel, None), *graph.subjects(SKOS.broader, None)}
    n_other = len(labelled - nodes - collections - schemes)
    findings.add(
        "not_concepts", "{n} things have labels or links but are not called concepts and were left out.", n=n_other
    )
    n_old = sum(str(value).lower() in ("true", "1") for value in graph.objects(None, OWL.deprecated))
    findings.add("deprecated", "{n} concepts are marked as deprecated and were kept.", n=n_old)


def _draft(graph: Graph, node: Node, findings: Findings) -> Draft:
    uri = "" if isinstance(node, BNode) else str(node)
    draft = Draft(str(node), uri, "")
    _labels(graph, node, draft, findings)
    _notation(graph, node, draft, findings)
    if not draft.pref_labels:
        findings.add("no_label", "{n} concepts have no label; the notation stands in.", draft.notation)
        draft.pref_labels[""] = draft.notation.replace("_", " ") or draft.notation
    draft.uri = uri or f"_:{draft.notation}"
    for predicate in DEFINITIONS:
        for tag, text in _texts(graph, node, (predicate,), findings, TEXT_LENGTH):
            draft.definitions.setdefault(tag, text)
    for tag, text in _texts(graph, node, (SKOS.example,), findings, TEXT_LENGTH):
        draft.examples.setdefault(tag, []).append(text)
    return draft


def _labels(graph: Graph, node: Node, draft: Draft, findings: Findings) -> None:
    for tag, text in _texts(graph, node, (SKOS.prefLabel, XL.prefLabel), findings):
        if draft.pref_labels.setdefault(tag, text) != text:
            sentence = "{n} second prefLabels in the same language became altLabels."
            findings.add("second_labels", sentence, f"{draft.pref_labels[tag]} / {text}")
            draft.alt_labels.setdefault(tag, []).append(text)
    if not draft.pref_labels:
        for tag, text in _texts(graph, node, LOOSE_NAMES, findings):
            draft.pref_labels.setdefault(tag, text)
        if draft.pref_labels:
            findings.add("loose_labels", "{n} concepts have no prefLabel; rdfs:label or a title stands in.", draft.name)
    for tag, text in _texts(graph, node, (SKOS.altLabel, XL.altLabel), findings):
        if text != draft.pref_labels.get(tag):
            draft.alt_labels.setdefault(tag, []).append(text)
    for tag, text in _texts(graph, node, (SKOS.hiddenLabel, XL.hiddenLabel), findings):
        draft.hidden_labels.setdefault(tag, []).append(text)


def _texts(
    graph: Graph, node: Node, predicates: Iterable[URIRef], findings: Findings, longest: int = 500
) -> Iterator[tuple[str, str]]:
    """Yield language tag and cleaned text of literals, and of nodes that carry one (SKOS-XL, rdf:value)."""
    for predicate in predicates:
        for value in graph.objects(node, predicate):
            literals = [value] if isinstance(value, Literal) else _carried(graph, value)
            for literal in literals:
                raw = str(literal)
                text = cleaned(raw, longest)
                if text != raw:
                    sentence = "{n} texts were cleaned of outer, double or unusual spaces and control characters."
                    findings.add("cleaned_texts", sentence, text[:40])
                if text:
                    yield language_tag(literal.language), text


def _carried(graph: Graph, node: Node) -> list[Literal]:
    found = [*graph.objects(node, XL.literalForm), *graph.objects(node, RDF.value)]
    return [literal for literal in found if isinstance(literal, Literal)]


def _notation(graph: Graph, node: Node, draft: Draft, findings: Findings) -> None:
    notations = [text for value in graph.objects(node, SKOS.notation) if (text := cleaned(str(value)))]
    if not notations:
        draft.notation = last_part(draft.uri) or _slug(draft.name) or "concept"
        stand_in = "the last part of the IRI" if draft.uri else "the label"
        findings.add("no_notation", f"{{n}} concepts have no notation; {stand_in} stands in.", draft.notation)
        return
    draft.notation = notations[0]
    if len(notations) > 1:
        findings.add("several_notations", "{n} concepts have several notations; the first is used.", notations[0])
        draft.hidden_labels.setdefault("", []).extend(notations[1:])


def last_part(uri: str) -> str:
    """Return what follows the last #, / or : of an IRI, decoded."""
    return cleaned(unquote(re.split(r"[#/:]", uri.rstrip("#/"))[-1])) if uri else ""


def _slug(label: str) -> str:
    return re.sub(r"[^\w]+", "_", label.lower()).strip("_")


def _parents(graph: Graph, nodes: dict[Node, Draft], findings: Findings) -> Iterator[tuple[Node, Node]]:
    """Yield each concept with one of its parents, from broader and narrower, or the transitive links in need."""
    links: dict[Node, dict[Node, None]] = {}
    for predicate in BROADER:
        for child, parent in graph.subject_objects(predicate):
            links.setdefault(child, {})[parent] = None
    for predicate in NARROWER:
        for parent, child in graph.subject_objects(predicate):
            if child in nodes and parent not in links.setdefault(child, {}):
                links[child][parent] = None
    far = _transitive(graph)
    for node, draft in nodes.items():
        parents = links.get(node) or (_nearest(node, far) if node in far else {})
        if parents and node not in links:
            sentence = "{n} concepts have only transitive links; the nearest concepts above became their parents."
            findings.add("transitive_only", sentence, draft.name)
        for parent in parents:
            yield node, parent


def _transitive(graph: Graph) -> dict[Node, dict[Node, None]]:
    far: dict[Node, dict[Node, None]] = {}
    for child, parent in graph.subject_objects(SKOS.broaderTransitive):
        far.setdefault(child, {})[parent] = None
    for parent, child in graph.subject_objects(SKOS.narrowerTransitive):
        far.setdefault(child, {})[parent] = None
    return far


def _nearest(node: Node, far: dict[Node, dict[Node, None]]) -> dict[Node, None]:
    """Leave out each concept above that is also above another one of them."""
    above = [parent for parent in far[node] if parent != node]
    further = {grand for parent in above for grand in far.get(parent, ()) if parent not in far.get(grand, ())}
    return {parent: None for parent in above if parent not in further}
