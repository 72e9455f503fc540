"""How much a hostile service costs: Anaquel with 30 % of all attempts failing in every way, beside a quiet run.

    uv run python -m benchmarks.faults                  3,000 products, 0.5 s a call, 64 at a time (3 minutes)

Faults strike at random by content and attempt, on every attempt: 429 with Retry-After 1, 500, 503, resets, slow drips
(a byte every quarter of a second: no read ever times out), 200 with HTML, with an empty or cut body, without JSON, cut
in the middle, off the list. Asked of us: at least 99.9 % end sound, none wrong, within 2.2 times the quiet run.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.throughput import Case, measure

SHARES = {
    "429": 0.04, "500": 0.03, "503": 0.03, "reset": 0.03, "drip": 0.02, "html": 0.02, "empty": 0.02, "cut": 0.02,
    "nojson": 0.03, "truncated": 0.03, "off_list": 0.03,
}  # fmt: skip
HOSTILE = ("--fault", ",".join(f"{name}={share}" for name, share in SHARES.items()), "--attempts", "99")
MORE = 10
COLUMNS = ("products a request", "service", "sound", "wrong", "wall s", "/ quiet", "calls/product", "CPU ms/product")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=3_000)
    parser.add_argument("--latency", type=float, default=0.5, help="seconds")
    parser.add_argument("--concurrency", type=int, default=64)
    settings = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for client, a_call in (("ours", 1), ("ours25", 25)):
        n = settings.products * min(a_call, MORE)  # calls enough that a run lasts longer than a retry
        quiet_s = 0.0
        for service, extra in (("quiet", ()), ("30 % faults", HOSTILE)):
            told = measure(Case(client, n, settings.concurrency, settings.latency, extra))
            quiet_s = quiet_s or told["wall_s"]
            print(f"| {' | '.join(row(a_call, service, n, told, quiet_s))} |", flush=True)


def row(a_call: int, service: str, n: int, told: dict[str, Any], quiet_s: float) -> list[str]:
    """Format one run beside the quiet one."""
    wall_s, cpu_ms = told["wall_s"], 1000 * told["cpu_s"] / n
    return [
        str(a_call), service, f"{told['n_sound']:,} of {n:,}", str(told.get("n_wrong", "-")), f"{wall_s:.1f}",
        f"{wall_s / quiet_s:.2f}", f"{told['ledger']['calls'] / n:.3f}", f"{cpu_ms:.3f}",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
