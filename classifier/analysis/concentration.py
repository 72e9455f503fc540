"""Where failures concentrate: groups of products that fail more often than the rest, ranked by what mending them gains.

Counts alone mislead: a large category has many failures because it is large. So each group is compared with all other
products by rate, with the ratio's interval and an exact test, corrected for how many groups were looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import false_discovery_control, hypergeom

from classifier.analysis.groups import MIN_N

MAX_Q = 0.05
Z = float(ndtri(0.975))


@dataclass(frozen=True, slots=True)
class Group:
    """k of n products failed among those that share a facet's value; facet: "branch", "word", "accent" ..."""

    facet: str
    value: str
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """A group against the rest of the job.

    lift: rate here over rate elsewhere, None when nothing failed elsewhere. lift_interval: 95 %, Katz's logarithm
    method (Katz et al. 1978, Biometrics 34:469). p: Fisher's exact test, one-sided (more failures here). q: p after
    Benjamini and Hochberg (1995) over all groups compared. n_avoidable: failures that would be gone if the group
    failed as seldom as the rest.
    """

    group: Group
    k_rest: int
    n_rest: int
    lift: float | None
    lift_interval: tuple[float, float] | None
    p: float
    q: float
    n_avoidable: float

    @property
    def rate(self) -> float:
        """Failures of the group's products."""
        return self.group.k / self.group.n

    @property
    def rest_rate(self) -> float | None:
        """Failures of all other products; None when there are no others."""
        return self.k_rest / self.n_rest if self.n_rest else None

    @property
    def is_significant(self) -> bool:
        """Whether the group fails more often than chance explains, with the number of looks taken into account."""
        return self.q <= MAX_Q


def concentrations(groups: Sequence[Group], k_all: int, n_all: int, min_n: int = MIN_N,
                   n_looked: int = 0) -> list[Concentration]:  # fmt: skip
    """Compare each group of at least min_n products with the other products of the job.

    k_all of n_all products failed. n_looked: how many groups were looked at, when those without a failure are left out
    of groups; it corrects q. Groups that are the whole job, and groups that fail no more often than the rest, are left
    out after the correction. Significant branches come first, then other significant groups, each by n_avoidable.
    """
    looked = [g for g in groups if min_n <= g.n < n_all]
    if not looked or not k_all:
        return []
    k, n = np.array([g.k for g in looked]), np.array([g.n for g in looked])
    p = np.clip(hypergeom.sf(k - 1, n_all, k_all, n), 0.0, 1.0)
    others = np.ones(max(0, n_looked - len(looked)))
    q = false_discovery_control(np.concatenate([p, others]))
    compared = (_compare(g, k_all, n_all, float(a), float(b)) for g, a, b in zip(looked, p, q, strict=False)
                if g.k * (n_all - g.n) > g.n * (k_all - g.k))  # fmt: skip
    return sorted(compared, key=_rank)


def _rank(c: Concentration) -> tuple[bool, bool, float, float, str, str]:
    is_branch = c.is_significant and c.group.facet == "branch"
    return not c.is_significant, not is_branch, -c.n_avoidable, c.p, c.group.facet, c.group.value


def _compare(group: Group, k_all: int, n_all: int, p: float, q: float) -> Concentration:
    k_rest, n_rest = k_all - group.k, n_all - group.n
    lift = interval = None
    if k_rest:
        lift = (group.k / group.n) / (k_rest / n_rest)
        error = math.sqrt(1 / group.k - 1 / group.n + 1 / k_rest - 1 / n_rest)
        interval = lift * math.exp(-Z * error), lift * math.exp(Z * error)
    avoidable = group.k - group.n * k_rest / n_rest
    return Concentration(group, k_rest, n_rest, lift, interval, p, q, avoidable)
