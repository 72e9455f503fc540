"""The programs that are compared, each run in a process of its own: `python -m benchmarks.clients NAME URL N C`.

floor: bare aiohttp, C pulling workers, rows to SQLite in batches. gather: what a good engineer writes with
AsyncOpenAI, a semaphore and gather (nothing stored). old: the old system's way, serial, three calls a product. ours
and ours25: Anaquel with everything on, through its use cases, one and 25 products a request.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEY, MODEL = "sk-benchmark-0000", "gpt-4o-mini"
FLUSH = 200
POLL_S = 0.25  # how often the job is looked at, as a page would
CHECKED = 5_000  # up to so many products every kept answer is checked
WORDS = ("leche", "arroz", "champú", "pañales", "cerveza", "aceite", "galletas", "tornillos", "jabón", "café")


def texts(n: int) -> Iterator[str]:
    """Give n different product names."""
    return (f"{WORDS[i % 10]} {WORDS[i // 10 % 10]} marca {i}" for i in range(n))


def body_of(key: int, text: str) -> dict[str, Any]:
    """Write the request of the other clients: the same taxonomy and schema as ours, one product."""
    shared = _shared()
    user = json.dumps({"products": [{"product_id": str(key), "text": text}]}, ensure_ascii=False)
    schema = {"name": "answers", "strict": True, "schema": shared.schema}
    return {
        "model": MODEL,
        "messages": [{"role": "system", "content": shared.system}, {"role": "user", "content": user}],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


@functools.cache
def _shared() -> Any:
    from classifier.prompt import build

    return build(taxonomy())


def taxonomy() -> Any:
    """282 concepts, as the old system had; the server answers with their notations."""
    from benchmarks.fast_server import NOTATIONS
    from classifier.taxonomy import Concept, Taxonomy

    concepts = {}
    for i, notation in enumerate(NOTATIONS):
        label = f"{WORDS[i % 10].capitalize()} y {WORDS[i // 10 % 10]} n.º {i}"
        concepts[notation] = Concept(
            notation, f"urn:{notation}", {"es": label}, broader=(notation[:2],) if i % 20 else ()
        )
    return Taxonomy("benchmark", "urn:benchmark", concepts)


async def floor(url: str, n: int, concurrency: int, mark: Callable[[], None]) -> int:
    """The least that can be done: bare HTTP, a check of the answer, rows in SQLite."""
    import aiohttp
    import orjson

    database = sqlite3.connect(Path(tempfile.mkdtemp()) / "floor.db", isolation_level=None)
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE result(position INTEGER PRIMARY KEY, text, notation, tokens, at, raw)")
    todo, rows, n_done = enumerate(texts(n)), list[tuple[Any, ...]](), 0
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    template = orjson.dumps(body_of(0, "@@")).split(b"@@")

    def flush() -> None:
        database.execute("BEGIN")
        database.executemany("INSERT INTO result VALUES (?,?,?,?,?,?)", rows)
        database.execute("COMMIT")
        rows.clear()

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal n_done
        for i, text in todo:
            async with session.post(url + "/chat/completions", data=template[0] + text.encode() + template[1],
                                    headers=headers) as response:  # fmt: skip
                answer = orjson.loads(await response.read())
            content = answer["choices"][0]["message"]["content"]
            row = orjson.loads(content)["answers"][0]
            usage = answer["usage"]
            rows.append((i, text, row["notation"], usage["total_tokens"], datetime.now(UTC).isoformat(), content))
            n_done += 1
            if len(rows) >= FLUSH:
                flush()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        mark()
        await asyncio.gather(*(work(session) for _ in range(concurrency)))
    flush()
    return n_done


async def gather(url: str, n: int, concurrency: int, mark: Callable[[], None]) -> int:
    """AsyncOpenAI, a semaphore, gather, the client's own retries."""
    from openai import AsyncOpenAI, OpenAIError

    client, gate = AsyncOpenAI(api_key=KEY, base_url=url, max_retries=5), asyncio.Semaphore(concurrency)

    async def one(i: int, text: str) -> bool:
        async with gate:
            try:
                answer = await client.chat.completions.create(**body_of(i, text))
                return bool(json.loads(answer.choices[0].message.content or "")["answers"][0]["notation"])
            except (OpenAIError, ValueError, LookupError):
                return False

    mark()
    return sum(await asyncio.gather(*(one(i, text) for i, text in enumerate(texts(n)))))


async def old(url: str, n: int, _: int, mark: Callable[[], None]) -> int:
    """Three calls after one another for each product, one product after the other."""
    from openai import AsyncOpenAI

    client, n_done = AsyncOpenAI(api_key=KEY, base_url=url), 0
    mark()
    for i, text in enumerate(texts(n)):
        for _step in range(3):
            await client.chat.completions.create(**body_of(i, text))
        n_done += 1
    return n_done


def ours(url: str, n: int, concurrency: int, mark: Callable[[], None], batch_size: int = 1, *,
         only_submit: bool = False) -> dict[str, Any]:  # fmt: skip
    """Anaquel: submit a job (or take BENCHMARK_JOB), let its own executor run it, read the outcome from its record."""
    from classifier.bootstrap import build
    from classifier.jobs import Submission, submit
    from classifier.products import Product
    from classifier.settings import Settings
    from classifier.taxonomy import to_record

    env = {
        "ANAQUEL_HOME": os.environ.get("BENCHMARK_HOME") or tempfile.mkdtemp(),
        "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url, "ANAQUEL_CONCURRENCY": str(concurrency),
    }  # fmt: skip
    services, scheme = build(Settings.from_env(env)), taxonomy()
    warm(url)
    services.store.add_taxonomy({
        "id": scheme.fingerprint, "name": scheme.name, "uri": scheme.uri, "n_concepts": len(scheme.concepts),
        "n_assignable": len(scheme.assignable), "languages": ["es"], "record": to_record(scheme), "report": {},
    })  # fmt: skip
    options = {"batch_size": batch_size, "concurrency": concurrency}
    asked = Submission("benchmark", scheme.fingerprint, "openai", MODEL, options, reuse=True)
    job_id = os.environ.get("BENCHMARK_JOB")
    if job_id is None:
        job_id = submit(services, asked, (Product(i, text) for i, text in enumerate(texts(n))))
    if only_submit:
        return {"n_sound": 0, "job_id": job_id}
    mark()
    services.start()
    while (job := services.store.job(job_id)).status in ("queued", "processing"):
        time.sleep(POLL_S)
    if job.status != "completed":
        print(f"the job ended as {job.status}", file=sys.stderr)
    ended = {"ended_at_s": (job.completed_at or datetime.now(UTC)).timestamp(), "cpu_ended_s": time.process_time()}
    if n <= CHECKED:
        ended["n_wrong"] = n_wrong(services.store, job_id)
    services.stop()
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "n_attempts")
    bill = {name: getattr(job, name) for name in names} | {"cost_usd": str(job.cost_usd)}
    return {"n_sound": job.n_classified} | ended | bill


def warm(url: str) -> None:
    """Load what a running server has loaded since its start."""
    import classifier.engines.openai  # noqa: F401
    from classifier.pricing import find_price

    find_price(MODEL, datetime.now(UTC).date(), url)


def n_wrong(store: Any, job_id: str) -> int:
    """Count kept answers that are not the one the server holds for right."""
    from benchmarks.fast_server import notation_of

    items = store.items(job_id, n=CHECKED)
    return sum(item.status == "classified" and item.notation != notation_of(item.text) for item in items)


def submit25(url: str, n: int, concurrency: int, mark: Callable[[], None]) -> dict[str, Any]:
    """Put a job for ours25 into BENCHMARK_HOME and leave it to another process."""
    mark()
    return ours(url, n, concurrency, mark, 25, only_submit=True)


def ours25(url: str, n: int, concurrency: int, mark: Callable[[], None]) -> dict[str, Any]:
    """Anaquel with 25 products a request."""
    return ours(url, n, concurrency, mark, 25)


def ours10(url: str, n: int, concurrency: int, mark: Callable[[], None]) -> dict[str, Any]:
    """Anaquel with ten products a request."""
    return ours(url, n, concurrency, mark, 10)


def ours50(url: str, n: int, concurrency: int, mark: Callable[[], None]) -> dict[str, Any]:
    """Anaquel with fifty products a request."""
    return ours(url, n, concurrency, mark, 50)


CLIENTS: dict[str, Callable[..., Any]] = {"floor": floor, "gather": gather, "old": old, "ours": ours, "ours25": ours25}
CLIENTS |= {"ours10": ours10, "ours50": ours50, "submit25": submit25}


def main() -> None:
    """Run one client and print its measurements as JSON."""
    name, url, n, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    began: list[float] = []

    def mark() -> None:
        began[:] = [time.time(), time.process_time()]

    client = CLIENTS[name](url, n, concurrency, mark)
    told = asyncio.run(client) if isinstance(client, Coroutine) else client
    told = told if isinstance(told, dict) else {"n_sound": told}
    wall_s = told.get("ended_at_s", time.time()) - began[0]
    cpu_s = told.get("cpu_ended_s", time.process_time()) - began[1]
    print(json.dumps({
        "wall_s": wall_s, "cpu_s": cpu_s, "start_cpu_s": began[1],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    } | told))  # fmt: skip


if __name__ == "__main__":
    main()
