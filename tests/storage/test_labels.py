"""What people say of texts: it reaches every job, figures stay a recount, and no word is lost or silently replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from storage import Kind, Labelled, NewItem, Store
from storage.tables_labels import file_labels
from tests.storage.recordkeeping import (
    add_taxonomy,
    answered,
    assert_counters_equal_recount,
    claim,
    failed,
    finish,
    new_job,
    record,
)  # fmt: skip


def rows(texts: Sequence[str], expected: Sequence[str | None] = ()) -> list[NewItem]:
    """Items with these texts (the key is the text); repeated ones share the first one's answer."""
    first: dict[str, int] = {}
    return [NewItem(i, text, text, None, expected[i] if i < len(expected) else None, same_as=None if
                    first.setdefault(text, i) == i else first[text]) for i, text in enumerate(texts)]  # fmt: skip


def word(text: str, notation: str, job_id: str | None = None) -> Labelled:
    return Labelled(text, text, notation, job_id)


def expected_of(store: Store, job_id: str) -> list[str | None]:
    return [item.expected for item in store.items(job_id)]


def test_a_review_becomes_what_past_jobs_expect_and_their_accuracy_moves_along(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche", "pan", "leche", "jabon"], ["B", "A"]))
    finish(store)
    assert (store.job(job_id).n_labelled, store.job(job_id).n_correct) == (2, 1)
    told = store.keep_labels("t1", [word("leche", "A"), word("pan", "B")], "ana")
    assert (told.n_kept, told.n_items, told.disputed) == (2, 3, ())
    assert expected_of(store, job_id) == ["A", "B", "A", None]
    job = store.job(job_id)
    assert (job.n_labelled, job.n_correct, job.label_seq) == (3, 2, 1)
    assert_counters_equal_recount(store, job_id)


def test_undo_brings_back_what_the_file_said(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche", "pan"], ["B"]))
    finish(store)
    act = store.keep_labels("t1", [word("leche", "A"), word("pan", "A")], "ana").act
    again = store.keep_labels("t1", [word("leche", "not_a_product")], "ana").act
    store.undo_labels(again, "ana")
    assert expected_of(store, job_id) == ["A", "A"]
    store.undo_labels(act, "ana")
    assert expected_of(store, job_id) == ["B", None]
    assert store.count_labels("t1") == 0
    assert_counters_equal_recount(store, job_id)
    with store._read() as connection:
        assert connection.execute(file_labels.select()).all() == []
    kinds = [(w.notation, w.kind) for w in store.label_history("t1", "leche")]
    assert kinds == [("A", Kind.SAID), ("not_a_product", Kind.SAID), ("A", Kind.UNDONE), (None, Kind.UNDONE)]


def test_an_undo_can_be_undone(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche"], ["B"]))
    act = store.keep_labels("t1", [word("leche", "A")], "ana").act
    store.undo_labels(store.undo_labels(act, "ana").act, "ana")
    assert expected_of(store, job_id) == ["A"]


def test_a_later_job_is_expected_what_people_said_before(store: Store) -> None:
    add_taxonomy(store)
    store.keep_labels("t1", [word("leche", "B"), word("aceite", "A")], "ana")
    job_id = new_job(store, rows=rows(["leche", "pan", "leche"], ["A", "A"]))
    assert expected_of(store, job_id) == ["B", "A", "B"]
    assert store.job(job_id).n_labelled == 3
    finish(store)
    assert_counters_equal_recount(store, job_id)


def test_a_label_given_while_the_engine_is_asked_is_counted_when_the_answer_comes(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche", "pan", "leche", "jabon"], ["B"]))
    held = claim(store)
    part = answered(store, held)
    store.keep_labels("t1", [word("leche", "A"), word("jabon", "B")], "ana")
    record(store, part)
    assert expected_of(store, job_id) == ["A", None, "A", "B"]
    assert store.job(job_id).n_correct == 2
    assert_counters_equal_recount(store, job_id)


def test_a_failed_product_can_be_labelled_too(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche", "pan"]))
    held = claim(store)
    part = answered(store, held)
    part.results[0] = failed(store.open_items(held)[0])
    record(store, part)
    store.keep_labels("t1", [word("leche", "A"), word("pan", "A")], "ana")
    job = store.job(job_id)
    assert (job.n_labelled, job.n_correct, job.n_failed) == (2, 1, 1)
    assert_counters_equal_recount(store, job_id)


def test_what_somebody_else_said_meanwhile_is_not_overwritten(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche", "pan", "jabon"]))
    seen = store.last_label_event()
    store.keep_labels("t1", [word("leche", "A"), word("jabon", "B")], "ana", seen=seen)
    told = store.keep_labels("t1", [word("leche", "B"), word("pan", "B"), word("jabon", "B")], "eva", seen=seen)
    assert [(w.text, w.actor, w.notation) for w in told.disputed] == [("leche", "ana", "A")]
    assert expected_of(store, job_id) == ["A", "B", "B"]
    both = store.label_history("t1", "leche")
    assert [(w.actor, w.notation, w.kind) for w in both] == [("ana", "A", Kind.SAID), ("eva", "B", Kind.DISPUTED)]
    assert [d.text for d in store.disagreements("t1")] == ["leche"]
    store.keep_labels("t1", [word("leche", "B")], "lead", kind=Kind.DECIDED)
    assert store.disagreements("t1") == []
    assert expected_of(store, job_id) == ["B", "B", "B"]


def test_an_undo_leaves_later_words_of_others(store: Store) -> None:
    job_id = new_job(store, rows=rows(["leche", "pan"]))
    act = store.keep_labels("t1", [word("leche", "A"), word("pan", "A")], "ana").act
    store.keep_labels("t1", [word("pan", "B")], "eva", seen=store.last_label_event())
    told = store.undo_labels(act, "ana")
    assert (told.n_kept, [w.actor for w in told.disputed]) == (1, ["eva"])
    assert expected_of(store, job_id) == [None, "B"]


def test_two_reviewers_who_disagree_are_listed_until_they_agree(store: Store) -> None:
    new_job(store, rows=rows(["leche", "pan"]))
    store.keep_labels("t1", [word("leche", "A"), word("pan", "A")], "ana")
    store.keep_labels("t1", [word("leche", "B"), word("pan", "A")], "eva")
    [found] = store.disagreements("t1")
    assert (found.text, [(w.actor, w.notation) for w in found.words]) == ("leche", [("ana", "A"), ("eva", "B")])
    store.keep_labels("t1", [word("leche", "B")], "ana")
    assert store.disagreements("t1") == []


def version(store: Store, taxonomy_id: str, notations: Sequence[str], uri: str = "https://example.org/scheme") -> None:
    record_ = {"concepts": [{"notation": notation} for notation in notations]}
    store.add_taxonomy({"id": taxonomy_id, "name": "T", "uri": uri, "n_concepts": len(notations), "report": {},
                        "n_assignable": len(notations), "languages": ["es"], "record": record_})  # fmt: skip


def test_a_label_carries_to_versions_of_the_scheme_that_still_have_the_category(store: Store) -> None:
    version(store, "v1", ["A", "B"])
    version(store, "v2", ["A", "C"])
    version(store, "other", ["A", "B"], "https://example.org/another")
    store.keep_labels("v1", [word("leche", "A"), word("pan", "B")], "ana")
    assert store.find_labels("v2", ["leche", "pan"]) == {"leche": "A"}
    assert store.find_labels("other", ["leche", "pan"]) == {}
    assert [told.text for told in store.reviewed_texts("v2", 10)] == ["leche"]
    store.keep_labels("v2", [word("leche", "C")], "eva")
    assert store.find_labels("v2", ["leche"]) == {"leche": "C"}
    assert store.find_labels("v1", ["leche"]) == {}  # the last word is none that this version knows
    assert len(store.label_history("v1", "leche")) == 2


def test_words_of_people_at_work_at_once_are_all_kept(store: Store, open_store: Callable[[], Store]) -> None:
    texts = [f"p{i}" for i in range(12)]
    job_id = new_job(store, rows=rows(texts))
    finish(store)
    stores = [open_store() for _ in range(4)]

    def review(i: int) -> None:
        for text in texts:
            stores[i].keep_labels("t1", [word(text, "AB"[i % 2])], f"person {i}", seen=0)

    people = [threading.Thread(target=review, args=(i,)) for i in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    told = store.label_histories("t1", texts)
    for text in texts:
        assert {w.actor for w in told[text]} == {f"person {i}" for i in range(4)}
    assert_counters_equal_recount(store, job_id)
    assert len(store.disagreements("t1")) == 12


def test_a_large_job_is_indexed_when_it_is_asked_for_and_labels_find_its_texts(store: Store) -> None:
    job_id = new_job(store, rows=rows([f"texto {i}" for i in range(20_001)]))
    assert not store.job(job_id).is_indexed
    store.index_texts(job_id)
    store.index_texts(job_id)
    assert store.job(job_id).is_indexed
    assert store.keep_labels("t1", [word("texto 7", "A")], "ana").n_items == 1
    other = new_job(store, rows=rows([f"texto {i}" for i in range(20_001)]))
    assert store.job(other).n_labelled == 1
    store.drop_job(other)
    assert store.keep_labels("t1", [word("texto 8", "A")], "ana").n_items == 1


TEXTS, NOTATIONS = ("leche", "pan", "jabon"), ("A", "B", "not_a_product")
SAY = st.tuples(st.just("say"), st.sampled_from(TEXTS), st.sampled_from(NOTATIONS), st.sampled_from(["ana", "eva"]))
STEPS = st.lists(st.one_of(SAY, st.tuples(st.just("undo"), st.integers(0, 9)), st.just(("work",)), st.just(("open",)),
                           st.tuples(st.just("forget"), st.sampled_from(TEXTS))), max_size=12)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_whatever_people_say_figures_are_a_recount_and_files_are_remembered(steps: list[tuple[object, ...]]) -> None:
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'a.db'}")
        told_by_file = ["B", None, None, "A", None]
        jobs = [new_job(store, chunk_size=3, rows=rows([*TEXTS, "leche", "otro"], told_by_file))]
        acts: list[str] = []
        for step in steps:
            if step[0] == "say":
                acts.append(store.keep_labels("t1", [word(str(step[1]), str(step[2]))], str(step[3])).act)
            elif step[0] == "undo" and acts:
                acts.append(store.undo_labels(acts[int(str(step[1])) % len(acts)], "ana").act)
            elif step[0] == "forget":
                store.forget_label("t1", str(step[1]))
            elif step[0] == "open":
                jobs.append(new_job(store, chunk_size=3, rows=rows([*TEXTS, "leche", "otro"], told_by_file)))
            elif (held := store.claim_chunk("w1", 30.0)) is not None:
                record(store, answered(store, held))
        finish(store)
        for job_id in jobs:
            assert_counters_equal_recount(store, job_id)
            labels = store.find_labels("t1", TEXTS)
            texts = [*TEXTS, "leche", "otro"]
            wanted = [labels.get(text, told) for text, told in zip(texts, told_by_file, strict=True)]
            assert expected_of(store, job_id) == wanted
        store.close()
