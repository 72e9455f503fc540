"""The strata of a job's answers, by branch and risk, with a random pool of each to draw audits from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.analysis.doubts import RISKY

POOL = 200  # products of a stratum that an audit may draw from
SEED = 20_261_123
RISKS = ("low", "high")
OTHER = ""  # the branch of strata that were put together because each was small


@dataclass(frozen=True, slots=True)
class Pool:
    """n_all answers of one branch and risk, and a simple random sample of their positions."""

    branch: str
    risk: str
    n_all: int
    positions: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name it by branch and risk."""
        return f"{self.branch}|{self.risk}"

    def to_record(self) -> list[Any]:
        """Give plain JSON values."""
        return [self.branch, self.risk, self.n_all, list(self.positions)]


class Strata:
    """Collects the branch of each answer; 4 bytes each."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._branches = array("i")

    def look(self, branch: str) -> None:
        """See one answer."""
        self._branches.append(self._codes.setdefault(branch, len(self._codes)))

    def pools(self, positions: npt.NDArray[np.int64], risks: npt.NDArray[np.float32]) -> list[Pool]:
        """Split by branch and risk, and draw each pool; both in the order in which the answers were seen."""
        if not len(positions):
            return []
        strata = np.array(self._branches, np.int64) * 2 + (risks >= RISKY)
        shuffled = np.random.default_rng(SEED).permutation(len(positions))
        order = shuffled[np.argsort(strata[shuffled], kind="stable")]
        found, starts, sizes = np.unique(strata[order], return_index=True, return_counts=True)
        names = list(self._codes)
        return [
            Pool(names[stratum // 2], RISKS[stratum % 2], int(n),
                 tuple(positions[order[start : start + min(n, POOL)]].tolist()))
            for stratum, start, n in zip(found.tolist(), starts.tolist(), sizes.tolist(), strict=True)
        ]  # fmt: skip


def merged(pools: Sequence[Pool], max_strata: int) -> list[Pool]:
    """Put the smallest branches together, by risk, until at most max_strata are left (never fewer than 2).

    The pool of a merged stratum is drawn from its parts in proportion to their sizes.
    """
    by_branch: dict[str, int] = {}
    for pool in pools:
        by_branch[pool.branch] = by_branch.get(pool.branch, 0) + pool.n_all
    ranked = sorted(by_branch, key=lambda b: (-by_branch[b], b))
    n_kept = len(ranked)
    while n_kept > 0 and _n_strata(pools, set(ranked[:n_kept])) > max(2, max_strata):
        n_kept -= 1
    kept = set(ranked[:n_kept])
    rest = [_together(risk, [p for p in pools if p.branch not in kept and p.risk == risk]) for risk in RISKS]
    return [p for p in pools if p.branch in kept] + [p for p in rest if p is not None]


def _n_strata(pools: Iterable[Pool], kept: set[str]) -> int:
    return len({(p.branch if p.branch in kept else OTHER, p.risk) for p in pools})


def _together(risk: str, parts: Sequence[Pool]) -> Pool | None:
    if not parts:
        return None
    n_all = sum(p.n_all for p in parts)
    rate = min(1.0, POOL / n_all, *(len(p.positions) / p.n_all for p in parts))
    random = np.random.default_rng(SEED)
    drawn = [x for p in parts for x in random.permutation(p.positions)[: _round(rate * p.n_all, random)].tolist()]
    return Pool(OTHER, risk, n_all, tuple(random.permutation(drawn).tolist()))


def _round(x: float, random: np.random.Generator) -> int:
    """Round up or down at random, so that every product keeps its chance."""
    return int(x) + int(random.random() < x - int(x))


def read_pools(record: Iterable[Sequence[Any]]) -> list[Pool]:
    """Read `Pool.to_record` back."""
    return [Pool(branch, risk, n_all, tuple(positions)) for branch, risk, n_all, positions in record]


def sizes(pools: Iterable[Pool]) -> Mapping[str, int]:
    """Return how many answers each stratum stands for."""
    return {pool.name: pool.n_all for pool in pools}
