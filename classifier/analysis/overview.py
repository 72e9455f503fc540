"""What an analyst sees of a job within a minute, and the one thing that stands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from classifier.analysis import job_analysis as analysis
from classifier.analysis.concentration import Concentration
from classifier.analysis.forecast import n_final as n_ended
from classifier.analysis.job_analysis import Analysis
from classifier.bootstrap import Services
from classifier.later_prices import LaterCost, later_cost
from classifier.metrics import Share
from storage import ACTIVE, Job

MOST = 0.5  # of the products: beyond, the job is bad, not a group
PRESENTABLE = ("branch", "category", "accent", "brand", "word", "length", "capitals", "number")


@dataclass(frozen=True, slots=True)
class Standout:
    """The parts of one sentence: "7 of 20 hygiene products failed, against 10 of 180 others: 6.3 times as often".

    of: "failed" or "wrong". facet and value as in concentration.Group; of facets "branch" and "category" the value is a
    notation. lift None: nothing of the rest did.
    """

    of: str
    facet: str
    value: str
    k: int
    n: int
    k_rest: int
    n_rest: int
    lift: float | None
    lift_interval: tuple[float, float] | None
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Overview:
    """A job's figures. Shares carry k, n and a Wilson interval; cost_usd None: the price of some calls is unknown.

    coverage: sound answers of any verdict, of the items that ended. classified: items with a category, of all items.
    per_correct_usd: cost per product that would be right, at the accuracy of the labelled ones; None without labels.
    standout None: nothing stands out, or there is no analysis yet (then n_surveyed is None).
    n_risky: answers worth a look. later_cost: what calls without a known price come to at prices entered since.
    """

    job_id: str
    name: str
    status: str
    engine: str
    model: str | None
    n_items: int
    n_ended: int
    n_failed: int
    n_not_a_product: int
    n_unsure: int
    n_cancelled: int
    coverage: Share
    classified: Share
    failed: Share
    accuracy: Share
    right_of_labelled: Share
    cost_usd: Decimal | None
    known_cost_usd: Decimal
    n_unpriced_attempts: int
    later_cost: LaterCost | None
    per_product_usd: Decimal | None
    per_correct_usd: Decimal | None
    duration_s: float | None
    products_per_s: float | None
    standout: Standout | None
    n_surveyed: int | None
    n_risky: int | None

    @property
    def is_active(self) -> bool:
        """Whether it is queued or at work."""
        return self.status in ACTIVE

    @property
    def is_bad_everywhere(self) -> bool:
        """Whether most products failed or most labelled answers are wrong: more than any group can explain."""
        failed, right = self.failed.value or 0.0, self.accuracy.value
        return failed > MOST or (right is not None and right < 1 - MOST)

    @property
    def n_open(self) -> int:
        """Items without an outcome that are not cancelled."""
        return self.n_items - self.n_ended - self.n_cancelled


def overview(services: Services, job: Job, now: datetime | None = None) -> Overview:
    """Put a job's overview together from its counters, sums and kept analysis; never blocks on a survey."""
    n_labelled, n_labelled_answered = services.store.labelled(job.id)
    right = Share(job.n_correct, n_labelled)
    found = analysis.current(services, job)
    ended = n_ended(job)
    cost_usd = None if job.n_unpriced_attempts else job.cost_usd
    took_s = duration_s(job, now)
    return Overview(
        job_id=job.id, name=job.name, status=job.status, engine=job.engine, model=job.model, n_items=job.n_items,
        n_ended=ended, n_failed=job.n_failed, n_not_a_product=job.n_not_a_product, n_unsure=job.n_unsure,
        n_cancelled=job.n_cancelled, coverage=Share(ended - job.n_failed, ended),
        classified=Share(job.n_classified, job.n_items), failed=Share(job.n_failed, ended),
        accuracy=Share(job.n_correct, n_labelled_answered), right_of_labelled=right,
        cost_usd=cost_usd, known_cost_usd=job.cost_usd, n_unpriced_attempts=job.n_unpriced_attempts,
        later_cost=later_cost(services, job),
        per_product_usd=per_product(cost_usd, ended),
        per_correct_usd=per_correct(cost_usd, ended, right), duration_s=took_s,
        products_per_s=ended / took_s if took_s and ended else None, standout=standout(found) if found else None,
        n_surveyed=found.n_seen if found else None, n_risky=found.n_risky if found else None,
    )  # fmt: skip


def duration_s(job: Job, now: datetime | None = None) -> float | None:
    """Seconds from the first claim to the end, or to now while it runs; None before it started."""
    if job.started_at is None:
        return None
    return max(0.0, ((job.completed_at or now or datetime.now(UTC)) - job.started_at).total_seconds())


def per_product(cost_usd: Decimal | None, n: int) -> Decimal | None:
    """USD of one product that ended; None when the cost is not known or nothing ended."""
    return cost_usd / n if cost_usd is not None and n else None


def per_correct(cost_usd: Decimal | None, n: int, right: Share) -> Decimal | None:
    """USD per product that is right, when unlabelled products are right as often as the labelled; None if unknown."""
    if cost_usd is None or not n or not right.k:
        return None
    return cost_usd / n * right.n / right.k


def standout(found: Analysis) -> Standout | None:
    """Return what stands out: a significant concentration of failures, else of wrong answers, else None."""
    for of in ("failed", "wrong"):
        for c in analysis.standing(found.concentrations(of)):
            if c.group.facet in PRESENTABLE or c.group.facet.startswith("field:"):
                return _standout(of, c)
    return None


def _standout(of: str, c: Concentration) -> Standout:
    g = c.group
    return Standout(of, g.facet, g.value, g.k, g.n, c.k_rest, c.n_rest, c.lift, c.lift_interval, c.p, c.q)
