"""SKOS files as people really write them: read in full, mended aloud, never fetched."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, SKOS, BNode, Dataset, Literal, URIRef

from classifier.taxonomy import Taxonomy, from_record, to_record
from classifier.taxonomy_import import CheckReport, UnreadableFile, read_taxonomy

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # its own parsers use what it retires

PREFIXES = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://ex.org/> .
"""
RDF_XML = """<?xml version="1.0" encoding="UTF-8"?>
%s<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="http://www.w3.org/2004/02/skos/core#">
<skos:Concept rdf:about="http://ex.org/a"><skos:prefLabel xml:lang="es">%s</skos:prefLabel></skos:Concept></rdf:RDF>"""


def turtle(body: str) -> tuple[Taxonomy, CheckReport]:
    return read_taxonomy((PREFIXES + body).encode(), "test.ttl")


def refusal(source: str | bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_taxonomy(source.encode() if isinstance(source, str) else source, "file.rdf")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def broader(taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    return {notation: concept.broader for notation, concept in taxonomy.concepts.items()}


@pytest.fixture(scope="module")
def small() -> Dataset:
    graph = Dataset(default_union=True)
    food, milk = URIRef("http://ex.org/food"), URIRef("http://ex.org/milk")
    for node, notation, es, en in ((food, "F", "Comida", "Food"), (milk, "007", "Leche", "Milk")):
        graph.add((node, RDF.type, SKOS.Concept))
        graph.add((node, SKOS.notation, Literal(notation)))
        graph.add((node, SKOS.prefLabel, Literal(es, lang="es")))
        graph.add((node, SKOS.prefLabel, Literal(en, lang="en")))
    graph.add((milk, SKOS.broader, food))
    return graph


@pytest.mark.parametrize("syntax", ["json-ld", "turtle", "xml", "nt", "nquads", "trig"])
@pytest.mark.parametrize("name", ["tax.csv", "tax"])
def test_every_syntax_is_recognised_whatever_the_file_is_called(small: Dataset, syntax: str, name: str) -> None:
    taxonomy, report = read_taxonomy(small.serialize(format=syntax, encoding="utf-8"), name)
    assert sorted(taxonomy.concepts) == ["007", "F"]
    assert taxonomy.concepts["007"].pref_labels == {"es": "Leche", "en": "Milk"}
    assert broader(taxonomy)["007"] == ("F",)
    assert (report.n_concepts, report.n_top, report.depth) == (2, 1, 2)
    assert dict(report.languages) == {"es": 2, "en": 2}
    assert not report.mended


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_and_utf_16_are_read(small: Dataset, encoding: str) -> None:
    for syntax in ("turtle", "xml", "json-ld"):
        taxonomy, _ = read_taxonomy(str(small.serialize(format=syntax)).encode(encoding), "x")
        assert len(taxonomy.concepts) == 2


def test_a_packed_file_is_read(small: Dataset) -> None:
    taxonomy, _ = read_taxonomy(gzip.compress(small.serialize(format="turtle", encoding="utf-8")), "x.gz")
    assert len(taxonomy.concepts) == 2


@pytest.mark.parametrize(
    "document",
    [
        {
            "@context": {"skos": str(SKOS), "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"}},
            "@graph": [{"@id": "http://ex.org/1", "@type": "skos:Concept", "prefLabel": {"es": "uno", "en": "one"}}],
        },
        [
            {
                "@id": "http://ex.org/1",
                "@type": [str(SKOS.Concept)],
                str(SKOS.prefLabel): [{"@value": "uno", "@language": "es"}, {"@value": "one", "@language": "en"}],
            }
        ],
        {
            "@context": {"@vocab": str(SKOS)},
            "@id": "http://ex.org/1",
            "@type": "Concept",
            "prefLabel": [{"@value": "uno", "@language": "es"}, {"@value": "one", "@language": "en"}],
        },
    ],
)
def test_json_ld_is_read_compact_expanded_and_as_a_graph(document: object) -> None:
    taxonomy, _ = read_taxonomy(json.dumps(document).encode(), "x.json")
    assert taxonomy.concepts["1"].pref_labels == {"es": "uno", "en": "one"}


def test_narrower_alone_gives_the_hierarchy() -> None:
    taxonomy, _ = turtle("ex:a a skos:Concept; skos:narrower ex:b . ex:b a skos:Concept .")
    assert broader(taxonomy) == {"a": (), "b": ("a",)}


def test_transitive_links_give_the_nearest_parent() -> None:
    taxonomy, report = turtle(
        "ex:a a skos:Concept . ex:b a skos:Concept; skos:broaderTransitive ex:a ."
        "ex:c a skos:Concept; skos:broaderTransitive ex:a, ex:b ."
    )
    assert broader(taxonomy) == {"a": (), "b": ("a",), "c": ("b",)}
    assert report.mended["transitive_only"] == 2


def test_a_top_concept_that_is_none_stays_under_its_parent_and_is_told() -> None:
    taxonomy, report = turtle(
        "ex:s a skos:ConceptScheme; skos:hasTopConcept ex:a, ex:b . ex:a a skos:Concept ."
        "ex:b a skos:Concept; skos:broader ex:a; skos:topConceptOf ex:s . ex:c a skos:Concept ."
    )
    assert broader(taxonomy)["b"] == ("a",)
    assert report.mended["false_tops"] == 1
    assert report.mended["orphans"] == 1


def test_cycles_are_cut_and_everything_else_stays() -> None:
    taxonomy, report = turtle(
        "ex:s skos:hasTopConcept ex:b . ex:a a skos:Concept; skos:broader ex:c ."
        "ex:b a skos:Concept; skos:broader ex:a ."
        "ex:c a skos:Concept; skos:broader ex:b . ex:d a skos:Concept; skos:broader ex:d ."
    )
    assert broader(taxonomy) == {"a": ("c",), "b": (), "c": ("b",), "d": ()}
    assert report.mended["cycles"] == 2
    assert any("circle" in sentence for sentence in report.sentences)


def test_a_chain_deeper_than_any_real_hierarchy_is_refused_at_once() -> None:
    chain = "".join(f"ex:c{n} a skos:Concept ; skos:broader ex:c{n + 1} .\n" for n in range(5_000))
    with pytest.raises(UnreadableFile, match="deeper than the limit of 200 levels"):
        read_taxonomy(f"{PREFIXES}{chain}ex:c5000 a skos:Concept .".encode(), "chain.ttl")


def test_json_ld_whose_labels_are_named_by_a_remote_context_is_refused() -> None:
    document = {
        "@context": ["https://example.org/context.json", {"skos": str(SKOS)}],
        "@graph": [{"@id": "urn:a", "@type": "skos:Concept", "nombre": {"es": "Leche"}}],
    }
    with pytest.raises(UnreadableFile, match="needs a context from another server"):
        read_taxonomy(json.dumps(document).encode(), "a.jsonld")


def test_the_most_specific_of_several_parents_leads() -> None:
    taxonomy, report = turtle(
        "ex:food a skos:Concept . ex:dairy a skos:Concept; skos:broader ex:food ."
        "ex:milk a skos:Concept; skos:broader ex:food, ex:dairy ."
    )
    assert taxonomy.path("milk") == ("food", "dairy", "milk")
    assert set(broader(taxonomy)["milk"]) == {"food", "dairy"}
    assert report.mended["several_parents"] == 1


def test_a_parent_outside_the_file_is_left_out_and_told() -> None:
    taxonomy, report = turtle("ex:a a skos:Concept; skos:broader ex:elsewhere .")
    assert broader(taxonomy) == {"a": ()}
    assert report.mended["unknown_broader"] == 1


def test_labels_of_skos_xl_are_read() -> None:
    taxonomy, _ = turtle(
        'ex:a a skos:Concept; xl:prefLabel ex:l ; xl:altLabel [ xl:literalForm "arrocito"@es ] .'
        'ex:l a xl:Label; xl:literalForm "Arroz"@es .'
    )
    assert taxonomy.concepts["a"].pref_labels == {"es": "Arroz"}
    assert taxonomy.concepts["a"].alt_labels == {"es": ("arrocito",)}


def test_languages_with_regions_are_kept_in_lower_case() -> None:
    taxonomy, report = turtle('ex:a a skos:Concept; skos:prefLabel "Ejotes"@es-MX, "Green beans"@en-US, "Judías" .')
    assert taxonomy.concepts["a"].pref_labels == {"es-mx": "Ejotes", "en-us": "Green beans", "": "Judías"}
    assert dict(report.languages) == {"es-mx": 1, "en-us": 1, "": 1}


def test_wrong_language_tags_with_an_underscore_are_mended() -> None:
    for source in (
        PREFIXES + 'ex:a a skos:Concept; skos:prefLabel "Leche"@es_MX .',
        (RDF_XML % ("", "Leche")).replace('"es"', '"es_MX"'),
        f'{{"@id":"http://ex.org/a","@type":"{SKOS.Concept}",'
        f'"{SKOS.prefLabel}":{{"@value":"Leche","@language":"es_MX"}}}}',
    ):
        taxonomy, report = read_taxonomy(source.encode(), "x")
        assert taxonomy.concepts["a"].pref_labels == {"es-mx": "Leche"}
        assert report.mended["language_tags"] == 1


def test_spaces_of_every_kind_are_cleaned_and_told() -> None:
    taxonomy, report = turtle('ex:a a skos:Concept; skos:prefLabel " Leche\u00a0 entera\\n"@es; skos:notation " A1 " .')
    assert taxonomy.concepts["A1"].pref_labels == {"es": "Leche entera"}
    assert report.mended["cleaned_texts"] == 1


def test_a_concept_without_notation_is_called_by_the_last_part_of_its_iri() -> None:
    taxonomy, report = turtle("<http://x.org/a#c%C3%B3digo> a skos:Concept . <http://x.org/b/7/> a skos:Concept .")
    assert list(taxonomy.concepts) == ["código", "7"]
    assert report.mended["no_notation"] == 2
    assert report.mended["no_label"] == 2


def test_notations_that_come_twice_are_made_unique_without_taking_anothers() -> None:
    taxonomy, report = turtle(
        'ex:a a skos:Concept; skos:notation "X" . ex:b a skos:Concept; skos:notation "X" .'
        'ex:c a skos:Concept; skos:notation "X-2" . ex:d a skos:Concept; skos:notation "X", "Y"; skos:broader ex:b .'
    )
    assert [c.uri[-1] for c in taxonomy.concepts.values()] == ["a", "b", "c", "d"]
    assert list(taxonomy.concepts) == ["X", "X-3", "X-2", "X-4"]
    assert broader(taxonomy)["X-4"] == ("X-3",)
    assert report.mended["duplicate_notations"] == 2


def test_a_second_label_in_the_same_language_becomes_a_synonym() -> None:
    taxonomy, report = turtle(
        'ex:a a skos:Concept; skos:prefLabel "Habas"@es, "Alubias"@es; skos:altLabel "Habas"@es .'
    )
    concept = taxonomy.concepts["a"]
    assert concept.pref_labels == {"es": "Habas"}
    assert concept.alt_labels == {"es": ("Alubias",)}
    assert report.mended["second_labels"] == 1


def test_a_loose_name_stands_in_for_a_missing_label() -> None:
    taxonomy, report = turtle('ex:a a skos:Concept; rdfs:label "Leche"@es .')
    assert taxonomy.concepts["a"].pref_labels == {"es": "Leche"}
    assert report.mended["loose_labels"] == 1


def test_collections_and_other_things_are_left_out_and_counted() -> None:
    taxonomy, report = turtle(
        'ex:a a skos:Concept . ex:k a skos:Collection; skos:prefLabel "K"; skos:member ex:a . ex:z skos:prefLabel "Z" .'
    )
    assert list(taxonomy.concepts) == ["a"]
    assert report.mended["collections"] == 1
    assert report.mended["not_concepts"] == 1


def test_a_blank_node_is_a_concept_with_the_same_fingerprint_each_time() -> None:
    body = (
        '[] a skos:Concept; skos:prefLabel "Sin nombre"@es .'
        'ex:a a skos:Concept; skos:broader [ a skos:Concept; skos:notation "B" ] .'
    )
    first, second = turtle(body)[0], turtle(body)[0]
    assert set(first.concepts) == {"sin_nombre", "a", "B"}
    assert first.fingerprint == second.fingerprint


def test_several_schemes_are_taken_together_and_the_largest_gives_the_name() -> None:
    taxonomy, report = turtle(
        'ex:s a skos:ConceptScheme; skos:prefLabel "Chico"@es .'
        'ex:t a skos:ConceptScheme; skos:prefLabel "Big"@en, "Grande"@es .'
        "ex:a a skos:Concept; skos:inScheme ex:s . ex:b a skos:Concept; skos:inScheme ex:t ."
        "ex:c a skos:Concept; skos:inScheme ex:t ."
    )
    assert (taxonomy.name, taxonomy.uri, len(taxonomy.concepts)) == ("Grande", "http://ex.org/t", 3)
    assert report.mended["schemes"] == 2


def test_concepts_that_nothing_declares_are_found_by_their_links() -> None:
    taxonomy, report = turtle('ex:a skos:prefLabel "A" . ex:b skos:prefLabel "B"; skos:broader ex:a .')
    assert broader(taxonomy) == {"a": (), "b": ("a",)}
    assert report.mended["untyped"] == 2


def test_only_what_is_called_a_concept_counts_where_something_is() -> None:
    body = """ex:Shelf rdfs:subClassOf skos:Concept .
        ex:a a skos:Concept ; skos:prefLabel "A"@es . ex:b a ex:Shelf ; skos:prefLabel "B"@es ."""
    taxonomy, report = turtle(body)
    assert list(taxonomy.concepts) == ["a"]
    assert report.mended["not_concepts"] == 1


def test_members_of_a_class_below_concept_count_where_nothing_else_does() -> None:
    taxonomy, _ = turtle('ex:Shelf rdfs:subClassOf skos:Concept . ex:b a ex:Shelf ; skos:prefLabel "B"@es .')
    assert list(taxonomy.concepts) == ["b"]


def test_a_notation_that_stands_in_for_a_label_is_no_language() -> None:
    _, report = turtle('ex:a a skos:Concept ; skos:prefLabel "A"@es . ex:b a skos:Concept .')
    assert report.languages == {"es": 1}


def test_texts_about_a_concept_are_kept() -> None:
    taxonomy, _ = turtle(
        'ex:a a skos:Concept; skos:definition "De vaca"@es; skos:example "Leche 1 L"@es; skos:hiddenLabel "lehe"@es .'
    )
    concept = taxonomy.concepts["a"]
    assert concept.definitions == {"es": "De vaca"}
    assert concept.examples == {"es": ("Leche 1 L",)}
    assert concept.hidden_labels == {"es": ("lehe",)}


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_nothing_is_ever_fetched(listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    compact = {"@id": "http://ex.org/a", "@type": "Concept", "prefLabel": {"@value": "A", "@language": "es"}}
    full = {"@id": "http://ex.org/a", "@type": "skos:Concept", "skos:prefLabel": {"@value": "A", "@language": "es"}}
    prefix = {"skos": str(SKOS)}
    scoped = [prefix, {"n": {"@id": "n:", "@context": address + "/c"}}]
    for context in (address + "/c", [address + "/c", {"x": "y:"}], {"@import": address + "/c"}, scoped):
        taxonomy, report = read_taxonomy(json.dumps({"@context": context, "@graph": [full]}).encode(), "x")
        assert list(taxonomy.concepts) == ["a"]
        assert report.mended["remote_contexts"] == 1
    assert "never fetched" in refusal(json.dumps({"@context": address + "/c", **compact}))
    turtle(f"<http://ex.org/o> <http://www.w3.org/2002/07/owl#imports> <{address}/o> . ex:a a skos:Concept .")
    read_taxonomy((RDF_XML % (f'<!DOCTYPE rdf:RDF SYSTEM "{address}/d.dtd">', "A")).encode(), "x")
    assert asked == []


def test_plain_xml_entities_are_read_and_bombs_are_refused() -> None:
    taxonomy, _ = read_taxonomy((RDF_XML % ('<!DOCTYPE rdf:RDF [<!ENTITY milk "Leche">]>', "&milk;")).encode(), "x")
    assert taxonomy.concepts["a"].pref_labels == {"es": "Leche"}
    for entities, text in (
        ('<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">', "&b;"),
        ('<!ENTITY e SYSTEM "file:///etc/passwd">', "&e;"),
        ('<!ENTITY % p "x">', ""),
        ('<!ENTITY a "' + "x" * 299 + '">', "&a;" * 20_000),
    ):
        assert "not accepted" in refusal(
            RDF_XML.replace("%s", "\0", 1).replace("%s", text).replace("\0", f"<!DOCTYPE r [{entities}]>")
        )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("<html><body/></html>", "web page"),
        ("<?xml version='1.0'?><root/>", "not RDF"),
        (PREFIXES + 'ex:a a skos:Concept; skos:prefLabel "x', "Turtle"),
        (PREFIXES + "ex:a a ex:Thing .", "no SKOS concepts"),
        (PREFIXES + "ex:a a skos:Concept; skos:broader " + "[ skos:broader " * 3000, "nested too deeply"),
        ('{"@graph": [', "not valid JSON"),
        ('{"@graph":' + "[" * 100_000, "nested too deeply"),
        ("%PDF-1.4", "PDF"),
        ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "binary"),
        ("Lorem ipsum dolor sit amet.", "no taxonomy"),
    ],
)
def test_what_is_no_taxonomy_is_refused_with_a_true_sentence(source: str, said: str) -> None:
    assert said in refusal(source.encode("latin-1"))


NODES = [URIRef(f"http://ex.org/n{n}") for n in range(6)] + [BNode(f"b{n}") for n in range(2)]
LABELS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
TRIPLES = st.one_of(
    st.tuples(st.sampled_from(NODES), st.just(RDF.type), st.sampled_from([SKOS.Concept, SKOS.Collection])),
    st.tuples(
        st.sampled_from(NODES),
        st.sampled_from([SKOS.broader, SKOS.narrower, SKOS.broaderTransitive, SKOS.topConceptOf, SKOS.hasTopConcept]),
        st.sampled_from(NODES),
    ),
    st.tuples(
        st.sampled_from(NODES),
        st.sampled_from([SKOS.prefLabel, SKOS.altLabel, SKOS.notation, SKOS.definition]),
        st.builds(Literal, LABELS, lang=st.sampled_from([None, "es", "es-MX", "en"])),
    ),
)


@given(st.lists(TRIPLES, max_size=40), st.sampled_from(["turtle", "nt", "json-ld", "xml"]))
def test_any_graph_becomes_a_sound_taxonomy_with_all_its_concepts(
    triples: list[tuple[URIRef, URIRef, URIRef]], syntax: str
) -> None:
    graph = Dataset(default_union=True)
    graph.add((URIRef("http://ex.org/root"), RDF.type, SKOS.Concept))
    for triple in triples:
        graph.add(triple)
    source = graph.serialize(format=syntax, encoding="utf-8")
    seen = Dataset(default_union=True).parse(data=source, format=syntax)
    taxonomy, report = read_taxonomy(source, "x")
    assert len(taxonomy.concepts) == len(set(seen.subjects(RDF.type, SKOS.Concept))) == report.n_concepts
    assert sum(len(kids) for parent, kids in taxonomy.children.items() if not parent) == report.n_top >= 1
    for notation, concept in taxonomy.concepts.items():
        assert notation == concept.notation == notation.strip() != ""
        assert concept.pref_labels
        assert all(parent in taxonomy.concepts for parent in concept.broader)
        assert not taxonomy.concepts[taxonomy.top(notation)].broader
    assert from_record(to_record(taxonomy)).fingerprint == taxonomy.fingerprint


@pytest.mark.parametrize(
    "body",
    [
        "ex:a skos:broader ex:b . ex:b skos:related ex:c .",  # links alone
        'ex:m a ex:Metric ; skos:prefLabel "A metric"@en . ex:n a ex:Metric ; skos:broader ex:m .',
    ],
)
def test_things_that_nobody_calls_concepts_are_refused_when_they_have_no_label_or_are_something_else(body: str) -> None:
    source = f"@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix ex: <urn:ex:> . {body}"
    with pytest.raises(UnreadableFile, match="no SKOS concepts"):
        read_taxonomy(source.encode(), "t.ttl")
