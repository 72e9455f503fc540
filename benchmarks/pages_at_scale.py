"""Every query of the pages over 1,000,000 stored results beside the same over 1,000, and what a survey takes.

    uv run python benchmarks/pages_at_scale.py [--rows 1000000] [--folder /tmp/scale] [--repeat 30]
    uv run python benchmarks/pages_at_scale.py --database postgresql+psycopg://user@localhost/scale ...

Prints p50 and p95 in ms for both jobs. The folder is kept: a second run builds nothing.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from classifier import taxonomies
from classifier.analysis import auditing
from classifier.analysis import job_analysis as analysis
from classifier.analysis.confusion import confusion_matrix
from classifier.analysis.costs import costs
from classifier.analysis.funnel import funnel
from classifier.analysis.hierarchy import count_nearness, lifter
from classifier.analysis.listing import Wanted, of_branch, product_page
from classifier.analysis.overview import overview
from classifier.analysis.tree import tree
from classifier.bootstrap import Services, build
from classifier.lexicon import read_lexicon
from classifier.metrics import confusions, evaluate
from classifier.normalisation import text_key
from classifier.settings import Settings
from classifier.spec import Spec
from classifier.taxonomy import Concept, Taxonomy
from storage import AttemptRow, ItemFilter, NewItem, NewJob, Result
from storage.counters import count_attempts, count_groups, groups_of
from storage.outcomes import add_tallies
from storage.spending import add_spend
from storage.tables import attempts, items, jobs

KINDS = ("off_list", "not_json", "truncated", "refused", "timeout", "missing")
SMALL = 1_000
JOBS = {"small": "small".ljust(26, "a"), "large": "large".ljust(26, "a")}  # ids as an address has them
BATCH = 20_000
A_CALL = 25
LABELLED = 0.4


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path, default=Path("/tmp/anaquel_scale"))
    asked.add_argument("--database", help="address of a PostgreSQL database; without it, a SQLite file in the folder")
    asked.add_argument("--repeat", type=int, default=30)
    asked.add_argument("--survey", action="store_true", help="survey again, though there is an analysis")
    told = asked.parse_args()
    services = build(Settings(told.folder, told.database or f"sqlite:///{told.folder / 'scale.db'}"))
    taxonomy_id = taxonomies.ensure_built_in(services)
    sizes = {JOBS["small"]: SMALL, JOBS["large"]: told.rows}
    for name, n in sizes.items():
        if not any(job.id == name for job in services.store.jobs()):
            fill(services, name, taxonomy_id, n)
    for name in sizes:
        if told.survey or services.store.analysis(name) is None:
            survey(services, name)
    if told.repeat:
        measure(services, told.repeat)
    services.store.close()


def fill(services: Services, job_id: str, taxonomy_id: str, n: int) -> None:
    """Write a job that has ended, as the recorder would have, in large transactions."""
    began_s, store = time.monotonic(), services.store
    taxonomy = services.builder.taxonomy(taxonomy_id)
    spec = Spec("openai", taxonomy_id, options={"model": "gpt-4.1-nano"})
    store.create_job(NewJob(job_id, f"{n} products", taxonomy_id, "openai", spec.to_record(), "gpt-4.1-nano"), "bench")
    rows = products(n, taxonomy, random.Random(7))
    started_at = datetime(2026, 11, 22, 21, tzinfo=UTC)
    for first in range(0, n, BATCH):
        made = [next(rows) for _ in range(min(BATCH, n - first))]
        results = [
            result(item, answer, started_at + timedelta(milliseconds=4 * item.position)) for item, answer in made
        ]
        calls = [call(results[i : i + A_CALL]) for i in range(0, len(results), A_CALL)]
        with store._write() as connection:
            connection.execute(insert(items), [item_row(job_id, i, r) for (i, _), r in zip(made, results, strict=True)])
            connection.execute(insert(attempts), [attempt_row(job_id, c) for c in calls])
            add_spend(connection, job_id, calls, results)
            groups = groups_of(results)
            add_tallies(connection, job_id, groups)
            counted = count_attempts(calls) | count_groups(groups, revived=False)
            added = {name: jobs.c[name] + value for name, value in counted.items()}
            added["n_items"] = jobs.c.n_items + len(made)
            added["n_labelled"] = jobs.c.n_labelled + sum(i.expected is not None for i, _ in made)
            connection.execute(jobs.update().where(jobs.c.id == job_id).values(added))
    with store._write() as connection:
        ended = {"status": "completed", "started_at": started_at, "ready_at": started_at,
                 "completed_at": started_at + timedelta(milliseconds=4 * n)}  # fmt: skip
        connection.execute(jobs.update().where(jobs.c.id == job_id).values(ended))
    print(f"filled {n:,} in {time.monotonic() - began_s:.0f} s")


def products(n: int, taxonomy: Taxonomy, chance: random.Random) -> Iterator[tuple[NewItem, str]]:
    """Products sorted by category as catalogues are, with answers that are right nine times in ten."""
    leaves = [c for c in taxonomy.assignable if taxonomy.is_leaf(c)]
    weights = sorted((chance.paretovariate(0.9) for _ in leaves), reverse=True)
    names = {c: names_of(taxonomy.concepts[c]) for c in leaves}
    brands = sorted(read_lexicon().brands)[:2_000] or ["Olivar"]
    extra_words = [
        "familiar",
        "clásico",
        "orgánico",
        "light",
        "grande",
        "surtido",
        "edición",
        "niños",
        "extra",
        "económico",
    ]
    for position, truth in enumerate(sorted(chance.choices(leaves, weights, k=n))):
        words = [chance.choice(names[truth]), *chance.sample(extra_words, chance.randint(0, 2))]
        words += [chance.choice(brands)] * (chance.random() < 0.5) + [f"ref{chance.randrange(n)}"] * (
            chance.random() < 0.1
        )
        told = " ".join(words) + f" {chance.choice((250, 500, 750, 1000))} g"
        answer = truth if chance.random() < 0.9 else chance.choice(leaves)
        answer = chance.choices([answer, "unsure", "not_a_product", "failed"], [91, 2, 2, 5])[0]
        item = NewItem(position, told, text_key(told), f"sku-{position}",
                       truth if chance.random() < LABELLED else None,
                       {"store": f"Tienda {chance.randrange(40)}"})  # fmt: skip
        yield item, answer


def names_of(concept: Concept) -> list[str]:
    return [*concept.pref_labels.values(), *(label for found in concept.alt_labels.values() for label in found)]


def result(item: NewItem, answer: str, at: datetime) -> Result:
    chance = random.Random(item.position)
    failed = answer == "failed"
    verdict = None if failed else answer if answer in ("unsure", "not_a_product") else "concept"
    sound = verdict == "concept"
    return Result(
        item.position, "failed" if failed else "classified", verdict, answer if sound else None,
        round(min(1.0, chance.betavariate(8, 1)), 4) if sound else None, "the word says it" if sound else None,
        [["0101", 0.05], ["0102", 0.02]] if sound else None, chance.choice(KINDS) if failed else None,
        "No answer could be read." if failed else None, 3 if failed else 1, False, 120, 18, Decimal("0.0000192"), at,
        (item.expected,), item.text_key,
    )  # fmt: skip


def call(results: list[Result]) -> AttemptRow:
    n_sound = sum(r.status == "classified" for r in results)
    cost = sum((r.cost_usd for r in results), Decimal(0))
    kind = "ok" if results[0].position % 200 else "timeout"
    name, positions = f"{results[0].text_key}-{random.random()}", [r.position for r in results]
    return AttemptRow(name, positions, n_sound,
                      "gpt-4.1-nano-2025-04-14", kind, results[-1].finished_at, 1.2, 200, input_tokens=3_000,
                      cached_input_tokens=2_000, output_tokens=450, cost_usd=cost,
                      wasted_usd=cost * (len(results) - n_sound) / len(results))  # fmt: skip


def item_row(job_id: str, item: NewItem, r: Result) -> dict[str, Any]:
    told = ("status", "verdict", "notation", "confidence", "why", "runners_up", "error_kind", "error", "n_attempts",
            "reused", "input_tokens", "output_tokens", "cost_usd", "finished_at")  # fmt: skip
    return {"job_id": job_id, "position": item.position, "text": item.text, "text_key": item.text_key,
            "product_id": item.product_id, "expected": item.expected, "extra": item.extra,
            } | {name: getattr(r, name) for name in told}  # fmt: skip


def attempt_row(job_id: str, a: AttemptRow) -> dict[str, Any]:
    told = ("id", "n_sound", "model", "kind", "http_status", "started_at", "latency_s", "input_tokens",
            "cached_input_tokens", "output_tokens", "cost_usd")  # fmt: skip
    return {"job_id": job_id, "chunk": a.positions[0] // 500, "worker": "bench", "positions": list(a.positions),
            "n_items": len(a.positions)} | {name: getattr(a, name) for name in told}  # fmt: skip


def survey(services: Services, job_id: str) -> None:
    job = services.store.job(job_id)
    began_s = time.monotonic()
    services.surveyor.survey(job)
    took_s = time.monotonic() - began_s
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"survey of {job.n_items:,}: {took_s:.1f} s, peak of its process so far {peak_mb:.0f} MB")


def questions(services: Services, job_id: str) -> dict[str, Callable[[], Any]]:
    """Everything that a page asks the record, by name; each as a page calls it."""
    store = services.store
    job = store.job(job_id)
    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    found = analysis.latest(services, job)
    assert found is not None
    tally = store.tallies(job_id)
    pair = confusions(tally)[0]
    n_of = Counter({node.notation: node.n for node in tree(taxonomy, tally)})
    tops = sorted(taxonomy.children[""], key=lambda c: -n_of[c])
    rare = min((c for c in n_of if n_of[c] and c in taxonomy.concepts), key=lambda c: n_of[c])
    groups = {g.facet: g for g in (c.group for c in found.concentrations("failed"))}
    last = job.n_items * 9 // 10

    def page(after: int = -1, group: tuple[str, str] | None = None, search: str | None = None, **told: Any) -> Any:
        return lambda: product_page(services, job, Wanted(ItemFilter(**told), group, search), after)

    lists = {
        "all": page(), "all, at 90 %": page(last), "failed": page(status="failed"),
        "failed, at 90 %": page(last, status="failed"), "one kind of failure": page(error_kind="refused"),
        "wrong answers": page(wrong=True), "a confused pair": page(wrong=True, expected=[pair[0]], told=pair[1]),
        "a large branch": page(branch=of_branch(taxonomy, tops[0])),
        "a small branch": page(branch=of_branch(taxonomy, tops[-1])),
        "failed in a large branch": page(status="failed", branch=of_branch(taxonomy, tops[0])),
        "failed in a small branch": page(status="failed", branch=of_branch(taxonomy, tops[-1])),
        "a rare category": page(notation=[rare]), "labelled as a branch": page(expected=of_branch(taxonomy, tops[0])),
        "a bucket of confidence": page(confidence=(0.45, 0.5)),
        "wrong and sure": page(wrong=True, confidence=(0.9, 1.0)),
        "unsure": page(verdict="unsure"), "not a product": page(told="not_a_product"),
        "not attributed": page(attributed=False),
        "search: frequent": page(search="clasico"), "search: rare": page(search=f"ref{job.n_items // 2}"),
        "search: nothing": page(search="zzzz"), "search in failed": page(search="niños", status="failed"),
        "search in wrong": page(search="zzzz", wrong=True), "search in a branch":
            page(search="zzzz", branch=of_branch(taxonomy, tops[0])),
        "with an accent, failed": page(group=("accent", "has an accent"), status="failed"),
        "a length": page(group=("length", "two words")), "a field": page(group=("field:store", "Tienda 7")),
        "a field, failed": page(group=("field:store", "Tienda 7"), status="failed"),
    }  # fmt: skip
    for facet in ("branch", "category", "word", "brand"):
        if facet in groups:
            lists[f"group of facet {facet}, failed"] = page(group=(facet, groups[facet].value), status="failed")
    return {f"list: {name}": ask for name, ask in lists.items()} | {
        "jobs": store.jobs, "job": lambda: store.job(job_id), "overview": lambda: overview(services, job),
        "report, exact": lambda: evaluate(store.tallies(job_id)),
        "report, level 1": lambda: evaluate(store.tallies(job_id), lifter(taxonomy, 1)),
        "nearness": lambda: count_nearness(taxonomy, store.tallies(job_id)),
        "confusion matrix": lambda: confusion_matrix(taxonomy, store.tallies(job_id), tops[0]),
        "tree": lambda: tree(taxonomy, store.tallies(job_id)), "funnel": lambda: funnel(store.tallies(job_id)),
        "analysis": lambda: analysis.current(services, job),
        "concentrations": lambda: [analysis.current(services, job).concentrations(of) for of in ("failed", "wrong")],
        "review page": lambda: analysis.review_page(services, job, analysis.current(services, job), 0),
        "costs": lambda: costs(services, job), "spend of all jobs": store.spend,
        "audit state": lambda: auditing.state(services, job),
        "attempts of a chunk": lambda: store.attempts_of(job_id, 1),
        "events": lambda: store.events(job_id),
    }  # fmt: skip


def measure(services: Services, n_repeat: int) -> None:
    """Ask everything of both jobs in turn and print p50 and p95."""
    for job_id in JOBS.values():
        if services.store.audit(job_id) is None:
            auditing.draw(services, services.store.job(job_id), 40, "bench", seed=1)
    asked = {job_id: questions(services, job_id) for job_id in JOBS.values()}
    gc.freeze()  # as the app does
    print(f"{'':34} {'1,000: p50':>12} {'p95':>8} {'large: p50':>12} {'p95':>8}   ms")
    for name in dict.fromkeys([*asked[JOBS["large"]], *asked[JOBS["small"]]]):
        cells = [timed(asked[job_id].get(name), n_repeat) for job_id in JOBS.values()]
        mark = "  <-- over 300" if cells[1][1] > 300 else ""
        print(f"{name:34} {cells[0][0]:12.1f} {cells[0][1]:8.1f} {cells[1][0]:12.1f} {cells[1][1]:8.1f}{mark}")


def timed(ask: Callable[[], Any] | None, n_repeat: int) -> tuple[float, float]:
    if ask is None:
        return float("nan"), float("nan")
    took_ms = []
    for _ in range(n_repeat):
        began_s = time.perf_counter()
        ask()
        took_ms.append((time.perf_counter() - began_s) * 1000)
    took_ms.sort()
    return took_ms[len(took_ms) // 2], took_ms[min(len(took_ms) - 1, int(len(took_ms) * 0.95))]


if __name__ == "__main__":
    main()
