from __future__ import annotations

import pytest

from classifier import taxonomies
from classifier.assignable import Assignment, NothingAssignable, assign, is_placeholder, rule_of
from classifier.bootstrap import build
from classifier.settings import Settings
from classifier.taxonomy import Concept, Taxonomy


def taxonomy(*rows: tuple[str, str, str]) -> Taxonomy:
    concepts = {n: Concept(n, f"urn:{n}", {"es": label}, broader=(up,) if up else ()) for n, up, label in rows}
    return Taxonomy("tienda", "urn:tienda", concepts)


SHOP = taxonomy(("1", "", "Lácteos"), ("11", "1", "Leche"), ("19", "1", "Otros"), ("9", "", "Sin clasificar"))


@pytest.mark.parametrize("label", ["Otros", "OTROS PRODUCTOS", "Varios", "N/A", "---", "Sin clasificar", "Misc.", "TBD",
                                   "Uncategorized", "Otras", "Prueba"])  # fmt: skip
def test_a_label_that_holds_a_shelf_open_is_a_placeholder(label: str) -> None:
    assert is_placeholder(Concept("1", "urn:1", {"es": label}))


@pytest.mark.parametrize("label", ["Otros quesos", "Leche", "Resto de bollería", "Productos de limpieza",
                                   "General Electric", "Varios colores de pintura"])  # fmt: skip
def test_a_label_that_says_what_belongs_there_is_none(label: str) -> None:
    assert not is_placeholder(Concept("1", "urn:1", {"es": label}))


def test_the_choice_is_a_version_with_a_fingerprint_of_its_own_and_all_is_the_first_one_again() -> None:
    leaves = assign(SHOP, Assignment(leaves_only=True))
    assert leaves.assignable == ("11", "19", "9")
    tidy = assign(leaves, Assignment(leaves_only=True, hides_placeholders=True))
    assert tidy.assignable == ("11",)
    assert len({SHOP.fingerprint, leaves.fingerprint, tidy.fingerprint}) == 3
    assert assign(tidy, Assignment()).fingerprint == SHOP.fingerprint


def test_the_rule_of_a_version_is_told_from_what_is_assignable() -> None:
    assert rule_of(assign(SHOP, Assignment(hides_placeholders=True))) == Assignment(hides_placeholders=True)
    assert rule_of(Taxonomy("t", "urn:t", SHOP.concepts, frozenset(("1",)))) is None


def test_a_choice_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(NothingAssignable):
        assign(taxonomy(("1", "", "Otros")), Assignment(hides_placeholders=True))


def test_the_embedded_engine_answers_only_with_what_was_chosen(tmp_path: object) -> None:
    services = build(Settings.from_env({"ANAQUEL_HOME": str(tmp_path)}))
    taxonomy_id, _ = taxonomies.add(
        services, b"id,parent,label\n1,,Frutas y verduras\n11,1,Frutas\n19,1,Otros\n2,,Bebidas\n", "t.csv"
    )
    chosen = taxonomies.choose_assignable(services, taxonomy_id, Assignment(leaves_only=True, hides_placeholders=True))
    engine = services.builder.local_engine(chosen)
    assert {c.notation for c in engine.candidates("frutas y verduras", 10)} <= {"11", "2"}
    assert taxonomies.choose_assignable(services, chosen, Assignment()) == taxonomy_id
    services.store.close()
