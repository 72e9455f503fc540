"""Reviews and a comparison on 1,000,000 stored results beside the same on 1,000: seconds, median of a few.

    uv run python benchmarks/review_at_scale.py [--rows 1000000] [--folder /tmp/anaquel_review]

The folder is kept: a second run builds nothing.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.pages_at_scale import fill
from classifier import reviewing, taxonomies
from classifier.bootstrap import Services, build
from classifier.comparing.comparison import _kept, compare, items_of
from classifier.comparing.pairing import Change
from classifier.settings import Settings

SMALL, N_TIMES, N_BULK = 1_000, 5, 50


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path, default=Path("/tmp/anaquel_review"))
    told = asked.parse_args()
    columns = [measured(told.folder / str(n), n) for n in (SMALL, told.rows)]
    print(f"{'seconds':44}{SMALL:>12,}{told.rows:>12,}")
    for name in columns[0]:
        print(f"{name:44}" + "".join(f"{column[name]:12.3f}" for column in columns))


def measured(folder: Path, n: int) -> dict[str, float]:
    """Fill a database of one job if need be, and time what reviewers and comparers do."""
    services = build(Settings(folder, f"sqlite:///{folder / 'review.db'}"))
    job_id, taxonomy_id = "review".ljust(26, "a"), taxonomies.ensure_built_in(services)
    if not services.store.jobs():
        fill(services, job_id, taxonomy_id, n)
    found = {"where texts stand, once a job": once(lambda: services.store.index_texts(job_id))}
    found |= reviews(services, job_id) | comparisons(services, job_id)
    services.store.close()
    return found


def reviews(services: Services, job_id: str) -> dict[str, float]:
    job, store = services.store.job(job_id), services.store
    some = store.items(job_id, n=N_TIMES * (N_BULK + 1))
    acts: list[str] = []

    def review(i: int, k: int) -> None:
        start = i * k
        acts.append(reviewing.correct(services, job, some[start : start + k], "not_a_product", "bench").act)

    return {
        "a review of one product": median(lambda i: review(i, 1)),
        f"a review of {N_BULK} products": median(lambda i: review(i, N_BULK)),
        f"taking {N_BULK} reviews back": median(lambda _: reviewing.undo(services, acts.pop(), "bench")),
    }


def comparisons(services: Services, job_id: str) -> dict[str, float]:
    job = services.store.job(job_id)
    _kept.clear()
    first = once(lambda: compare(services, job, job).branches)
    found = compare(services, job, job)
    page = median(lambda _: items_of(services, found, found.positions(Change.STILL_WRONG)[:50]))
    again = median(lambda _: compare(services, job, job).verdict)
    return {"two jobs compared for the first time": first, "again": again, "a page of its products": page}


def median(ask: Callable[[int], object]) -> float:
    return statistics.median(once(lambda i=i: ask(i)) for i in range(N_TIMES))  # type: ignore[misc]


def once(ask: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    ask()
    return time.perf_counter() - began_s


if __name__ == "__main__":
    main()
