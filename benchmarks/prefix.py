"""How much of a job's input is the same in every call, so that a provider may cache it; in tokens, schema included.

    uv run --with bpe-openai python -m benchmarks.prefix      (without bpe-openai tokens are characters / 3.25)

The requests are those of the engine, for the sample's 200 search terms and names and for 770 names of a catalogue,
which are longer. Two parts are held against each other byte by byte over all calls: the system message and the answer's
schema, which OpenAI puts before it. `cached`: what OpenAI would report at best, from the second call on in steps of 128
tokens; a server that leaves the schema out of what it caches reports less. The taxonomy is ours, whole and cut to 282
concepts, as many as the old system had.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from classifier.engines.openai import OpenAIEngine
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.engines.tokens import count_tokens, counting_method
from classifier.limiter import Limiter
from classifier.outcomes import Ask
from classifier.taxonomies import BUILT_IN
from classifier.taxonomy import Taxonomy
from classifier.taxonomy_import import read_taxonomy

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "samples" / "supermarket_200.json"
CATALOGUE = ROOT / "benchmarks" / "sets" / "test_catalogue_es.json"
STEP = 128
SIZES = (10, 25, 40)
COLUMNS = ("products", "concepts", "a request", "input tokens/product", "of it of the product",
           "the same in every call", "cached")  # fmt: skip


def taxonomy(n: int) -> Taxonomy:
    """Our taxonomy, cut to its first concepts: a notation sorts behind those above it."""
    whole, _ = read_taxonomy(BUILT_IN.read_bytes(), BUILT_IN.name)
    kept = sorted(whole.concepts)[:n]
    return replace(whole, concepts={notation: whole.concepts[notation] for notation in kept})


def names(source: Path) -> list[str]:
    """Read the products of a labelled set."""
    rows = json.loads(source.read_text(encoding="utf-8"))
    return [row["text"] for row in (rows if isinstance(rows, list) else rows["products"])]


def requests(scheme: Taxonomy, texts: list[str], size: int) -> list[tuple[str, str, str]]:
    """Write every request of the job: its system message, its schema and its products."""
    asks = [Ask(str(i), text) for i, text in enumerate(texts)]

    async def write() -> list[bytes]:
        engine = OpenAIEngine(scheme, OpenAIOptions(batch_size=size), Credentials("sk-nobody"), Limiter(1))
        try:
            return [engine.body(asks[i : i + size]) for i in range(0, len(asks), size)]
        finally:
            await engine.aclose()

    bodies = [json.loads(body) for body in asyncio.run(write())]
    schemas = (body["response_format"]["json_schema"]["schema"] for body in bodies)
    return [
        (body["messages"][0]["content"], json.dumps(schema, ensure_ascii=False, separators=(",", ":")),
         body["messages"][1]["content"])
        for body, schema in zip(bodies, schemas, strict=True)
    ]  # fmt: skip


def row(source: Path, n_concepts: int, size: int) -> list[str]:
    """Measure one job; raises ValueError when its calls do not share their prefix byte for byte."""
    texts = names(source)
    written = requests(taxonomy(n_concepts), texts, size)
    [(system, schema)] = {(system, schema) for system, schema, _ in written}
    n_prefix, n_calls, n = count_tokens(schema) + count_tokens(system), len(written), len(texts)
    n_users = sum(count_tokens(user) for _, _, user in written)
    total = n_calls * n_prefix + n_users
    cached = (n_calls - 1) * (n_prefix // STEP * STEP)
    return [
        f"{n} of {source.stem}", f"{n_concepts}", f"{size}", f"{total / n:.1f}", f"{n_users / n:.1f}",
        f"{n_calls * n_prefix / total:.1%}", f"{cached / total:.1%}",
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    print(f"\ntokens counted by: {counting_method()}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for source in (SAMPLE, CATALOGUE):
        for n_concepts in (282, 420):
            for size in SIZES:
                print(f"| {' | '.join(row(source, n_concepts, size))} |", flush=True)


if __name__ == "__main__":
    main()
