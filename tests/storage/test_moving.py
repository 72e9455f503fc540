"""A record moves from SQLite to PostgreSQL: whole, verified, and on from where it was interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from storage import NewItem, Store
from storage.moving import Move, NotMovable, NotTheSame
from tests.storage.recordkeeping import assert_counters_equal_recount, claim, finish, new_job

ROWS = [NewItem(i, f"jabón {i} 'x' \t\\N", f"jabón {i}", f"p{i}", "A", {"n": 1.0, "ñ": [None, True, "\\"]})
        for i in range(60)]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'source.db'}")
    yield store
    store.close()


@pytest.fixture
def target(postgres_database: str) -> Iterator[Store]:
    store = Store(postgres_database)
    yield store
    store.close()


def _fill(store: Store) -> list[str]:
    done = new_job(store, rows=ROWS, budget_usd=Decimal("3.000000000001"))
    finish(store)
    store.set_preference("openai_base_url", "https://example.org/\0v1")
    return [done, new_job(store, 25)]


def test_everything_arrives_and_jobs_go_on_there(source: Store, target: Store) -> None:
    done, queued = _fill(source)
    moved = {m.table: m for m in Move(source, target, "s").run()}
    assert moved["item"].n_rows == 85
    assert target.job(done) == source.job(done)
    assert [i.model_dump() for i in target.items(done, n=60)] == [i.model_dump() for i in source.items(done, n=60)]
    assert target.preference("openai_base_url") == "https://example.org/\ufffdv1"
    finish(target)
    assert target.job(queued).status == "completed"
    assert_counters_equal_recount(target, queued)
    assert new_job(target)  # its history is numbered after the one that came along


def test_an_interrupted_move_goes_on_where_it_was(source: Store, target: Store) -> None:
    _fill(source)

    class Interrupted(Exception):
        pass

    def interrupt(table: str, n_rows: int, _: int) -> None:
        if table == "item" and n_rows >= 40:
            raise Interrupted

    with pytest.raises(Interrupted):
        Move(source, target, "s", 20).run(interrupt)
    told: list[int] = []
    Move(source, target, "s", 20).run(lambda table, n, _: told.append(n) if table == "item" else None)
    assert told == [60, 80, 85]


def test_a_target_with_jobs_a_living_source_and_another_s_half_move_are_refused(source: Store, target: Store) -> None:
    _fill(source)
    held = claim(source)
    with pytest.raises(NotMovable, match="at work"):
        Move(source, target, "s").run()
    source.release_vanished(["w1"])
    assert held
    with pytest.raises(NotMovable, match="to PostgreSQL"):
        Move(target, source, "s").run()
    new_job(target)
    with pytest.raises(NotMovable, match="empty"):
        Move(source, target, "s").run()


def test_a_source_that_changed_during_the_move_is_noticed(source: Store, target: Store) -> None:
    first, _ = _fill(source)

    def stop_at_items(table: str, *_: int) -> None:
        if table == "item":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Move(source, target, "s").run(stop_at_items)
    source.delete(first, "ana")
    with pytest.raises(NotTheSame, match="job"):
        Move(source, target, "s").run()
