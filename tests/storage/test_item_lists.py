"""Lists of items: every filter finds what it says, by the index that was made for it, and sums agree with rows."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from storage import AuditNotFound, DrawnItem, ItemFilter, Labelled, NewItem, Store
from storage.tables import attempts, items
from storage.tables_spend import pace as pace_sums
from tests.storage.recordkeeping import answered, attempt, claim, failed, new_job, record, result

LABELS = ("A", "B", None)


def mixed_job(store: Store) -> str:
    """60 items: labels A, B or none; answers A, B, unsure, not a product or failed; a failed one is attributed."""
    rows = [NewItem(i, f"leche {i}", f"k{i}", f"p{i}", LABELS[i % 3], {"store": f"s{i % 4}"}) for i in range(60)]
    job_id = new_job(store, rows=rows, chunk_size=60)
    held = claim(store)
    asked = store.open_items(held)
    part = answered(store, held)
    part.results = [outcome(item) for item in asked]
    part.attempts = [attempt([i.position for i in asked[:30]]), attempt([i.position for i in asked[30:]], n_sound=20)]
    record(store, part)
    store.keep_analysis(job_id, 60, {}, [(5, "A", "twin")])
    return job_id


def outcome(item: Any) -> Any:
    turn = item.position % 10
    if turn == 5:
        return failed(item, "off_list" if item.position < 30 else "timeout")
    if turn in (8, 9):
        return result(item, verdict="unsure" if turn == 8 else "not_a_product", notation=None, confidence=None)
    return result(item, "A" if turn % 2 else "B", confidence=turn / 10)


FILTERS = {
    "everything": ItemFilter(), "failed": ItemFilter(status="failed"), "classified": ItemFilter(status="classified"),
    "one kind": ItemFilter(error_kind="timeout"), "two kinds": ItemFilter(error_kind=["timeout", "off_list"]),
    "wrong": ItemFilter(wrong=True), "a pair": ItemFilter(wrong=True, expected=["A"], told="B"),
    "a pair with a verdict": ItemFilter(wrong=True, expected=["A"], told="unsure"),
    "answered A": ItemFilter(notation=["A"]), "labelled A": ItemFilter(expected=["A"]),
    "unsure": ItemFilter(verdict="unsure"), "concepts": ItemFilter(verdict="concept"),
    "belongs to A": ItemFilter(branch=["A"]), "belongs to both": ItemFilter(branch=["A", "B", "unsure"]),
    "failed of B": ItemFilter(branch=["B"], status="failed"), "not attributed": ItemFilter(attributed=False),
    "attributed": ItemFilter(attributed=True), "confident": ItemFilter(confidence=(0.4, 0.8)),
    "labelled": ItemFilter(labelled=True, ended=True), "positions": ItemFilter(positions=[3, 55, 99]),
    "wrong of a branch": ItemFilter(wrong=True, branch=["A"]),
    "wrong and sure": ItemFilter(wrong=True, confidence=(0.3, 0.8)),
    "searched": ItemFilter(search="LECHE 1"),
    "like": ItemFilter(text_like=["%l_che 2%"]), "a field": ItemFilter(field=("store", ["s1"]), status="failed"),
}  # fmt: skip
INDEX_OF = {
    "failed": "ix_item_failed", "one kind": "ix_item_failed", "wrong": "ix_item_wrong", "a pair": "ix_item_wrong",
    "answered A": "ix_item_notation", "labelled A": "ix_item_expected", "unsure": "ix_item_no_category",
    "confident": "ix_item_confidence", "not attributed": "ix_item_failed", "failed of B": "ix_item_failed",
    "positions": "sqlite_autoindex_item_1", "everything": "sqlite_autoindex_item_1",
}  # fmt: skip


def by_hand(row: Any, wanted: ItemFilter, inferred: dict[int, str]) -> bool:
    told = row.notation or row.verdict
    kinds = [wanted.error_kind] if isinstance(wanted.error_kind, str) else wanted.error_kind
    orphan = row.status == "failed" and row.expected is None
    checks = (
        wanted.status in (None, row.status), kinds is None or row.error_kind in kinds,
        wanted.verdict in (None, row.verdict), wanted.told in (None, told),
        wanted.expected is None or row.expected in wanted.expected,
        wanted.notation is None or row.notation in wanted.notation,
        not wanted.wrong or (told is not None and row.expected is not None and row.expected != told),
        wanted.branch is None or (row.expected or told or inferred.get(row.position)) in wanted.branch,
        wanted.attributed is None or (orphan and (row.position in inferred) == wanted.attributed),
        wanted.labelled is None or (row.expected is not None) == wanted.labelled,
        wanted.confidence is None
        or (row.confidence is not None and wanted.confidence[0] <= row.confidence < wanted.confidence[1]),
        wanted.positions is None or row.position in wanted.positions,
        not wanted.search or wanted.search.lower() in row.text, not wanted.text_like or row.text.startswith("leche 2"),
        not wanted.field or row.extra[wanted.field[0]] in wanted.field[1],
    )  # fmt: skip
    return all(checks)


def test_every_filter_finds_what_a_look_at_every_row_finds_and_counts_it(store: Store) -> None:
    job_id = mixed_job(store)
    with store._read() as connection:
        rows = connection.execute(select(items).where(items.c.job_id == job_id).order_by(items.c.position)).all()
    inferred = {5: "A"}
    for name, wanted in FILTERS.items():
        expected = [row.position for row in rows if by_hand(row, wanted, inferred)]
        assert expected, name
        assert [item.position for item in store.items(job_id, wanted, n=100)] == expected, name
        seen, after, is_end = [], -1, False
        while not is_end:
            page = store.item_page(job_id, wanted, after=after, n=7)
            assert page.total in (None, len(expected)), name
            seen += [item.position for item in page.items]
            after, is_end = page.seen_to, page.is_end
        assert seen == expected, name
        assert store.count_items(job_id, wanted) == len(expected), name


@pytest.mark.parametrize("name", INDEX_OF)
def test_a_list_is_found_by_the_index_made_for_it(store: Store, name: str) -> None:
    job_id = mixed_job(store)
    plan = store.explain(job_id, FILTERS[name])
    if store.is_sqlite:
        assert INDEX_OF[name] in plan
        assert "SCAN item" not in plan


def test_a_search_out_of_patience_says_how_far_it_came_and_goes_on_from_there(store: Store) -> None:
    rows = [NewItem(i, f"x{i}", f"x{i}") for i in range(9_000)]
    job_id = new_job(store, rows=rows, chunk_size=10_000)
    first = store.item_page(job_id, ItemFilter(search="x8999"), patience_s=0.0)
    assert (first.items, first.total, first.seen_to, first.is_end) == ([], None, 999, False)
    rest = store.item_page(job_id, ItemFilter(search="x8999"), after=first.seen_to, patience_s=60.0)
    assert [item.position for item in rest.items] == [8_999]
    assert rest.is_end


def test_the_sums_of_spend_and_pace_are_those_of_the_attempts_and_items(store: Store) -> None:
    job_id = mixed_job(store)
    with store._read() as connection:
        calls = connection.execute(select(attempts).where(attempts.c.job_id == job_id)).all()
    spend, pace = store.spend(job_id), store.pace(job_id)
    assert sum(s.n_attempts for s in spend) == len(calls) == sum(p.n_attempts for p in pace)
    assert sum(s.cost_usd or 0 for s in spend) == sum(c.cost_usd for c in calls) == sum(p.cost_usd for p in pace)
    assert sum(s.input_tokens for s in spend) == sum(c.input_tokens for c in calls)
    assert sum(s.n_sound for s in spend) == sum(c.n_sound for c in calls)
    assert (sum(p.n_ended for p in pace), sum(p.n_failed for p in pace)) == (60, 6)
    assert [p.before_at for p in pace] == sorted(p.before_at for p in pace)
    assert store.spend() == spend
    assert store.outcomes(job_id) == dict(Counter({t.outcome: 0 for t in store.tallies(job_id)}) + Counter(
        {o: sum(t.n for t in store.tallies(job_id) if t.outcome == o) for o in store.outcomes(job_id)}))  # fmt: skip
    labelled = [t for t in store.tallies(job_id) if t.expected]
    assert store.labelled(job_id) == (40, sum(t.n for t in labelled if not t.outcome.startswith("failed")))


def test_what_is_recorded_twice_is_summed_once(store: Store) -> None:
    job_id = new_job(store, 5)
    held = claim(store)
    part = answered(store, held)
    record(store, part)
    record(store, part)
    assert [(s.n_attempts, s.cost_usd) for s in store.spend(job_id)] == [(1, Decimal("0.05"))]
    assert sum(p.n_ended for p in store.pace(job_id)) == 5


def test_the_last_word_on_a_text_is_its_label(store: Store) -> None:
    new_job(store, 1)
    store.keep_labels("t1", [Labelled("k1", "leche", "A"), Labelled("k2", "pan", "B")], "ana")
    store.keep_labels("t1", [Labelled("k1", "leche", "B")], "eva")
    assert store.find_labels("t1", ["k1", "k2", "k3"]) == {"k1": "B", "k2": "B"}
    assert [(row["text"], row["actor"]) for row in store.labels("t1")] == [("leche", "eva"), ("pan", "ana")]
    store.forget_label("t1", "k1")
    assert store.count_labels("t1") == 1


def test_an_audit_is_kept_with_its_checks_and_goes_with_its_job(store: Store) -> None:
    job_id = mixed_job(store)
    drawn = [DrawnItem(i, "A|low", f"leche {i}", f"k{i}", "A", 0.9) for i in range(3)]
    audit_id = store.start_audit(job_id, [["A|low", "A", "low", 30]], drawn, 7, "ana")
    store.check(audit_id, 0, True, "ana")
    store.check(audit_id, 1, False, "ana", "B")
    store.check(audit_id, 2, False, "ana")
    count = store.audit_counts(audit_id)["A|low"]
    assert (count.n_drawn, count.n_checked, count.n_right) == (3, 3, 1)
    assert store.find_labels("t1", ["k0", "k1", "k2"]) == {"k0": "A", "k1": "B"}
    store.check(audit_id, 1, None, "ana")
    assert [item.n for item in store.audit_items(audit_id, unchecked=True)] == [1]
    assert store.find_labels("t1", ["k0", "k1", "k2"]) == {"k0": "A"}
    with pytest.raises(AuditNotFound):
        store.check(audit_id, 9, True, "ana")
    store.drop_job(job_id)
    assert store.audit(job_id) is None
    assert store.find_labels("t1", ["k0"]) == {"k0": "A"}  # what a person said outlives the job


def test_an_ended_job_is_surveyed_until_its_survey_has_seen_everything(store: Store) -> None:
    job_id = mixed_job(store)
    assert store.jobs_to_analyse() == []
    store.keep_analysis(job_id, 59, {"n_seen": 59})
    assert store.jobs_to_analyse() == [job_id]
    assert store.attributions_of(job_id, [5, 35]) == {}


def test_a_long_job_s_pace_is_told_in_a_few_hundred_spans(store: Store) -> None:
    job_id = new_job(store, 5)
    record(store, answered(store, claim(store)))
    seconds = [{"job_id": job_id, "at_s": 1_800_000_000 + s, "n_ended": 1, "cost_usd": Decimal("0.01")}
               for s in range(4_000)]  # fmt: skip
    with store._write() as connection:
        connection.execute(pace_sums.delete())
        connection.execute(pace_sums.insert(), seconds)
    spans = store.pace(job_id)
    assert 100 <= len(spans) <= 201
    assert (sum(p.n_ended for p in spans), sum(p.cost_usd for p in spans)) == (4_000, Decimal(40))
    assert len({p.before_at for p in spans}) == len(spans)
