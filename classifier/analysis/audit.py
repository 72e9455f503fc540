"""Accuracy from a small checked sample: which products to check, and what the checks say of the whole job.

Stratified random sampling (W. G. Cochran, Sampling Techniques, 3rd ed., ch. 5): strata by branch and risk, an estimate
weighted by stratum size, never the plain share of checked products.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from classifier.metrics import Share


@dataclass(frozen=True, slots=True)
class Stratum:
    """n_all products of the job, of which n_checked were checked and n_right were right."""

    name: str
    n_all: int
    n_checked: int = 0
    n_right: int = 0


@dataclass(frozen=True, slots=True)
class AuditEstimate:
    """Estimated accuracy of the products in the strata; half_width of its 95 % interval. None: nothing checked yet.

    n_unseen: products in strata where nothing was checked: the estimate does not speak of them.
    """

    accuracy: float | None
    half_width: float | None
    n_checked: int
    n_unseen: int


def allocate(sizes: Mapping[str, int], n_sample: int, spread: Mapping[str, float] | None = None) -> dict[str, int]:
    """Share n_sample checks among strata by size times spread (Neyman), at least 2 each where the stratum has them.

    spread: expected standard deviation of right/wrong in a stratum (default 0.5 for all). Sums to min(n_sample, all),
    more only when the minimum of 2 a stratum asks for it.
    """
    weights = {name: n * (spread or {}).get(name, 0.5) for name, n in sizes.items() if n > 0}
    total = sum(weights.values()) or 1.0
    taken = {name: min(sizes[name], max(2, math.floor(n_sample * w / total))) for name, w in weights.items()}
    by_need = sorted(weights, key=lambda name: -(n_sample * weights[name] / total - taken[name]))
    while sum(taken.values()) < min(n_sample, sum(sizes.values())):
        for name in by_need:
            if taken[name] < sizes[name]:
                taken[name] += 1
                break
        by_need.sort(key=lambda name: -(n_sample * weights[name] / total - taken[name]))
        if all(taken[name] >= sizes[name] for name in taken):
            break
    return taken


def estimate(strata: Sequence[Stratum]) -> AuditEstimate:
    """Weighted accuracy and its interval.

    One stratum: Wilson's interval. Several: normal theory with finite population correction and Satterthwaite's degrees
    of freedom; a stratum whose checks all agree gets the variance of (k + 1) / (n + 2), so that few checks never give
    certainty.
    """
    seen = [s for s in strata if s.n_checked]
    n_unseen = sum(s.n_all for s in strata if not s.n_checked)
    n_checked = sum(s.n_checked for s in seen)
    if not seen:
        return AuditEstimate(None, None, 0, n_unseen)
    n_all = sum(s.n_all for s in seen)
    accuracy = sum(s.n_all * s.n_right / s.n_checked for s in seen) / n_all
    if len(seen) == 1 and seen[0].n_checked < seen[0].n_all:
        low, high = Share(seen[0].n_right, seen[0].n_checked).interval or (0.0, 1.0)
        return AuditEstimate(accuracy, max(accuracy - low, high - accuracy), n_checked, n_unseen)
    parts = [_variance(s, n_all) for s in seen]
    variance = sum(parts)
    if variance <= 0:
        return AuditEstimate(accuracy, 0.0, n_checked, n_unseen)
    freedom = variance**2 / sum(v * v / max(1, s.n_checked - 1) for v, s in zip(parts, seen, strict=True) if v > 0)
    return AuditEstimate(accuracy, float(stdtrit(max(1.0, freedom), 0.975)) * variance**0.5, n_checked, n_unseen)


def _variance(s: Stratum, n_all: int) -> float:
    agree = s.n_right in (0, s.n_checked)
    p = (s.n_right + 1) / (s.n_checked + 2) if agree else s.n_right / s.n_checked
    correction = 1 - s.n_checked / s.n_all
    return (s.n_all / n_all) ** 2 * correction * p * (1 - p) / max(1, s.n_checked - (0 if agree else 1))
