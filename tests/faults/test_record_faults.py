"""The database is locked, the disk is full: the jobs stand still, say so, and go on."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.bench import Bench, assert_sound, bench_at

pytestmark = pytest.mark.faults


def test_a_locked_database_stops_the_calls_and_the_job_goes_on_when_it_is_free(bench: Bench) -> None:
    bench.set_mode(latency_s=0.1)
    job_id = bench.submit(600)
    bench.start()
    bench.until_done(job_id, 50)
    other = sqlite3.connect(bench.folder / "anaquel.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    n_before = len(bench.ledger("asked"))
    time.sleep(12.0)  # longer than a writer's patience
    n_during = len(bench.ledger("asked")) - n_before
    other.execute("ROLLBACK")
    other.close()
    assert n_during <= 2 * bench.concurrency  # those in flight, and not one more than may be lost
    bench.until_ended(job_id)
    assert assert_sound(bench, job_id, 600, max_unrecorded=0).n_repeated == 0
    (told,) = bench.events(job_id, "stood still")
    assert "locked by another program" in told


def test_a_disk_that_takes_no_more_writes_stops_the_calls_and_no_paid_answer_is_lost(bench: Bench) -> None:
    bench.set_mode(latency_s=0.05)
    job_id = bench.submit(1_500)
    worker = bench.start()
    bench.until_done(job_id, 50)
    _, most = resource.prlimit(worker.pid or 0, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    time.sleep(0.5)
    stood, n_asked = bench.n_done(job_id), len(bench.ledger("asked"))
    time.sleep(3.0)
    assert bench.n_done(job_id) == stood
    assert len(bench.ledger("asked")) - n_asked <= 2 * bench.concurrency
    assert bench.job(job_id).status == "processing"
    resource.prlimit(worker.pid or 0, resource.RLIMIT_FSIZE, (most, most))
    bench.until_ended(job_id)
    assert assert_sound(bench, job_id, 1_500, max_unrecorded=0).n_repeated == 0
    assert any("takes no more writes" in cause for cause in bench.events(job_id, "stood still"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=False,
                                    capture_output=True).returncode == 0  # fmt: skip
    if not made:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_stops_the_calls_and_the_job_goes_on_when_there_is_room(small_disk: Path, tmp_path: Path) -> None:
    with bench_at(tmp_path, f"sqlite:///{small_disk / 'anaquel.db'}") as bench:
        bench.set_mode(latency_s=0.05)
        job_id = bench.submit(1_500)
        bench.start()
        bench.until_done(job_id, 50)
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4_096)
            except OSError:
                pass
        time.sleep(0.5)
        stood = bench.n_done(job_id)
        n_asked = len(bench.ledger("asked"))
        time.sleep(3.0)
        assert bench.n_done(job_id) == stood or len(bench.ledger("asked")) - n_asked <= 2 * bench.concurrency
        assert bench.job(job_id).status == "processing"
        ballast.unlink()
        bench.until_ended(job_id)
        assert assert_sound(bench, job_id, 1_500, max_unrecorded=0).n_repeated == 0
        assert any("disk is full" in cause for cause in bench.events(job_id, "stood still"))
