"""A job's analysis as figures: made by a survey of its stored results, kept, and read back by every face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from classifier.analysis.calibration import N_BINS, ConfidenceBin
from classifier.analysis.concentration import Concentration, Group, concentrations
from classifier.analysis.forecast import n_final as n_ended
from classifier.analysis.strata import Pool, read_pools
from classifier.analysis.survey import NO_BRANCH
from classifier.analysis.surveyor import LIVE_ITEMS
from classifier.analysis.twins import Twin, TwinGroup
from classifier.bootstrap import Services
from storage import ACTIVE, Item, Job, KeptAnalysis


@dataclass(frozen=True, slots=True)
class Risky:
    """A product worth a look: its rank in 0..1, and why, as names of classifier.analysis.doubts.Doubt in lower case."""

    position: int
    risk: float
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """A job's survey, read back. made_at: aware UTC. n_ended: items that had ended in the job when this was read."""

    record: dict[str, Any]
    made_at: datetime
    n_ended: int

    @property
    def n_seen(self) -> int:
        """Items that the survey saw."""
        return int(self.record["n_seen"])

    @property
    def is_partial(self) -> bool:
        """Whether items have ended that it did not see: say "of the first n_seen that ended"."""
        return self.n_seen < self.n_ended

    def concentrations(self, of: str = "failed") -> list[Concentration]:
        """Groups that fail ("failed") or are wrong ("wrong") more often than the rest, significant branches first."""
        by_failure = of == "failed"
        k_at, n_at = (3, 2) if by_failure else (5, 4)
        # what is not attributed has failed by definition: it would always seem to be to blame
        groups = [Group(g[0], g[1], g[k_at], g[n_at]) for g in self.record["groups"] if g[1] != NO_BRANCH]
        k_all, n_all = ("n_failed", "n_seen") if by_failure else ("n_wrong", "n_labelled_answered")
        n_looked = self.record["n_groups_looked" if by_failure else "n_groups_looked_labelled"]
        return concentrations(groups, self.record[k_all], self.record[n_all], n_looked=n_looked)

    @cached_property
    def bins(self) -> list[ConfidenceBin]:
        """Histogram of the confidences of answers that name a concept."""
        width = 1 / N_BINS
        return [ConfidenceBin(i * width, (i + 1) * width, int(n), int(labelled), int(right), total)
                for i, (n, labelled, right, total) in enumerate(self.record["bins"])]  # fmt: skip

    @property
    def attribution(self) -> dict[str, int]:
        """How many items belong to a branch by "expected", "answer", "twin", "retriever"; "none": not attributed."""
        return dict(self.record["attribution"])

    @property
    def doubts(self) -> dict[str, int]:
        """How many answers have each doubt, by its name; an answer may have several."""
        return dict(self.record["doubts"])

    @property
    def n_twin_conflicts(self) -> int:
        """Groups of spelling twins that disagree; `twins` has the largest of them."""
        return int(self.record["n_twin_conflicts"])

    @cached_property
    def twins(self) -> list[TwinGroup]:
        """The largest groups of spelling twins with different answers."""
        return [TwinGroup(n, tuple(Twin(*m) for m in members)) for n, members in self.record["twins"]]

    @property
    def n_risky(self) -> int:
        """Answers worth a look; `review` has the riskiest of them."""
        return int(self.record["n_risky"])

    @cached_property
    def review(self) -> list[Risky]:
        """The queue of review, the riskiest first (at most survey.N_REVIEW)."""
        return [Risky(position, risk, tuple(doubts)) for position, risk, doubts in self.record["review"]]

    @cached_property
    def pools(self) -> list[Pool]:
        """The strata from which audits are drawn."""
        return read_pools(self.record["strata"])


def latest(services: Services, job: Job, *, fresh: bool = True) -> Analysis | None:
    """Return the job's analysis; fresh: made anew when items have ended since, however long that takes.

    For faces that may wait (REST, command line); pages call `current`. None when nothing has ended.
    """
    kept = services.store.analysis(job.id)
    if fresh and n_ended(job) and is_stale(job, kept):
        services.surveyor.survey(job)
        kept = services.store.analysis(job.id)
    return None if kept is None else Analysis(kept.record, kept.made_at, n_ended(job))


def current(services: Services, job: Job) -> Analysis | None:
    """Return the kept analysis at once, and have it made anew in the background when it is stale.

    None when there is none yet: say that it is being made and look again in a second or two. Never blocks.
    """
    kept = services.store.analysis(job.id)
    if n_ended(job) and is_stale(job, kept):
        services.surveyor.ask(job.id)
    return None if kept is None else Analysis(kept.record, kept.made_at, n_ended(job))


def is_stale(job: Job, kept: KeptAnalysis | None) -> bool:
    """Tell whether another survey would see more. A running job is surveyed up to its first LIVE_ITEMS items."""
    if kept is None:
        return True
    wanted = min(n_ended(job), LIVE_ITEMS) if job.status in ACTIVE else n_ended(job)
    return kept.n_seen != wanted


def review_page(services: Services, job: Job, found: Analysis, start: int = 0, n: int = 50) -> list[tuple[Risky, Item]]:
    """Return n entries of the review queue from start on, with their items."""
    risky = found.review[start : start + n]
    items: Sequence[Item] = services.store.items_at(job.id, [r.position for r in risky])
    at = {item.position: item for item in items}
    return [(r, at[r.position]) for r in risky if r.position in at]


def standing(found: Sequence[Concentration]) -> Iterator[Concentration]:
    """Yield those that are more than chance."""
    return (c for c in found if c.is_significant)
