"""The bench on which workers are killed: a service with a ledger, a database, worker processes, and the audit."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import select

from classifier import jobs
from classifier.bootstrap import Services, build
from classifier.products import Product
from classifier.settings import WORKERS, Settings
from classifier.taxonomies import languages_of
from classifier.taxonomy import to_record
from storage import ACTIVE, Job, Store
from storage.tables import attempts, items
from tests.asking import taxonomy_of
from tests.faults.worker import Kill, as_program, settings_of, work
from tests.llm_server import LLMServer, shelf

ROOT = Path(__file__).parents[2]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.worker"])


@dataclass(frozen=True)
class Line:
    """One line of the service's ledger."""

    what: str
    n: int
    texts: Sequence[str]
    input: int = 0
    output: int = 0


class Bench:
    """What a fault test works with; times out rather than hangs."""

    def __init__(self, folder: Path, url: str, concurrency: int, base_url: str | None = None,
                 host: str = LLMServer.host, **more: Any) -> None:  # fmt: skip
        """base_url: of a service that is there already; a ledger server of its own, at host, unless given."""
        self.folder, self.url, self.concurrency, self._more = folder, url, concurrency, more
        self.set_mode()
        self._server: subprocess.Popen[bytes] | None = None
        self.workers: list[BaseProcess] = []
        if base_url is None:
            command = [sys.executable, "-m", "tests.faults.ledger_server", str(folder), host]
            self._server = subprocess.Popen(command, cwd=ROOT)
        self.base_url = base_url or self._read_port()
        self.services = build(self.settings)
        self.store: Store = self.services.store
        taxonomy = taxonomy_of(40)
        self.taxonomy, self.taxonomy_id = taxonomy, taxonomy.fingerprint
        self.store.add_taxonomy({
            "id": taxonomy.fingerprint, "name": "test", "uri": taxonomy.uri, "n_concepts": len(taxonomy.concepts),
            "n_assignable": len(taxonomy.assignable), "languages": languages_of(taxonomy),
            "record": to_record(taxonomy), "report": {},
        })  # fmt: skip

    @property
    def settings(self) -> Settings:
        return settings_of(self.url, self.base_url, str(self.folder), self.concurrency, **self._more)

    def set_mode(self, **mode: Any) -> None:
        """Change how the service behaves from the next call on."""
        new = self.folder / "mode.new"
        new.write_text(json.dumps(mode), encoding="utf-8")
        new.rename(self.folder / "mode.json")

    def submit(self, n: int, *, batch_size: int = 5, services: Services | None = None, name: str = "job",
               **asked: Any) -> str:  # fmt: skip
        options = {"batch_size": batch_size, "deadline_s": asked.pop("deadline_s", 20.0), **asked.pop("options", {})}
        submission = jobs.Submission(name, self.taxonomy_id, "openai", "gpt-4o-mini", options, reuse=False, **asked)
        return jobs.submit(services or self.services, submission, (Product(i, f"{name} {i}") for i in range(n)))

    def start(self, kill: Kill | None = None, grace_s: float = 10.0, n_executors: int = 1) -> BaseProcess:
        if self.settings.executor == WORKERS:
            worker = _context.Process(target=as_program, args=(self.settings, n_executors), daemon=True)
        else:
            worker = _context.Process(target=work, args=(self.settings, kill, grace_s, n_executors), daemon=True)
        worker.start()
        self.workers.append(worker)
        return worker

    def job(self, job_id: str) -> Job:
        return self.store.job(job_id)

    def n_done(self, job_id: str) -> int:
        job = self.job(job_id)
        return job.n_classified + job.n_failed + job.n_unsure + job.n_not_a_product

    def until(self, is_so: Callable[[], bool], what: str, patience_s: float = 60.0) -> None:
        ends_s = time.monotonic() + patience_s
        while not is_so():
            assert time.monotonic() < ends_s, f"waited {patience_s} s in vain until {what}"
            time.sleep(0.02)

    def until_ended(self, *job_ids: str, patience_s: float = 90.0) -> None:
        self.until(lambda: all(self.job(j).status not in ACTIVE for j in job_ids), "the jobs have ended", patience_s)

    def until_done(self, job_id: str, n: int, patience_s: float = 60.0) -> None:
        self.until(lambda: self.n_done(job_id) >= n, f"{n} products are done", patience_s)

    def ledger(self, what: str = "paid") -> list[Line]:
        path = self.folder / "ledger.jsonl"
        if not path.exists():
            return []
        lines = [Line(**json.loads(text)) for text in path.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line.what == what]

    def events(self, job_id: str, kind: str) -> list[str]:
        return [event.cause for event in self.store.events(job_id) if event.kind == kind]

    def close(self) -> None:
        for worker in self.workers:
            if worker.is_alive():
                os.kill(worker.pid or 0, signal.SIGCONT)
                worker.kill()
            worker.join(10)
        self.store.close()
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)

    def _read_port(self) -> str:
        port = self.folder / "port"
        self.until(port.exists, "the service listens", 30.0)
        return port.read_text(encoding="utf-8")


@contextmanager
def bench_at(folder: Path, url: str | None = None, concurrency: int = 8, base_url: str | None = None, **more: Any
             ) -> Iterator[Bench]:  # fmt: skip
    """more: other settings (classifier.settings.Settings)."""
    bench = Bench(folder, url or f"sqlite:///{folder / 'anaquel.db'}", concurrency, base_url, **more)
    try:
        yield bench
    finally:
        bench.close()


@contextmanager
def working_bench(folder: Path, server: LLMServer) -> Iterator[Bench]:
    """A bench whose worker lives in this process and asks the server."""
    with bench_at(folder, base_url=server.base_url) as bench:
        bench.services.executor.start()
        try:
            yield bench
        finally:
            bench.services.executor.stop(5.0)


@dataclass(frozen=True)
class Audit:
    """What the record says against what the service's ledger says. unrecorded: paid calls that are not on our bill."""

    n_products: int
    by_status: Mapping[str, int]
    n_wrong: int
    unrecorded: Sequence[Line]
    n_repeated: int
    record_tokens: int
    ledger_tokens: int


def audit(bench: Bench, *job_ids: str) -> Audit:
    """Compare the record with the ledger, product by product and call by call."""
    notations = list(bench.taxonomy.assignable)
    with bench.store._read() as connection:
        rows = connection.execute(select(items).where(items.c.job_id.in_(job_ids))).all()
        calls = connection.execute(select(attempts).where(attempts.c.job_id.in_(job_ids))).all()
    texts = {row.text for row in rows}
    paid = [line for line in bench.ledger() if texts.issuperset(line.texts)]
    recorded = {call.request_id for call in calls}
    times = Counter(text for line in paid for text in line.texts)
    return Audit(
        n_products=len(rows),
        by_status=Counter(row.status for row in rows),
        n_wrong=sum(row.status == "classified" and row.notation != shelf(row.text, notations) for row in rows),
        unrecorded=[line for line in paid if f"req_{line.n}" not in recorded],
        n_repeated=sum(n - 1 for n in times.values()),
        record_tokens=sum(call.input_tokens + call.output_tokens for call in calls),
        ledger_tokens=sum(line.input + line.output for line in paid),
    )


def assert_sound(bench: Bench, job_id: str, n: int, max_unrecorded: int) -> Audit:
    """Nothing lost, nothing doubled, the bill equal to the ledger but for calls in flight at a kill."""
    found = audit(bench, job_id)
    assert found.by_status == {"classified": n}, bench.store.events(job_id)
    assert bench.job(job_id).status == "completed"
    assert bench.job(job_id).n_classified == found.n_products == n
    assert len(found.unrecorded) <= max_unrecorded
    assert found.ledger_tokens - found.record_tokens == sum(line.input + line.output for line in found.unrecorded)
    return found
