"""What a job cost, for what, at which prices, what was saved, and what more products would cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from classifier.analysis.forecast import n_final as n_ended
from classifier.analysis.overview import per_correct, per_product
from classifier.analysis.projection import Projection, project
from classifier.bootstrap import Services
from classifier.metrics import Share, told
from classifier.pricing import Price, find_price
from classifier.spec import Spec
from storage import ACTIVE, Job, PacePoint, Spend, TallyRow

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class SpendLine:
    """Attempts of one model, day and kind with the price of that day; price None: not known, the cost is not either."""

    spend: Spend
    price: Price | None

    @property
    def saved_by_caching_usd(self) -> Decimal | None:
        """What the cached input tokens would have cost more as fresh ones, at the standard tier."""
        if self.price is None:
            return None
        return self.spend.cached_input_tokens * (self.price.input_usd - self.price.cached_input_usd)


@dataclass(frozen=True, slots=True)
class CategoryCost:
    """Cost of the n items of a category: by label, else by answer; "" has failed items without a label."""

    notation: str
    n: int
    cost_usd: Decimal

    @property
    def per_product_usd(self) -> Decimal:
        """USD of one item."""
        return self.cost_usd / self.n


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Sums from the job's start to a moment."""

    at: datetime
    n_ended: int
    cost_usd: Decimal
    wasted_usd: Decimal


@dataclass(frozen=True, slots=True)
class Costs:
    """A job's money. cost_usd is what is known; is_complete False: calls of unpriced_models cost more on top of it.

    wasted_usd: of cost_usd, for products that got no sound answer from that call (failures and retries).
    saved_by_reuse_usd, saved_by_repeats_usd: estimates, at this job's mean cost of an asked product, of n_reused
    products answered by earlier jobs and n_repeated that share another's answer; None when nothing was asked.
    estimate_usd: (low, high) as told before the job. categories: the most expensive first.
    """

    cost_usd: Decimal
    is_complete: bool
    n_attempts: int
    n_failed_attempts: int
    n_unpriced_attempts: int
    unpriced_models: tuple[str, ...]
    wasted_usd: Decimal
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    n_ended: int
    n_asked: int
    n_reused: int
    n_repeated: int
    per_product_usd: Decimal | None
    per_correct_usd: Decimal | None
    saved_by_reuse_usd: Decimal | None
    saved_by_repeats_usd: Decimal | None
    saved_by_caching_usd: Decimal | None
    estimate_usd: tuple[Decimal, Decimal] | None
    budget_usd: Decimal | None
    lines: tuple[SpendLine, ...]
    categories: tuple[CategoryCost, ...]
    curve: tuple[CurvePoint, ...]
    pace: tuple[PacePoint, ...]
    is_running: bool
    n_items: int

    @property
    def budget_used(self) -> float | None:
        """Share of the budget that is spent."""
        return float(self.cost_usd / self.budget_usd) if self.budget_usd else None

    def projected(self, n_products: int) -> Projection | None:
        """Return what n_products like these would cost in all; None before anything was paid or with unknown prices."""
        return project(self.pace, n_products) if self.is_complete else None

    @property
    def projected_total(self) -> Projection | None:
        """Return what the job will have cost at its end; None when it is not running."""
        more = self.projected(max(0, self.n_items - self.n_ended)) if self.is_running else None
        return None if more is None else more.plus(self.cost_usd)


def costs(services: Services, job: Job) -> Costs:
    """Put a job's costs together from sums only: its counters, spend, pace and tallies."""
    tallies = services.store.tallies(job.id)
    right = Share(job.n_correct, services.store.labelled(job.id)[0])
    pace = services.store.pace(job.id)
    lines = [SpendLine(row, price_on(job, row.model, row.day)) for row in services.store.spend(job.id)]
    ended = n_ended(job)
    is_complete = job.n_unpriced_attempts == 0
    total = job.cost_usd if is_complete else None
    n_repeated = min(job.n_duplicates, max(0, ended - job.n_reused))
    n_asked = ended - job.n_reused - n_repeated
    each = job.cost_usd / n_asked if n_asked > 0 and job.n_attempts and is_complete else None
    saved = [line.saved_by_caching_usd for line in lines if line.spend.cached_input_tokens]
    return Costs(
        job.cost_usd, is_complete, job.n_attempts, job.n_failed_attempts, job.n_unpriced_attempts,
        tuple(sorted({line.spend.model for line in lines if line.spend.n_unpriced})), job.wasted_usd, job.input_tokens,
        job.cached_input_tokens, job.output_tokens, job.reasoning_tokens, ended, n_asked, job.n_reused, n_repeated,
        per_product(total, ended), per_correct(total, ended, right),
        None if each is None else each * job.n_reused, None if each is None else each * n_repeated,
        None if any(s is None for s in saved) else sum((s for s in saved if s is not None), NOTHING),
        _estimated(job), job.budget_usd, tuple(lines), tuple(by_category(tallies)), tuple(cumulated(pace)),
        tuple(pace), job.status in ACTIVE, job.n_items,
    )  # fmt: skip


def projected_end(services: Services, job: Job) -> Projection | None:
    """Return what a running job will have cost at its end, from its pace alone; None when nothing can be said."""
    if job.n_unpriced_attempts or not job.n_attempts:
        return None
    more = project(services.store.pace(job.id), max(0, job.n_items - job.n_cancelled - n_ended(job)))
    return None if more is None else more.plus(job.cost_usd)


def price_on(job: Job, model: str, day: str) -> Price | None:
    """Return the price a job's calls were computed with: the analyst's own, else the table's of that day."""
    spec = Spec.from_record(job.spec or {})
    if spec.prices:
        return Price.from_record(spec.prices)
    on = date.fromisoformat(day)
    return find_price(model, on, spec.base_url) or (find_price(job.model, on, spec.base_url) if job.model else None)


def by_category(tallies: Iterable[TallyRow]) -> list[CategoryCost]:
    """Sum the tallies by label, else by answer, the most expensive first."""
    n: dict[str, int] = defaultdict(int)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in tallies:
        belongs = row.expected or told(row)
        n[belongs] += row.n
        cost[belongs] += row.cost_usd
    return sorted((CategoryCost(c, n[c], cost[c]) for c in n), key=lambda c: (-c.cost_usd, c.notation))


def cumulated(pace: Sequence[PacePoint]) -> list[CurvePoint]:
    """Return the running sums of a pace."""
    found: list[CurvePoint] = []
    n, cost, wasted = 0, NOTHING, NOTHING
    for point in pace:
        n, cost, wasted = n + point.n_ended, cost + point.cost_usd, wasted + point.wasted_usd
        found.append(CurvePoint(point.before_at, n, cost, wasted))
    return found


def _estimated(job: Job) -> tuple[Decimal, Decimal] | None:
    low_high = (job.estimate or {}).get("cost_usd")
    return (Decimal(low_high[0]), Decimal(low_high[1])) if low_high else None
