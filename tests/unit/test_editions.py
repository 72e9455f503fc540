"""Overlays and what comes of them: the base stays as it is, all that was accepted is there, all comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import jobs, taxonomies
from classifier.bootstrap import Services, build
from classifier.editions import CannotApply, Change, ChangeKind, Overlay, apply_changes, differences
from classifier.editions.applying import next_notation, uri_for
from classifier.products import Product
from classifier.repair import editing
from classifier.settings import Settings
from classifier.spec import Spec
from classifier.taxonomy_choice import find_taxonomy
from storage import EditionChanged
from tests.asking import taxonomy_of

BASE = taxonomy_of(30)
KINDS = (ChangeKind.ALT_LABEL, ChangeKind.HIDDEN_LABEL, ChangeKind.GUIDANCE, ChangeKind.FEW_SHOT,
         ChangeKind.NOT_A_PRODUCT)  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(lambda s: s.strip())


@st.composite
def changes(draw: st.DrawFn) -> Change:
    kind = draw(st.sampled_from(KINDS))
    notation = "" if kind is ChangeKind.NOT_A_PRODUCT else draw(st.sampled_from(sorted(BASE.concepts)))
    language = draw(st.sampled_from(("es", "en", ""))) if kind in KINDS[:2] else ""
    return Change(kind, notation, draw(TEXTS), language)


@given(st.lists(changes(), max_size=8))
def test_what_was_accepted_is_in_the_overlay_and_survives_the_record(accepted: list[Change]) -> None:
    overlay = Overlay()
    for change in accepted:
        overlay = overlay.accept(change)
        assert change in overlay.changes()
        assert overlay.accept(change) == overlay
    assert Overlay.from_record(json.loads(json.dumps(overlay.to_record()))) == overlay


@given(st.lists(changes(), max_size=6), changes())
def test_withdrawing_gives_back_what_was_before(accepted: list[Change], last: Change) -> None:
    overlay = Overlay()
    for change in accepted:
        overlay = overlay.accept(change)
    if last.kind is ChangeKind.FEW_SHOT or last in overlay.changes():
        return
    assert overlay.accept(last).withdraw(last) == overlay


@given(st.lists(changes(), max_size=6), st.lists(changes(), max_size=6))
def test_differences_lead_from_one_overlay_to_the_other(one: list[Change], other: list[Change]) -> None:
    old, new = Overlay(), Overlay()
    for change in one:
        old = old.accept(change)
    for change in other:
        new = new.accept(change)
    walked = old
    for difference in sorted(differences(old, new), key=lambda d: d.is_added):
        assert difference.change is not None
        walked = walked.accept(difference.change) if difference.is_added else walked.withdraw(difference.change)
    assert set(walked.changes()) == set(new.changes())
    assert differences(new, new) == []


@given(st.lists(changes(), max_size=6))
def test_applying_keeps_every_label_that_was_there_and_the_base_itself(accepted: list[Change]) -> None:
    before = BASE.fingerprint
    result = apply_changes(BASE, accepted)
    for notation, concept in BASE.concepts.items():
        for language, labels in concept.alt_labels.items():
            assert set(labels) <= set(result.concepts[notation].alt_labels[language])
        assert result.concepts[notation].pref_labels == concept.pref_labels
    assert taxonomy_of(30).fingerprint == BASE.fingerprint == before
    assert apply_changes(result, accepted) == result


def test_a_label_that_is_there_already_is_not_doubled() -> None:
    once = Change(ChangeKind.ALT_LABEL, "0101", "Champú", "es")
    again = Change(ChangeKind.ALT_LABEL, "0101", "champu", "es")
    assert apply_changes(BASE, [once, again]) == apply_changes(BASE, [once])


def test_a_new_concept_stands_under_its_parent_and_can_have_labels_and_goes_with_them() -> None:
    notation = next_notation(BASE, "01")
    added = Change(ChangeKind.CONCEPT, notation, "Kéfir", "es", "01", uri_for(BASE, notation))
    label = Change(ChangeKind.ALT_LABEL, notation, "búlgaros", "es")
    overlay = Overlay().accept(added).accept(label).accept(Change(ChangeKind.GUIDANCE, notation, "drinks"))
    result = apply_changes(BASE, overlay.taxonomy_changes)
    assert result.path(notation) == ("01", notation)
    assert notation in result.assignable
    assert notation not in BASE.concepts
    assert overlay.withdraw(added).is_empty


@pytest.mark.parametrize(("change", "said"), [
    (Change(ChangeKind.ALT_LABEL, "gone", "x"), "not in the taxonomy"),
    (Change(ChangeKind.CONCEPT, "0101", "x"), "already"),
    (Change(ChangeKind.CONCEPT, "new", "x", broader="gone"), "is not there"),
])  # fmt: skip
def test_a_change_that_does_not_fit_is_refused_with_a_sentence(change: Change, said: str) -> None:
    with pytest.raises(CannotApply, match=said):
        apply_changes(BASE, [change])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Services]:
    made = build(Settings.from_env({"ANAQUEL_HOME": str(tmp_path)}))
    yield made
    made.stop()


CHAMPU = Change(ChangeKind.ALT_LABEL, "030101", "champusito", "es")


def test_two_people_at_one_draft_lose_nothing_and_are_told(here: Services) -> None:
    base = taxonomies.ensure_built_in(here)
    ana, beto = editing.begin(here, base, "ana"), editing.begin(here, base, "beto")
    assert ana.id == beto.id
    editing.accept(here, ana, [CHAMPU], "ana")
    rule = Change(ChangeKind.NOT_A_PRODUCT, "", "rebajas")
    for late in (lambda: editing.accept(here, beto, [rule], "beto"), lambda: editing.discard(here, beto),
                 lambda: editing.reword(here, beto, beto.overlay.parts, "beto")):  # fmt: skip
        with pytest.raises(EditionChanged, match="ana changed the draft"):
            late()
    seen = editing.draft(here, base)
    assert seen is not None
    after = editing.accept(here, seen, [rule], "beto")
    assert set(after.overlay.changes()) == {CHAMPU, rule}
    with pytest.raises(EditionChanged):
        editing.publish(here, seen, "", "ana")  # ana had not seen beto's rule


def test_an_edition_gives_jobs_its_taxonomy_and_prompt_and_going_back_is_one_step(here: Services) -> None:
    base = taxonomies.ensure_built_in(here)
    changes = [CHAMPU, Change(ChangeKind.GUIDANCE, "030101", "never pet shampoo"),
               Change(ChangeKind.FEW_SHOT, "030101", "champusito verde"),
               Change(ChangeKind.NOT_A_PRODUCT, "", "rebajas")]  # fmt: skip
    first = editing.publish(here, editing.accept(here, editing.begin(here, base, "ana"), changes, "ana"), "n", "ana")
    asked = jobs.Submission("j", base, engine="local", edition_id=first.id)
    job = here.store.job(jobs.submit(here, asked, [Product(0, "champusito", "1", None, {})]))
    spec = Spec.from_record(job.spec or {})
    assert (job.taxonomy_id, spec.edition, spec.parts) == (first.taxonomy_id, 1, first.overlay.parts)
    assert spec.n_examples == 1
    assert here.store.base_of(job.taxonomy_id) == base
    assert "champusito" in here.builder.taxonomy(job.taxonomy_id).concepts["030101"].alt_labels["es"]
    back = editing.go_back(here, editing.imported(base), "beto")
    assert (back.number, back.taxonomy_id, back.note) == (2, base, "Back to edition 0.")
    assert [version.number for version in editing.versions(here, base)] == [2, 1, 0]
    with pytest.raises(editing.NothingToPublish):
        editing.go_back(here, editing.imported(base), "beto")
    assert editing.draft(here, base) is None


def test_a_new_job_on_an_editions_taxonomy_takes_its_prompt_along_while_it_is_in_use(here: Services) -> None:
    base = taxonomies.ensure_built_in(here)
    assert editing.edition_of(here, base) is None
    changes = [CHAMPU, Change(ChangeKind.GUIDANCE, "030101", "never pet shampoo")]
    first = editing.publish(here, editing.accept(here, editing.begin(here, base, "ana"), changes, "ana"), "", "ana")
    assert first.taxonomy_id is not None
    assert editing.edition_of(here, first.taxonomy_id) == first.id
    asked = jobs.Submission("j", first.taxonomy_id, engine="local")
    spec = jobs.make_spec(here, asked)
    assert (spec.edition_id, spec.edition, spec.parts) == (first.id, 1, first.overlay.parts)
    as_told = jobs.make_spec(here, replace(asked, edition_id=None))
    assert (as_told.edition, as_told.prompt_parts) == (None, None)
    imported = jobs.make_spec(here, replace(asked, taxonomy_id=base))  # whoever chooses it gets it as it was
    assert (imported.edition, imported.taxonomy_id, imported.prompt_parts) == (None, base, None)
    editing.go_back(here, editing.imported(base), "beto")
    assert jobs.make_spec(here, asked).edition is None


def test_a_taxonomy_told_by_name_or_not_at_all_is_the_edition_in_use_and_an_id_is_just_that_version(
    here: Services,
) -> None:
    base = taxonomies.ensure_built_in(here)
    name = here.builder.taxonomy(base).name
    assert find_taxonomy(here, None) == find_taxonomy(here, name) == base
    first = editing.publish(here, editing.accept(here, editing.begin(here, base, "ana"), [CHAMPU], "ana"), "", "ana")
    assert find_taxonomy(here, None) == find_taxonomy(here, name) == first.taxonomy_id != base
    assert find_taxonomy(here, base) == base
    editing.go_back(here, editing.imported(base), "beto")
    assert find_taxonomy(here, None) == find_taxonomy(here, name) == base


def test_an_earlier_run_with_another_prompt_is_not_taken_for_the_same(here: Services) -> None:
    base = taxonomies.ensure_built_in(here)
    before = jobs.make_spec(here, jobs.Submission("j", base, engine="local"))
    note = Change(ChangeKind.GUIDANCE, "030101", "never pet shampoo")
    noted = editing.publish(here, editing.accept(here, editing.begin(here, base, "ana"), [note], "ana"), "", "ana")
    assert noted.taxonomy_id == base  # a note changes the prompt only
    after = jobs.make_spec(here, jobs.Submission("j", base, engine="local"))
    assert after.edition == 1
    assert after.answer_key() != before.answer_key()


def test_going_back_never_throws_an_open_draft_away(here: Services) -> None:
    base = taxonomies.ensure_built_in(here)
    first = editing.publish(here, editing.accept(here, editing.begin(here, base, "ana"), [CHAMPU], "ana"), "", "ana")
    open_draft = editing.accept(here, editing.begin(here, base, "ana"), [Change(ChangeKind.GUIDANCE, "", "x")], "ana")
    with pytest.raises(editing.CannotEdit, match="draft with changes is open"):
        editing.go_back(here, editing.imported(base), "beto")
    assert editing.draft(here, base) == open_draft
    assert editing.in_use(here, base) == first


def test_a_job_on_a_draft_is_refused(here: Services) -> None:
    begun = editing.begin(here, taxonomies.ensure_built_in(here), "ana")
    with pytest.raises(jobs.Refused, match="publish it first"):
        jobs.submit(here, jobs.Submission("j", begun.base_id, engine="local", edition_id=begun.id), [])
