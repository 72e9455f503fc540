"""kill -9 at aimed and random moments: nothing lost, nothing doubled, almost nothing paid twice."""

from __future__ import annotations

import os
import random
from bisect import bisect
from collections import Counter

import pytest

from tests.faults.bench import Bench, assert_sound
from tests.faults.worker import Kill

pytestmark = pytest.mark.faults

AIMED = [
    Kill("before claim_chunk"), Kill("after claim_chunk"), Kill("after claim_chunk", 2), Kill("before open_items"),
    Kill("after open_items"), Kill("before flush"), Kill("after flush"), Kill("before flush", 4),
    Kill("after flush", 4), Kill("at commit"), Kill("after commit"), Kill("at commit", 3), Kill("after commit", 5),
    Kill("at commit", 8), Kill("before release_vanished"), Kill("after release_vanished"), Kill("after settle"),
    Kill("after requests", 2), Kill("before append"), Kill("after append"), Kill("after append", 30),
    Kill("before forget", 4), Kill("after forget", 3),
]  # fmt: skip
N_RANDOM = 90 if os.environ.get("ANAQUEL_TEST_KILLS") == "100" else 10


def test_a_worker_killed_at_any_moment_loses_nothing_and_doubles_nothing(bench: Bench) -> None:
    dice = random.Random(20261123)
    n = 1_500 + 30 * N_RANDOM
    kills = [*AIMED, *([None] * N_RANDOM)]
    dice.shuffle(kills)
    bench.set_mode(latency_s=0.2)
    job_id = bench.submit(n)
    ends = []  # of each life: how many calls had come by then
    for n_lives, kill in enumerate(kills, 1):
        if kill is not None and "release_vanished" in kill.moment and not bench.store.owners():
            bench.start(Kill("after open_items")).join(20)  # the last life ended before it had claimed anything
        worker = bench.start(kill)
        if kill is None:
            worker.join(dice.uniform(0.1, 0.9))
            worker.kill()
        worker.join(20)
        assert not worker.is_alive(), f"{kill} never came"
        ends.append(len(bench.ledger("asked")))
        assert bench.job(job_id).status != "completed", f"the job ended after {n_lives} of {len(kills)} kills"
    bench.set_mode(latency_s=0.01)
    bench.start()
    bench.until_ended(job_id)
    found = assert_sound(bench, job_id, n, max_unrecorded=bench.concurrency * len(kills))
    assert found.n_wrong == 0
    lives = Counter(bisect(ends, line.n) for line in found.unrecorded)
    assert max(lives.values(), default=0) <= bench.concurrency
    causes = bench.events(job_id, "resumed")
    assert causes
    assert all(cause.startswith("resumed after an interruption at ") for cause in causes)
    print(f"{len(kills)} kills: {len(found.unrecorded)} calls paid and not recorded, {found.n_repeated} products twice")  # noqa: T201
