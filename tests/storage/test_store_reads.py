"""What the faces read."""

from __future__ import annotations

from storage import ItemFilter, NewItem, Store
from tests.storage.recordkeeping import answered, claim, failed, finish, new_job, record, result


def test_jobs_are_paged_by_key_newest_first_without_gap_or_repeat(store: Store) -> None:
    made = [new_job(store, 1) for _ in range(7)]
    seen: list[str] = []
    before = None
    while page := store.jobs(n=3, before=before):
        seen += [job.id for job in page]
        before = (page[-1].created_at, page[-1].id)
    assert seen == made[::-1]


def test_items_are_paged_by_position(store: Store) -> None:
    job_id = new_job(store, 12)
    after, seen = -1, []
    while page := store.items(job_id, after=after, n=5):
        seen += [item.position for item in page]
        after = page[-1].position
    assert seen == list(range(12))


def test_items_are_found_by_outcome_label_and_text(store: Store) -> None:
    job_id = new_job(store, 6, chunk_size=6)
    held = claim(store)
    asked = store.open_items(held)
    part = answered(store, held)
    part.results = [result(asked[0], "B"), failed(asked[1]), *(result(item) for item in asked[2:])]
    record(store, part)

    def found(**wanted: object) -> list[int]:
        wanted_items = ItemFilter(**wanted)  # type: ignore[arg-type]
        positions = [item.position for item in store.items(job_id, wanted_items)]
        assert store.count_items(job_id, wanted_items) == len(positions)
        return positions

    assert found(status="failed") == [1]
    assert found(error_kind="off_list") == [1]
    assert found(notation=["B"]) == [0]
    assert found(wrong=True) == [0]
    assert found(search="leche 4") == [4]
    assert found(search="P5") == [5]
    assert found(search="%") == []


def test_a_stream_gives_every_item_once_in_order(store: Store) -> None:
    rows = [NewItem(i, f"x{i}", f"x{i}") for i in range(4_500)]
    job_id = new_job(store, rows=rows, chunk_size=5_000)
    pages = list(store.stream_items(job_id))
    assert [row.position for page in pages for row in page] == list(range(4_500))
    assert len(pages) == 3


def test_attempts_of_a_chunk_are_read_oldest_first(store: Store) -> None:
    job_id = new_job(store, 10)
    finish(store)
    assert [a.positions for a in store.attempts_of(job_id, 1)] == [[5, 6, 7, 8, 9]]


def test_a_reader_cannot_write(store: Store) -> None:
    import pytest
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from storage import StorageError

    with pytest.raises((SQLAlchemyError, StorageError)), store._read() as connection:
        connection.execute(text("DELETE FROM job"))
