"""The use case of a slice re-run: the cluster and a guard of right products, on another edition, as a child job."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from classifier import jobs
from classifier.bootstrap import Services
from classifier.engines.options import OpenAIOptions
from classifier.estimate import Baggage, Estimate, Workload, estimate
from classifier.normalisation import text_key
from classifier.pricing import Price, find_price
from classifier.products import Product
from classifier.repair.clusters import Cluster, right_rows, rows_of
from classifier.repair.editing import Version, result_of
from classifier.repair.guard import guard_size, power
from classifier.repair.repairing import unknown_labels
from classifier.spec import OPENAI, Spec
from storage import Job

MAX_SLICE = 100_000
N_TEXTS = 500  # texts of an estimate's sample


@dataclass(frozen=True)
class Guard:
    """share: of the right products that a change may break unseen at most; power: the chance wanted to see one."""

    share: float = 0.02
    power: float = 0.95


@dataclass(frozen=True)
class Plan:
    """What a re-run would do, before it starts. estimate None: the embedded engine, which costs nothing.

    n_right: labelled right products of the job with different texts, from which the guard is drawn. power: that the
    guard has, for guard.share.
    """

    job: Job
    cluster: Cluster
    version: Version
    guard: Guard
    seed: int
    n_cluster: int
    n_right: int
    n_guard: int
    power: float
    rows: tuple[Any, ...]
    estimate: Estimate | None

    @property
    def n_products(self) -> int:
        """Products of the child job."""
        return len(self.rows)


def plan(services: Services, job: Job, cluster: Cluster, version: Version, guard: Guard | None = None,
         seed: int | None = None) -> Plan:  # fmt: skip
    """Choose the products of a re-run; the same seed draws the same guard."""
    guard = guard or Guard()
    seed = new_seed() if seed is None else seed
    misplaced = rows_of(services, job, cluster, MAX_SLICE)
    _, n_right = right_rows(services, job, 0, seed)
    wanted = guard_size(n_right, guard.share, guard.power)
    guards, _ = right_rows(services, job, min(wanted, MAX_SLICE), seed)
    rows = sorted({row.position: row for row in (*misplaced, *guards)}.values(), key=lambda row: row.position)
    return Plan(job, cluster, version, guard, seed, len(misplaced), n_right, len(guards),
                power(len(guards), n_right, guard.share), tuple(rows),
                _estimate(services, job, version, [row.text for row in rows]))  # fmt: skip


def new_seed() -> int:
    """Choose a seed for the draw of a guard."""
    return secrets.randbits(31)


def start(services: Services, planned: Plan, actor: str, budget_usd: Decimal | None = None,
          owner: str | None = None) -> str:  # fmt: skip
    """Start the child job of a plan and return its id; owner None: the parent's. Raises jobs.Refused."""
    job, spec = planned.job, Spec.from_record(planned.job.spec or {})
    if not planned.rows:
        raise jobs.Refused("There is nothing to run again: the cluster is empty.")
    if planned.version.published_at is None and planned.version.id is not None:
        raise jobs.Refused("A draft cannot be used by a job: publish it first.")
    asked = jobs.Submission(
        name=f"{job.name} · ed. {planned.version.number}"[:200],
        taxonomy_id=planned.version.taxonomy_id or job.taxonomy_id,
        engine=job.engine, model=job.model, options=spec.options, language=spec.language, priority=job.priority,
        budget_usd=budget_usd if budget_usd is not None else job.budget_usd, prices=spec.prices,
        stronger_prices=spec.stronger_prices, reuse=spec.reuse,
        parts=planned.version.overlay.parts, edition_id=planned.version.id, source=job.source, actor=actor,
        owner=owner or job.owner, parent_id=job.id,
    )  # fmt: skip
    about = {"cluster": planned.cluster.to_record(), "n_cluster": planned.n_cluster, "n_guard": planned.n_guard,
             "seed": planned.seed, "share": planned.guard.share, "power": round(planned.power, 4)}  # fmt: skip
    return jobs.submit(services, asked, _products(planned), source={"rerun": about})


def rerun_of(job: Job) -> dict[str, Any] | None:
    """Return what a job that is a slice re-run was made of, None for other jobs."""
    told = ((job.import_report or {}).get("source") or {}).get("rerun")
    return dict(told) if told else None


def _products(planned: Plan) -> Iterator[Product]:
    unknown = unknown_labels(planned.job)  # the new edition may have these categories
    for n, row in enumerate(planned.rows):
        expected = row.expected if row.expected is not None else unknown.get(row.position)
        yield Product(n, row.text, row.product_id, expected, row.extra or {})


def _estimate(services: Services, job: Job, version: Version, texts: list[str]) -> Estimate | None:
    spec = Spec.from_record(job.spec or {})
    if spec.engine != OPENAI or not texts:
        return None
    options = OpenAIOptions.from_record(spec.options)
    price = Price.from_record(spec.prices) if spec.prices else find_price(
        options.model, datetime.now(UTC).date(), spec.base_url)  # fmt: skip
    n_repeated = len(texts) - len({text_key(text) for text in texts})
    work = Workload(len(texts), texts[:N_TEXTS], n_repeated)
    baggage = Baggage(version.overlay.parts, services.builder.shots(spec, options))
    return estimate(result_of(services, version), options, work, price, baggage=baggage)
