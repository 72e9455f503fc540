"""An edition as SKOS: its owner can add it to the file, and it comes back as it went out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import SKOS, Graph

from classifier import taxonomies
from classifier.bootstrap import Services, build
from classifier.editions import CannotApply, Change, ChangeKind, apply_changes
from classifier.editions.skos import read_patch, write_patch, write_taxonomy
from classifier.errors import UnreadableFile
from classifier.repair import editing, patches
from classifier.settings import Settings
from classifier.taxonomy_import import read_taxonomy
from classifier.taxonomy_import.check_report import Findings
from classifier.taxonomy_import.rdf_syntax import JSON_LD, TURTLE, graph_of
from tests.asking import taxonomy_of

BASE = taxonomy_of(12)
SYNTAX = {"ttl": TURTLE, "jsonld": JSON_LD}
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(lambda s: s.strip())
NEW = Change(ChangeKind.CONCEPT, "0199", "Kéfir", "es", "01", "https://example.org/kefir")
KINDS = st.sampled_from((ChangeKind.ALT_LABEL, ChangeKind.HIDDEN_LABEL, ChangeKind.GUIDANCE, ChangeKind.FEW_SHOT))
CHANGES = st.builds(Change, KINDS, st.sampled_from((*BASE.concepts, "0199")), TEXTS, st.sampled_from(("es", "en", "")))
RULES = st.builds(Change, st.just(ChangeKind.NOT_A_PRODUCT), st.just(""), TEXTS)


@settings(max_examples=40)
@given(st.lists(CHANGES | RULES, max_size=6), st.sampled_from(("ttl", "jsonld")))
def test_a_patch_comes_back_as_the_changes_it_was_made_of(changes: list[Change], suffix: str) -> None:
    told = write_patch(BASE, [NEW, *changes], suffix, "why")
    found = read_patch(graph_of(told, SYNTAX[suffix], Findings()), BASE)
    assert set(found) == {NEW, *changes}
    assert found[0] == NEW


@pytest.mark.parametrize("suffix", ["ttl", "jsonld"])
def test_the_whole_taxonomy_comes_back_with_its_changes(suffix: str) -> None:
    label = Change(ChangeKind.ALT_LABEL, "0101", "lechita", "es")
    changed = apply_changes(BASE, [NEW, label])
    again, _ = read_taxonomy(write_taxonomy(changed, suffix).encode(), f"x.{suffix}")
    assert set(again.concepts) == set(changed.concepts)
    for notation, concept in changed.concepts.items():
        back = again.concepts[notation]
        assert (back.pref_labels, back.alt_labels, back.broader) == (
            concept.pref_labels, concept.alt_labels, concept.broader)  # fmt: skip


def test_a_patch_added_to_the_owners_file_gives_the_same_labels() -> None:
    label = Change(ChangeKind.HIDDEN_LABEL, "0101", "lehce", "es")
    owner = Graph().parse(data=write_taxonomy(BASE, "ttl"), format="turtle")
    owner.parse(data=write_patch(BASE, [label], "ttl"), format="turtle")
    assert [str(o) for o in owner.objects(None, SKOS.hiddenLabel)] == ["lehce"]
    merged, _ = read_taxonomy(owner.serialize(format="turtle").encode(), "owner.ttl")
    assert merged.concepts["0101"].hidden_labels["es"] == ("lehce",)
    assert set(merged.concepts) == set(BASE.concepts)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Services]:
    made = build(Settings.from_env({"ANAQUEL_HOME": str(tmp_path)}))
    yield made
    made.stop()


@pytest.mark.parametrize("suffix", ["ttl", "jsonld"])
def test_an_exported_patch_imports_into_the_same_taxonomy_elsewhere(
    here: Services, tmp_path: Path, suffix: str
) -> None:
    base = taxonomies.ensure_built_in(here)
    changes = [Change(ChangeKind.ALT_LABEL, "030101", "champusito", "es"),
               Change(ChangeKind.GUIDANCE, "030101", "never for pets"),
               Change(ChangeKind.NOT_A_PRODUCT, "", "rebajas")]  # fmt: skip
    made = editing.publish(here, editing.accept(here, editing.begin(here, base, "ana"), changes, "ana"), "why", "ana")
    told = patches.patch_of(here, made, suffix).encode()
    with pytest.raises(editing.NothingToPublish):
        patches.import_patch(here, told, "beto")
    assert editing.draft(here, base) is None
    elsewhere = build(Settings.from_env({"ANAQUEL_HOME": str(tmp_path / "elsewhere")}))
    try:
        with pytest.raises(UnreadableFile, match="import the taxonomy first"):
            patches.import_patch(elsewhere, told, "beto")
        taxonomies.ensure_built_in(elsewhere)
        came = patches.import_patch(elsewhere, told, "beto")
        assert came is not None
        assert came.taxonomy_id == made.taxonomy_id
        assert set(came.overlay.changes()) == set(changes)
    finally:
        elsewhere.stop()


def test_a_patch_of_another_taxonomy_is_refused_with_a_sentence(here: Services) -> None:
    base = taxonomies.ensure_built_in(here)
    strange = write_patch(BASE, [NEW], "ttl").encode()
    with pytest.raises(CannotApply, match="not in the taxonomy"):
        patches.import_patch(here, strange, "ana", base)
    assert editing.draft(here, base) is None


def test_a_taxonomy_file_is_no_patch(here: Services) -> None:
    assert patches.import_patch(here, taxonomies.BUILT_IN.read_bytes(), "ana") is None
    assert patches.import_patch(here, b"urn:anaquel:terms: is mentioned, no more", "ana") is None
