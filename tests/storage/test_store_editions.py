"""Editions on both databases: one draft a taxonomy, nothing overwritten, published ones stand."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from storage import EditionChanged, EditionNotFound, Store

BASE = {"id": "base", "name": "Retail", "uri": "", "n_concepts": 1, "n_assignable": 1}
RESULT = BASE | {"id": "result"}


@pytest.fixture
def base(store: Store) -> str:
    store.add_taxonomy(BASE)
    return "base"


def test_two_people_who_begin_at_once_share_one_draft(open_store: Callable[[], Store]) -> None:
    first, second = open_store(), open_store()
    first.add_taxonomy(BASE)
    found: list[int] = []
    threads = [threading.Thread(target=lambda s=s, who=who: found.append(s.begin_draft("base", {"n": who}, who)))
               for s, who in ((first, "ana"), (second, "beto"))]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_a_draft_that_somebody_else_saved_meanwhile_is_not_overwritten(store: Store, base: str) -> None:
    draft = store.begin_draft(base, {"said": []}, "ana")
    store.save_draft(draft, 0, {"said": ["ana"]}, "", "ana")
    with pytest.raises(EditionChanged, match=r"^ana changed the draft meanwhile: nothing was overwritten"):
        store.save_draft(draft, 0, {"said": ["beto"]}, "", "beto")
    kept = store.edition(draft)
    assert (kept.content, kept.counter, kept.saved_by) == ({"said": ["ana"]}, 1, "ana")


def test_of_many_who_save_at_once_each_save_stands_or_is_refused(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(3)]
    stores[0].add_taxonomy(BASE)
    draft = stores[0].begin_draft("base", {"said": []}, "ana")
    kept: list[str] = []

    def work(store: Store, who: str) -> None:
        for n in range(5):
            while True:
                seen = store.edition(draft)
                said = [*(seen.content or {})["said"], f"{who}{n}"]
                try:
                    store.save_draft(draft, seen.counter, {"said": said}, "", who)
                except EditionChanged:
                    continue
                kept.append(f"{who}{n}")
                break

    threads = [threading.Thread(target=work, args=(s, who)) for s, who in zip(stores, "abc", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    last = stores[0].edition(draft)
    assert sorted((last.content or {})["said"]) == sorted(kept) == [f"{who}{n}" for who in "abc" for n in range(5)]
    assert last.counter == 15


def test_a_published_edition_never_changes_and_numbers_count_up(store: Store, base: str) -> None:
    draft = store.begin_draft(base, {"a": 1}, "ana")
    assert store.publish_edition(draft, 0, RESULT, "why", "beto") == 1
    for verb in (lambda: store.save_draft(draft, 1, {"a": 2}, "", "ana"), lambda: store.discard_draft(draft, 1),
                 lambda: store.publish_edition(draft, 1, RESULT, "", "ana")):  # fmt: skip
        with pytest.raises(EditionChanged, match="beto published the draft as edition 1 meanwhile"):
            verb()
    kept = store.edition(draft)
    assert (kept.content, kept.number, kept.taxonomy_id, kept.note, kept.author) == (
        {"a": 1},
        1,
        "result",
        "why",
        "ana",
    )
    assert store.base_of("result") == store.base_of("base") == "base"
    again = store.begin_draft(base, {"a": 3}, "ana", draft)
    assert store.publish_edition(again, 0, RESULT, "", "ana") == 2
    assert [edition.number for edition in store.editions(base)] == [2, 1]


def test_a_discarded_draft_is_gone_and_says_so(store: Store, base: str) -> None:
    draft = store.begin_draft(base, {}, "ana")
    store.discard_draft(draft, 0)
    assert store.draft_edition(base) is None
    with pytest.raises(EditionNotFound):
        store.edition(draft)
    with pytest.raises(EditionChanged, match="discarded or published meanwhile"):
        store.save_draft(draft, 1, {}, "", "beto")
