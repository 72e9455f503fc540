"""How fast GET /classify/status answers idle and while 200 jobs run: p95 side by side, one server, one machine.

Run: python benchmarks/status_under_load.py [--jobs 200] [--products 5000] [--requests 300]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.served import Served, served

LIMIT = 10.0  # times the idle p95


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=200)
    asked.add_argument("--products", type=int, default=5_000)
    asked.add_argument("--requests", type=int, default=300)
    options = asked.parse_args()
    env = {"ANAQUEL_REST_PER_MINUTE": "10000000", "ANAQUEL_SUBMISSIONS_PER_MINUTE": "10000000"}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "home", **env) as server:
        first = server.submit([{"text": "pan"}])
        server.wait(first)
        idle = latencies_ms(server, [first], options.requests)
        jobs = submit_many(server, options.jobs, options.products)
        busy = latencies_ms(server, jobs, options.requests)
        n_active = sum(job["status"] in ("queued", "processing") for job in listed(server))
    print(f"{'':24}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}")
    for name, found in (("idle", idle), (f"{n_active} of {options.jobs} jobs left", busy)):
        print(f"{name:24}{statistics.median(found):10.1f}{p95(found):10.1f}{max(found):10.1f}")
    ratio = p95(busy) / p95(idle)
    print(f"p95 busy / idle: {ratio:.1f} (wanted: under {LIMIT:.0f})")
    sys.exit(ratio >= LIMIT or n_active == 0)


def submit_many(server: Served, n_jobs: int, n_products: int) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda j: server.submit([{"text": f"yogur natural {j} {i}"} for i in range(n_products)]),
                             range(n_jobs)))  # fmt: skip


def latencies_ms(server: Served, jobs: list[str], n: int) -> list[float]:
    found = []
    with requests.Session() as session:
        for i in range(n):
            began_s = time.perf_counter()
            assert session.get(f"{server.base}/classify/status/{jobs[i % len(jobs)]}", timeout=60).status_code == 200
            found.append(1_000 * (time.perf_counter() - began_s))
            time.sleep(0.01)
    return found


def listed(server: Served) -> list[dict[str, str]]:
    found: list[dict[str, str]] = server.get("/jobs?limit=200").json()["jobs"]
    return found


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
