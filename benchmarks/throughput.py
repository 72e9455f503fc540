"""How fast and how frugal: Anaquel beside the old system's pattern, a good engineer's script and the bare floor.

    uv run python -m benchmarks.throughput             latency 0, 0.2, 1.5 s by 200 and 2,000 products (5 minutes)
    uv run python -m benchmarks.throughput --sizes 200,2000,20000      the same, longer
    uv run python -m benchmarks.throughput --goals     what issue 3 asks: concurrency, CPU, limits, answers without JSON
    uv run python -m benchmarks.throughput --memory --sizes 2000,100000,1000000    peak memory of the engine's process

Every row is a process of its own against a fresh server on this machine, one after the other. eff is ideal / active,
active being first request in to last answer out as the server saw it. "/ floor" sets a row beside the bare loop's of
the same table (the mean, where it ran twice): these ratios are what to trust. CPU and wall begin when the client is
loaded and its products are at hand ("start CPU s" came before), and hold all that is stored.
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BYTECODE = str(Path(tempfile.gettempdir()) / "anaquel-benchmark-bytecode")  # compiled once: nobody is timed for it
OLD_AT_MOST, OLD_AT_MOST_S = 20, 12.0  # what the serial pattern is given; its wall is scaled up and marked ~
PATIENCE_S = 900.0  # for one client
USD_INPUT, USD_OUTPUT = 0.15e-6, 0.60e-6  # gpt-4o-mini, nothing cached
A_CALL = {"ours10": 10, "ours25": 25, "ours50": 50}
CLIENTS = ("floor", "old", "gather", "ours", "ours25")
COLUMNS = (
    *("client", "products", "C", "latency", "sound", "wrong", "wall s", "active s", "eff", "eff / floor"),
    *("products/s", "CPU ms/product", "CPU / floor", "start CPU s", "peak MB", "calls/product"),
    *("input tokens/product", "USD/product"),
)


@dataclass(frozen=True)
class Case:
    """One measurement."""

    client: str
    n: int
    concurrency: int
    latency_s: float
    server: tuple[str, ...] = ()

    @property
    def n_asked(self) -> int:
        """Products the client is given."""
        if self.client != "old":
            return self.n
        return min(self.n, OLD_AT_MOST, max(2, int(OLD_AT_MOST_S / (3 * self.latency_s + 0.01))))

    @property
    def ideal_s(self) -> float:
        """Seconds when every place is busy all the time and nothing else takes any."""
        n_calls = math.ceil(self.n / A_CALL.get(self.client, 1)) * (3 if self.client == "old" else 1)
        return math.ceil(n_calls / self.concurrency) * self.latency_s


def measure(case: Case, *, apart: bool = False) -> dict[str, Any]:
    """Start a server, run the client, read the ledger; apart: another process puts the products in before."""
    with serving(case.latency_s, *case.server) as url:
        with tempfile.TemporaryDirectory() as home:
            job = {}
            if apart:
                job = {"BENCHMARK_JOB": run_client(case, f"submit{A_CALL[case.client]}", url, home)["job_id"]}
            told = run_client(case, case.client, url, home, job)
        with urllib.request.urlopen(url + "/__stats") as answer:
            return told | {"ledger": json.load(answer)}


@contextmanager
def serving(latency_s: float, *options: str) -> Iterator[str]:
    """Run the fast server in a process of its own; gives its address, without the /v1."""
    command = [sys.executable, "-m", "benchmarks.fast_server", "--latency", str(latency_s), *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield f"http://127.0.0.1:{json.loads(server.stdout.readline())['port']}"
    finally:
        server.kill()
        server.wait()


def run_client(case: Case, client: str, url: str, home: str, job: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run one client in a process of its own and return what it measured."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients", client, url + "/v1", str(case.n_asked), str(case.concurrency)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE_S,
        env=inherited | {"PYTHONPYCACHEPREFIX": BYTECODE, "BENCHMARK_HOME": home} | dict(job or {}),
    )  # fmt: skip
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


@dataclass(frozen=True)
class Bar:
    """What the bare loop of a table came to: the rows are measured against it."""

    eff: float
    cpu_ms: float


def eff_of(case: Case, told: dict[str, Any]) -> float:
    """Ideal / active; 0.0 where the server answers at once."""
    return case.ideal_s / (told["ledger"]["active_s"] * case.n / case.n_asked)


def cpu_ms_of(case: Case, told: dict[str, Any]) -> float:
    """CPU milliseconds a product in the client's process, storage included."""
    return float(1000 * told["cpu_s"] / case.n_asked)


def row(case: Case, told: dict[str, Any], bar: Bar | None) -> list[str]:
    """Format one measurement."""
    n, ledger, scale = case.n_asked, told["ledger"], case.n / case.n_asked
    eff, cpu_ms = eff_of(case, told), cpu_ms_of(case, told)
    n_input, n_output = ledger.get("input_tokens", 0) / n, ledger.get("output_tokens", 0) / n
    return [
        case.client, f"{case.n:,}", str(case.concurrency), f"{case.latency_s:g}", f"{told['n_sound'] * scale:,.0f}",
        str(told.get("n_wrong", "-")), f"{'~' if scale > 1 else ''}{told['wall_s'] * scale:.2f}",
        f"{ledger['active_s'] * scale:.2f}", f"{eff:.3f}" if eff else "-",
        f"{eff / bar.eff:.3f}" if bar and bar.eff else "-", f"{case.n / (told['wall_s'] * scale):,.0f}",
        f"{cpu_ms:.3f}", f"{cpu_ms / bar.cpu_ms:.1f}" if bar else "-", f"{told['start_cpu_s']:.2f}",
        f"{told['peak_mb']:.0f}", f"{ledger['calls'] / n:.3f}", f"{n_input:.0f}",
        f"{n_input * USD_INPUT + n_output * USD_OUTPUT:.7f}",
    ]  # fmt: skip


def table(title: str, cases: Sequence[Case]) -> None:
    """Print one Markdown table, row by row as they are measured; the bare loop comes first."""
    print(f"\n### {title}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    bars: dict[tuple[int, int], list[Bar]] = {}
    for case in cases:
        told = measure(case)
        of_size = bars.setdefault((case.n, case.concurrency), [])
        if case.client == "floor":
            of_size.append(Bar(eff_of(case, told), cpu_ms_of(case, told)))
        n = len(of_size)
        bar = Bar(sum(b.eff for b in of_size) / n, sum(b.cpu_ms for b in of_size) / n) if n else None
        print(f"| {' | '.join(row(case, told, bar))} |", flush=True)


def grid(sizes: Sequence[int]) -> None:
    """Latency by size by client; more places where calls are long, so that a run stays short."""
    for latency_s, concurrency in ((0.0, 64), (0.2, 64), (1.5, 256)):
        cases = [Case(client, n, concurrency, latency_s) for n in sizes for client in CLIENTS]
        table(f"latency {latency_s:g} s, {concurrency} calls at a time", cases)


FAULTS = "429=0.05,500=0.03,prose=0.03,truncated=0.03,off_list=0.02,reset=0.01"
LIMITS = ("--rpm", "6000", "--bucket", "100")


def goals() -> None:
    """What issue 3 asks, each beside the floor of the same run where there is one."""
    for concurrency in (64, 256, 512):
        cases = [Case(c, concurrency * 16, concurrency, 0.5) for c in ("floor", "ours", "floor", "ours")]
        table(f"efficiency at concurrency {concurrency}, 0.5 s", cases)
    table("200 products at 1.5 s", [Case("floor", 200, 64, 1.5), Case("ours", 200, 64, 1.5)])
    table(
        "CPU and rate at 0 s",
        [Case("floor", 5_000, 64, 0), Case("gather", 2_000, 64, 0), Case("ours", 5_000, 64, 0),
         Case("ours25", 50_000, 64, 0)],
    )  # fmt: skip
    faulty = ("--fault", FAULTS)
    table(
        "faults on the first two attempts, Retry-After 1",
        [Case(c, 1_000, 64, 0.05, faulty) for c in ("gather", "ours")],
    )
    table("6,000 requests a minute, bucket of 100", [Case(c, 1_000, 64, 0.2, LIMITS) for c in ("gather", "ours")])
    nojson = ("--fault", "nojson=0.1")
    table("10 % without JSON", [Case("ours", 200, 64, 0.05, nojson), Case("ours25", 200, 64, 0.05, nojson)])


def memory(sizes: Sequence[int]) -> None:
    """Peak memory of the engine's process at three sizes; another process has put the products in."""
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    for n in sizes:
        case = Case("ours25", n, 64, 0.0)
        print(f"| {' | '.join(row(case, measure(case, apart=True), None))} |", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goals", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--sizes", default="200,2000")
    settings = parser.parse_args()
    sizes = [int(n) for n in settings.sizes.split(",")]
    if settings.goals:
        goals()
    elif settings.memory:
        memory(sizes)
    else:
        grid(sizes)


if __name__ == "__main__":
    main()
