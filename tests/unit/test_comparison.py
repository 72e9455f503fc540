"""Two jobs over the same products: each is paired with itself, and what is missing never passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.bootstrap import Services
from classifier.comparing.comparison import NotComparable, compare, items_of
from classifier.comparing.comparison_record import sentence, to_record
from classifier.comparing.pairing import Change
from classifier.normalisation import text_key
from classifier.products import Product
from storage import Labelled
from tests.unit.job_maker import TAXONOMY, finished_job, new_services, products


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path)
    yield made
    made.stop()


def answers(by_text: Mapping[str, str]) -> Any:
    """Answer by text; "fails" and "not_a_product" are no notations, the rest of the texts are milk."""

    def answer(item: Any) -> Mapping[str, Any]:
        told = by_text.get(item.text, "0101")
        if told == "fails":
            return {"status": "failed", "verdict": None, "notation": None, "confidence": None,
                    "error_kind": "off_list", "error": "no"}  # fmt: skip
        return {"verdict": told, "notation": None} if told == "not_a_product" else {"notation": told}

    return answer


def labelled(*pairs: tuple[str, str | None], ids: Sequence[str | None] = ()) -> list[Any]:
    return [Product(n, text, ids[n] if n < len(ids) else None, expected) for n, (text, expected) in enumerate(pairs)]


def test_every_product_of_the_first_job_is_counted_once_by_what_became_of_it(services: Services) -> None:
    rows = labelled(("a", "0101"), ("b", "0101"), ("c", "0101"), ("d", "0101"), ("e", None), ("f", None), ("g", "0101"))
    one = finished_job(services, rows, answers({"a": "0102", "c": "0201", "e": "0102"}))
    other = finished_job(services, list(reversed(rows[:6])), answers({"b": "0102", "c": "fails"}))
    found = compare(services, one, other)
    counts = {change: n for change, n in found.counts.items() if n}
    assert counts == {Change.FIXED: 1, Change.BROKEN: 1, Change.STILL_WRONG: 1, Change.STILL_RIGHT: 1,
                      Change.CHANGED: 1, Change.SAME: 1, Change.MISSING: 1}  # fmt: skip
    assert (found.n_paired, found.pairs.n_only_second) == (6, 0)
    assert (found.table.n, found.table.n_fixed, found.table.n_broken) == (4, 1, 1)
    [(mine, theirs)] = items_of(services, found, found.positions(Change.BROKEN))
    assert theirs is not None
    assert (mine.text, theirs.text, theirs.notation) == ("b", "b", "0102")
    [(mine, nothing)] = items_of(services, found, found.positions(Change.MISSING))
    assert (mine.text, nothing) == ("g", None)


def test_what_the_second_job_lacks_or_fails_is_no_pass(services: Services) -> None:
    rows = labelled(("a", "0101"), ("b", "0101"))
    one = finished_job(services, rows)
    other = finished_job(services, rows[:1], answers({"a": "fails"}))
    found = compare(services, one, other)
    assert (found.table.n, found.table.after.k, found.counts[Change.BROKEN]) == (1, 0, 1)
    assert found.counts[Change.MISSING] == 1


def test_equal_texts_are_told_apart_by_their_ids_and_then_by_their_order(services: Services) -> None:
    rows = labelled(("a", None), ("a", None), ("a", None), ids=["1", "2", "2"])
    one = finished_job(services, rows)
    other = finished_job(services, labelled(("a", None), ("a", None), ("a", None), ids=["2", "9", "1"]))
    pairs = compare(services, one, other).pairs
    assert pairs.second.tolist() == [2, 0, 1]
    assert pairs.n_only_second == 0
    without = finished_job(services, labelled(("x", None), ("a", None), ("a", None)))
    pairs = compare(services, one, without).pairs
    assert (pairs.second.tolist(), pairs.n_only_second) == ([1, 2, -1], 1)


def test_a_review_counts_in_the_next_comparison(services: Services) -> None:
    rows = products("a", "b")
    one, other = finished_job(services, rows), finished_job(services, rows, answers({"a": "0102"}))
    assert compare(services, one, other).table.n == 0
    services.store.keep_labels(TAXONOMY.fingerprint, [Labelled(text_key("a"), "a", "0102")], "ana")
    one, other = services.store.job(one.id), services.store.job(other.id)
    assert compare(services, one, other).counts[Change.FIXED] == 1


def test_a_product_whose_label_was_taught_proves_nothing(services: Services) -> None:
    rows = products("a", "b")
    one = finished_job(services, rows, answers({"a": "0102"}))
    services.store.keep_labels(TAXONOMY.fingerprint, [Labelled(text_key("a"), "a", "0101")], "ana")
    other = finished_job(services, rows)  # learns from what was said of "a"
    found = compare(services, services.store.job(one.id), other)
    assert (found.counts[Change.TAUGHT], found.table.n) == (1, 0)


def test_jobs_without_a_common_product_are_not_compared(services: Services) -> None:
    one, other = finished_job(services, products("a")), finished_job(services, products("b"))
    with pytest.raises(NotComparable):
        compare(services, one, other)


def test_the_sentence_says_what_is_proved_and_the_branch_that_moved(services: Services) -> None:
    rows = labelled(*[(f"leche {i}", "0101") for i in range(20)], *[(f"jabon {i}", "0201") for i in range(20)])
    right = {f"jabon {i}": "0201" for i in range(20)}
    one = finished_job(services, rows, answers({f"jabon {i}": "0201" for i in range(13)}))
    other = finished_job(services, rows, answers(right), cost_usd=None)
    found = compare(services, one, other)
    assert sentence(found) == "better: 7 fixed, 0 broken, p = 0.016; Limpieza 65 % -> 100 %"
    told = to_record(found)
    assert told["branches"][0]["notation"] == "02"
    assert told["cost_change"] is None  # the second job's price is not known
    assert sum(told["counts"].values()) == 40
    few = compare(services, one, finished_job(services, rows[:22], answers(right)))
    assert sentence(few).startswith(("nothing changed", "not enough"))


TEXTS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", None])), min_size=1, max_size=7)


@given(TEXTS, TEXTS)
def test_no_two_products_share_a_partner_and_partners_have_the_same_text(
    one: list[tuple[str, str | None]], other: list[tuple[str, str | None]]
) -> None:
    from classifier.comparing.pairing import pair

    rows = {"one": one, "other": other}

    class Record:
        def stream_items(self, job_id: str, **_: Any) -> Iterator[list[tuple[Any, ...]]]:
            yield [(n, text, own, None, "classified", "concept", "A") for n, (text, own) in enumerate(rows[job_id])]

    found = pair(Record(), "one", "other")  # type: ignore[arg-type]
    partners = [p for p in found.second.tolist() if p >= 0]
    assert len(set(partners)) == len(partners)
    for place, partner in zip(found.first.tolist(), found.second.tolist(), strict=True):
        if partner >= 0:
            assert one[place][0] == other[partner][0]
    if sorted(map(str, one)) == sorted(map(str, other)):
        assert len(partners) == len(one)
