"""Two network namespaces as two machines: one is cut off in the middle of a job and comes back after its end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from classifier.settings import WORKERS
from tests.faults.bench import ROOT, Bench, assert_sound, audit, bench_at
from tests.postgres_server import postgres_server

pytestmark = pytest.mark.faults
PLACE = f"10.{128 + os.getpid() % 100}"  # two suites on one host stay apart
CENTRE, NETWORK = f"{PLACE}.0.1", f"{PLACE}.0.0/16"  # where the database and the service are


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=20)


class Machine:
    """A namespace with a cable to the centre."""

    def __init__(self, n: int) -> None:
        self.name, self._cable = f"anaquel{os.getpid()}-{n}", f"anq{os.getpid() % 10_000}-{n}"
        inner = f"{self._cable}i"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", inner, "netns", self.name)
        _ip("addr", "add", f"{PLACE}.{n}.1/24", "dev", self._cable)
        _ip("link", "set", self._cable, "up")
        for command in (f"addr add {PLACE}.{n}.2/24 dev {inner}", f"link set {inner} up", "link set lo up",
                        f"route add default via {PLACE}.{n}.1"):  # fmt: skip
            _ip("-n", self.name, *command.split())

    def start_worker(self, bench: Bench) -> subprocess.Popen[bytes]:
        env = os.environ | {
            "DATABASE_URL": bench.url, "OPENAI_API_KEY": "sk-test-0123456789abcdef", "OPENAI_BASE_URL": bench.base_url,
            "ANAQUEL_CONCURRENCY": str(bench.concurrency), "ANAQUEL_HOME": str(bench.folder / self.name),
        }  # fmt: skip
        command = ["ip", "netns", "exec", self.name, sys.executable, "-m", "cli.main", "worker"]
        return subprocess.Popen(command, cwd=ROOT, env=env, stderr=(bench.folder / f"{self.name}.log").open("wb"))

    def cut_off(self) -> None:
        _ip("link", "set", self._cable, "down")

    def reconnect(self) -> None:
        _ip("link", "set", self._cable, "up")

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._cable], check=False, capture_output=True)


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    made: list[Machine] = []
    try:
        try:
            _ip("addr", "replace", f"{CENTRE}/32", "dev", "lo")
            made += [Machine(1), Machine(2)]
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"no right to make network namespaces (CAP_NET_ADMIN): {error}")
        yield made[0], made[1]
    finally:
        for machine in made:
            machine.remove()
        subprocess.run(["ip", "addr", "del", f"{CENTRE}/32", "dev", "lo"], check=False, capture_output=True)


@pytest.fixture
def bench(machines: tuple[Machine, Machine], tmp_path: Path) -> Iterator[Bench]:
    with closing(socket.socket()) as free:
        free.bind((CENTRE, 0))
        port = free.getsockname()[1]
    with postgres_server() as server:
        server.stop("fast")
        url = server.open_to(NETWORK, CENTRE, port)
        server.start()
        with bench_at(tmp_path, url, executor=WORKERS, host=CENTRE) as made:
            yield made
            made.services.executor.stop()


def test_a_machine_that_is_cut_off_loses_its_work_to_the_other_and_changes_nothing_when_it_is_back(
    bench: Bench, machines: tuple[Machine, Machine]
) -> None:
    bench.set_mode(latency_s=0.3)
    workers = [machine.start_worker(bench) for machine in machines]
    try:
        bench.until(lambda: bench.services.executor.n_workers == 2, "both are there", 150.0)
        job_id = bench.submit(2_000)
        bench.until(lambda: len(bench.store.owners()) == 2 and bench.n_done(job_id) >= 100, "both are at work", 90.0)
        machines[0].cut_off()
        bench.until(lambda: bool(bench.events(job_id, "resumed")), "the other takes over", 30.0)
        bench.set_mode(latency_s=0.01)
        bench.until_ended(job_id)
        before = audit(bench, job_id)
        machines[0].reconnect()
        bench.until(lambda: bench.services.executor.n_workers == 2, "the cut one is back", 60.0)
        time.sleep(3.0)
        found = assert_sound(bench, job_id, 2_000, max_unrecorded=bench.concurrency)
        assert (found.by_status, found.n_wrong) == (before.by_status, 0)
        assert bench.job(job_id).completed_at is not None
        assert all(worker.poll() is None for worker in workers)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait(10)
