"""Chunks by the size of a job: enough for several workers in a small one, not too many in a large one."""

from __future__ import annotations

import pytest

from storage import Store
from storage.intake import chunk_size_of
from tests.storage.recordkeeping import new_job


@pytest.mark.parametrize(
    ("n_items", "size"),
    [
        (1, 50),
        (200, 50),
        (2_000, 50),
        (8_000, 200),
        (20_000, 500),
        (1_000_000, 500),
        (10_000_000, 1_250),
        (10**9, 5_000),
    ],
)
def test_a_job_s_size_chooses_its_chunks(n_items: int, size: int) -> None:
    assert chunk_size_of(n_items) == size


def test_a_job_that_is_opened_keeps_its_size_and_its_open_chunks_are_counted(store: Store) -> None:
    job_id = new_job(store, 120, chunk_size=0)
    assert store.job(job_id).chunk_size == 50
    assert (store.n_open_chunks(job_id, 10), store.n_open_chunks(job_id, 2), store.n_open_chunks("other", 10)) == (
        3,
        2,
        0,
    )
    assert store.jobs_at_work() == [job_id]
    store.request_pause(job_id, "ana")
    assert (store.n_open_chunks(), store.jobs_at_work()) == (0, [])
