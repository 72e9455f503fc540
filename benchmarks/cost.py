"""What a product costs: the old system, one product a request, many, cached; and whether our bill is the ledger's.

    uv run python -m benchmarks.cost

282 concepts, gpt-4o-mini's prices, tokens as the local server counts them (4.2 characters each, the schema included).
The first row is the old system as it was measured elsewhere: 3.435 calls, about 2,500 input and 150 output tokens a
product, and what its failures cost is not known. Then, each measured here: its pattern (three calls one after the
other), AsyncOpenAI with gather, the bare loop, and ours. `same`: the job's own bill equals the server's ledger, token
by token; the others keep no bill. One product a request means the whole list of categories for each. `cached` is
what the local server reports, which leaves the schema out of what it caches. The second table (`benchmarks.prefix`)
tells how much of the input is the same in every call, the schema included.
"""

from __future__ import annotations

from typing import Any

from benchmarks import prefix
from benchmarks.throughput import USD_INPUT, USD_OUTPUT, Case, measure

USD_CACHED = 0.075e-6
OLD = {"calls": 3.435, "input": 2_500, "output": 150, "usd": 0.00046}
FAULTS = ("--fault", "429=0.02,500=0.02,prose=0.02,nojson=0.1,truncated=0.02,off_list=0.02", "--retry-after", "0.2")
COLUMNS = (
    "way",
    "sound",
    "calls/product",
    "input",
    "of it cached",
    "output",
    "USD/product",
    "cached",
    "times less",
    "same",
)

SAME = {"input_tokens": "input_tokens", "cached_input_tokens": "cached_tokens", "output_tokens": "output_tokens"}


def usd(ledger: dict[str, Any], n: int, *, cache: bool) -> float:
    """Price the ledger of n products, with or without the provider's cache."""
    n_cached = ledger.get("cached_tokens", 0) if cache else 0
    fresh = ledger["input_tokens"] - n_cached
    return (fresh * USD_INPUT + n_cached * USD_CACHED + ledger["output_tokens"] * USD_OUTPUT) / n


def is_same(told: dict[str, Any]) -> bool:
    """Compare the job's bill with the server's ledger."""
    ledger = told["ledger"]
    return all(told[ours] == ledger.get(theirs, 0) for ours, theirs in SAME.items()) and (
        abs(float(told["cost_usd"]) - usd(ledger, 1, cache=True)) < 1e-9
    )


def row(way: str, case: Case) -> list[str]:
    """Measure one way."""
    told = measure(case)
    ledger, n = told["ledger"], case.n_asked
    same = {True: "yes", False: "NO"}[is_same(told)] if "cost_usd" in told else "-"
    plain, cached = usd(ledger, n, cache=False), usd(ledger, n, cache=True)
    return [
        way, f"{told['n_sound']:,} of {n:,}", f"{ledger['calls'] / n:.3f}", f"{ledger['input_tokens'] / n:.0f}",
        f"{ledger.get('cached_tokens', 0) / n:.0f}", f"{ledger['output_tokens'] / n:.0f}", f"{plain:.7f}",
        f"{cached:.7f}", f"{OLD['usd'] / plain:.0f}", same,
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    print(f"| old system | - | {OLD['calls']} | {OLD['input']:,} | - | {OLD['output']} | {OLD['usd']} | - | 1 | - |")
    for client, way in (("old", "its pattern"), ("gather", "AsyncOpenAI + gather"), ("floor", "bare loop")):
        print(f"| {' | '.join(row(way, Case(client, 1_000, 8, 0.0)))} |", flush=True)
    for client in ("ours", "ours10", "ours25", "ours50"):
        way = f"{client.removeprefix('ours') or 1} a request"
        print(f"| {' | '.join(row(way, Case(client, 1_000, 8, 0.0)))} |", flush=True)
    print(f"| {' | '.join(row('25 a request, 18 % faults', Case('ours25', 1_000, 8, 0.0, FAULTS)))} |")
    prefix.main()


if __name__ == "__main__":
    main()
