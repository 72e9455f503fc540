"""The use case of audits: draw products to check, keep what the checker says, read the accuracy off the checks."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.analysis import job_analysis as analysis
from classifier.analysis.audit import AuditEstimate, Stratum, allocate, estimate
from classifier.analysis.strata import Pool, merged, sizes
from classifier.analysis.survey import answer_of
from classifier.bootstrap import Services
from classifier.errors import ClassifierError
from storage import Audit, AuditItem, DrawnItem, Item, Job

CHECKS_A_STRATUM = 4  # aimed at: fewer say nothing about a stratum
SPREAD = {"low": 0.3, "high": 0.5}  # expected standard deviation of right/wrong: Neyman takes more of the risky ones


class NothingToAudit(ClassifierError):
    """There is no analysis of the job yet, or nothing was answered."""


@dataclass(frozen=True, slots=True)
class BranchEstimate:
    """The audit's estimate for one branch; branch "" are the small ones together."""

    branch: str
    n_all: int
    estimate: AuditEstimate


@dataclass(frozen=True, slots=True)
class AuditState:
    """An audit and what its checks say so far. to_check: products in the order of checking, the unchecked first ones.

    n_drawn, n_checked: of the sample. overall and branches speak of the job's answers, each stratum by its weight.
    """

    audit: Audit
    n_drawn: int
    n_checked: int
    to_check: list[AuditItem]
    overall: AuditEstimate
    branches: tuple[BranchEstimate, ...]


def draw(services: Services, job: Job, n: int, actor: str, seed: int | None = None) -> int:
    """Draw and keep a sample of n products, stratified by branch and risk; returns the audit's id.

    A survey is made if none is up to date. Raises NothingToAudit.
    """
    found = analysis.latest(services, job)
    pools = merged(found.pools if found else [], max(2, n // CHECKS_A_STRATUM))
    if found is None or not pools or n < 1:
        raise NothingToAudit("No product of this job has an answer yet.")
    seed = secrets.randbits(31) if seed is None else seed
    chosen = _choose(pools, n, np.random.default_rng(seed))
    items = {item.position: item for item in services.store.items_at(job.id, [p for p, _ in chosen])}
    drawn = [_drawn(items[position], stratum) for position, stratum in chosen if position in items]
    strata = [[pool.name, pool.branch, pool.risk, pool.n_all] for pool in pools]
    return services.store.start_audit(job.id, strata, drawn, seed, actor)


def state(services: Services, job: Job, n_to_check: int = 10) -> AuditState | None:
    """Return the job's newest audit with its estimates; None when none was drawn."""
    audit = services.store.audit(job.id)
    if audit is None or audit.id is None:
        return None
    counts = services.store.audit_counts(audit.id)
    strata: dict[str, list[Stratum]] = {}
    for name, branch, _risk, n_all in audit.strata or []:
        count = counts.get(name)
        found = Stratum(name, n_all, count.n_checked if count else 0, count.n_right if count else 0)
        strata.setdefault(branch, []).append(found)
    branches = [
        BranchEstimate(branch, sum(s.n_all for s in parts), estimate(parts)) for branch, parts in strata.items()
    ]
    return AuditState(
        audit, sum(c.n_drawn for c in counts.values()), sum(c.n_checked for c in counts.values()),
        services.store.audit_items(audit.id, unchecked=True, n=n_to_check),
        estimate([s for parts in strata.values() for s in parts]),
        tuple(sorted(branches, key=lambda b: (-b.n_all, b.branch))),
    )  # fmt: skip


def check(services: Services, audit_id: int, n: int, is_right: bool | None, actor: str,
          notation: str | None = None) -> None:  # fmt: skip
    """Keep a check of the audit's product n: right, wrong (and what is right, if known), or None to take it back.

    Known labels are kept by text and serve later jobs. Raises AuditNotFound.
    """
    services.store.check(audit_id, n, is_right, actor, notation)


def _choose(pools: Sequence[Pool], n: int, random: np.random.Generator) -> list[tuple[int, str]]:
    """Return (position, stratum) in random order, so that breaking off early leaves a fair sample."""
    spread: Mapping[str, float] = {pool.name: SPREAD[pool.risk] for pool in pools}
    taken = allocate(sizes(pools), n, spread)
    chosen = [
        (int(position), pool.name)
        for pool in pools
        for position in random.permutation(pool.positions)[: min(math.ceil(taken[pool.name]), len(pool.positions))]
    ]
    return [chosen[i] for i in random.permutation(len(chosen))]


def _drawn(item: Item, stratum: str) -> DrawnItem:
    return DrawnItem(item.position, stratum, item.text, item.text_key, answer_of(item), item.confidence)  # type: ignore[arg-type]
