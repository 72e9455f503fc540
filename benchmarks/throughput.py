"""How fast and how frugal: Anaquel beside the old system's pattern, a good engineer's script and the bare floor.

    uv run python -m benchmarks.throughput             latency 0, 0.2, 1.5 s by 200 / 2,000 / 20,000 products
    uv run python -m benchmarks.throughput --goals     concurrency, faults, limits, answers without JSON
    uv run python -m benchmarks.throughput --memory    peak memory at 2,000 / 100,000 / 1,000,000 products

Every row is a process of its own against a fresh server on this machine, one after the other. eff is ideal / active,
active being first request in to last answer out as the server saw it. Compare rows of one run only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BYTECODE = str(Path(tempfile.gettempdir()) / "anaquel-benchmark-bytecode")  # compiled once: nobody is timed for it
OLD_AT_MOST = 20  # products the serial pattern is given; its wall is scaled up and marked ~
USD_INPUT, USD_OUTPUT = 0.15e-6, 0.60e-6  # gpt-4o-mini, nothing cached
COLUMNS = (
    *("client", "n", "C", "latency", "sound", "wall s", "active s", "eff", "products/s", "CPU ms/product", "peak MB"),
    *("calls/product", "input tokens", "USD/product"),
)


@dataclass(frozen=True)
class Case:
    """One measurement."""

    client: str
    n: int
    concurrency: int
    latency_s: float
    server: tuple[str, ...] = ()


def measure(case: Case) -> dict[str, Any]:
    """Start a server, run the client, read the ledger."""
    command = [sys.executable, "-m", "benchmarks.fast_server", "--latency", str(case.latency_s), *case.server]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        port = json.loads(server.stdout.readline())["port"]
        n = min(case.n, OLD_AT_MOST) if case.client == "old" else case.n
        url = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.clients", case.client, url + "/v1", str(n), str(case.concurrency)],
            stdout=subprocess.PIPE, text=True, check=True, env=environment | {"PYTHONPYCACHEPREFIX": BYTECODE},
        )  # fmt: skip
        with urllib.request.urlopen(url + "/__stats") as answer:
            ledger = json.load(answer)
        return {"n": n} | json.loads(run.stdout.splitlines()[-1]) | {"ledger": ledger}
    finally:
        server.kill()
        server.wait()


def row(case: Case) -> list[str]:
    """Measure and format."""
    told = measure(case)
    n, ledger = told["n"], told["ledger"]
    a_call = 25 if case.client == "ours25" else 1
    scale = case.n / n
    calls = math.ceil(case.n / a_call) * (3 if case.client == "old" else 1)
    ideal_s = math.ceil(math.ceil(case.n / a_call) / case.concurrency) * case.latency_s
    active_s = ledger["active_s"] * scale
    n_input, n_output = ledger.get("input_tokens", 0) / n, ledger.get("output_tokens", 0) / n
    return [
        case.client, f"{case.n:,}", str(case.concurrency), f"{case.latency_s:g}", f"{told['n_sound'] * scale:,.0f}",
        f"{'~' if scale > 1 else ''}{told['wall_s'] * scale:.2f}", f"{active_s:.2f}",
        f"{ideal_s / active_s:.3f}" if ideal_s and calls else "-", f"{case.n / (told['wall_s'] * scale):,.0f}",
        f"{1000 * told['cpu_s'] / n:.3f}", f"{told['peak_mb']:.0f}", f"{ledger['calls'] / n:.3f}", f"{n_input:.0f}",
        f"{n_input * USD_INPUT + n_output * USD_OUTPUT:.7f}",
    ]  # fmt: skip


def table(title: str, cases: list[Case]) -> None:
    """Print one Markdown table, row by row as they are measured."""
    print(f"\n### {title}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    for case in cases:
        print(f"| {' | '.join(row(case))} |", flush=True)


def grid(sizes: list[int]) -> None:
    """Latency by size by client."""
    for latency_s in (0.0, 0.2, 1.5):
        cases = [
            Case(client, n, 64, latency_s)
            for n in sizes
            for client in ("old", "gather", "floor", "ours", "ours25")
            if n * latency_s <= 5_000 or client in ("old", "ours25")
        ]
        table(f"latency {latency_s:g} s", cases)


FAULTS = "429=0.05,500=0.03,prose=0.03,truncated=0.03,off_list=0.02,reset=0.01"


def goals() -> None:
    """What issue 3 asks, each beside the floor of the same run."""
    for concurrency in (64, 256, 512):
        n = concurrency * 16
        table(
            f"concurrency {concurrency}, 0.5 s",
            [Case(c, n, concurrency, 0.5) for c in ("floor", "ours", "floor", "ours")],
        )
    table("200 products at 1.5 s", [Case("floor", 200, 64, 1.5), Case("ours", 200, 64, 1.5)])
    table(
        "CPU and rate at 0 s", [Case("floor", 5_000, 64, 0), Case("ours", 5_000, 64, 0), Case("ours25", 50_000, 64, 0)]
    )
    table(
        "faults",
        [Case("gather", 1_000, 64, 0.05, ("--fault", FAULTS)), Case("ours", 1_000, 64, 0.05, ("--fault", FAULTS))],
    )
    limits = ("--rpm", "6000", "--bucket", "100")
    table("6,000 requests a minute, bucket of 100", [Case(c, 1_000, 64, 0.2, limits) for c in ("gather", "ours")])
    nojson = ("--fault", "nojson=0.1")
    table("10 % without JSON", [Case("ours", 200, 64, 0.05, nojson), Case("ours25", 200, 64, 0.05, nojson)])


def memory() -> None:
    """Peak memory of the whole process at two sizes."""
    table("memory", [Case("ours25", n, 64, 0.0) for n in (2_000, 100_000, 1_000_000)])


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goals", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--sizes", default="200,2000,20000")
    settings = parser.parse_args()
    if settings.goals:
        goals()
    elif settings.memory:
        memory()
    else:
        grid([int(n) for n in settings.sizes.split(",")])


if __name__ == "__main__":
    main()
