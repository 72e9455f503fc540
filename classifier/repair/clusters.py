"""An error cluster: products of a job with one kind of trouble, in one group, that match a search."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from classifier.analysis.listing import Wanted, resolve
from classifier.bootstrap import Services
from classifier.remedies.corpus import Seen
from storage import ItemFilter, ItemStatus, Job

COLUMNS = ("position", "text", "product_id", "expected", "extra", "status", "verdict", "notation", "runners_up",
           "same_as")  # fmt: skip


class Trouble(StrEnum):
    """What went wrong with the products of a cluster."""

    WRONG = "wrong"
    FAILED = "failed"
    UNSURE = "unsure"
    REFUSED = "not_a_product"  # answered as no product


FILTERS = {
    Trouble.WRONG: ItemFilter(wrong=True),
    Trouble.FAILED: ItemFilter(status=ItemStatus.FAILED),
    Trouble.UNSURE: ItemFilter(verdict="unsure"),
    Trouble.REFUSED: ItemFilter(verdict="not_a_product"),
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """troubles: any of them. group: (facet, value) of a concentration. search: part of the text, accents aside."""

    troubles: tuple[Trouble, ...] = (Trouble.WRONG,)
    group: tuple[str, str] | None = None
    search: str | None = None

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return {"troubles": [str(t) for t in self.troubles], "group": list(self.group) if self.group else None,
                "search": self.search}  # fmt: skip


def rows_of(services: Services, job: Job, cluster: Cluster, n_most: int) -> list[Any]:
    """Return the cluster's first n_most items by position, each once."""
    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    found: dict[int, Any] = {}
    for trouble in cluster.troubles:
        narrowed, keep = resolve(taxonomy, Wanted(FILTERS[trouble], cluster.group, cluster.search))
        n = 0
        for row in _stream(services, job.id, narrowed):
            if keep is None or keep(row):
                found[row.position] = row
                n += 1
                if n >= n_most:
                    break
    return [found[position] for position in sorted(found)][:n_most]


def right_rows(services: Services, job: Job, n_most: int, seed: int) -> tuple[list[Any], int]:
    """Draw n_most of the labelled and right products at random (the same seed, the same draw); also how many there are.

    Texts that occur several times are drawn once.
    """
    chance = random.Random(seed)  # noqa: S311  (a sample, no secret)
    drawn: list[Any] = []
    n = 0
    for row in _stream(services, job.id, ItemFilter(labelled=True)):
        if row.same_as is not None or not seen(row).is_right:
            continue
        n += 1
        if len(drawn) < n_most:
            drawn.append(row)
        elif (at := chance.randrange(n)) < n_most:
            drawn[at] = row
    return sorted(drawn, key=lambda row: row.position), n


def all_rows(services: Services, job: Job, n_most: int) -> Iterator[Any]:
    """Yield the job's first n_most ended items."""
    for n, row in enumerate(_stream(services, job.id, ItemFilter(ended=True))):
        if n >= n_most:
            return
        yield row


def seen(row: Any) -> Seen:
    """Turn an item into what remedies look at."""
    if row.status != ItemStatus.CLASSIFIED:
        answer = "failed"
    else:
        answer = row.notation if row.verdict == "concept" else row.verdict
    runners_up = tuple(str(runner[0]) for runner in row.runners_up or ())
    return Seen(row.position, row.text, row.expected, str(answer), runners_up)


def _stream(services: Services, job_id: str, wanted: ItemFilter) -> Iterator[Any]:
    pages: Iterator[Sequence[Any]] = services.store.stream_items(job_id, wanted, columns=COLUMNS)
    for page in pages:
        yield from page
