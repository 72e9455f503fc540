"""A job's products along the taxonomy: what a treemap or sunburst draws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from classifier.metrics import Share, Tallied, told
from classifier.taxonomy import Taxonomy


class Costed(Tallied, Protocol):
    """A tally with the cost of its items."""

    @property
    def cost_usd(self) -> Decimal: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Node:
    """A concept with everything below it. parent "": a top concept, or a verdict that is no concept.

    n: items that belong here by their label, else by their answer. n_failed of the labelled ones failed; n_correct of
    the n_labelled answered ones are right to the very category. n_own: of n, on this concept itself.
    """

    notation: str
    parent: str
    n: int
    n_own: int
    n_labelled: int
    n_correct: int
    n_failed: int
    cost_usd: Decimal

    @property
    def accuracy(self) -> Share:
        """Right answers of the labelled, answered items."""
        return Share(self.n_correct, self.n_labelled)


def tree(taxonomy: Taxonomy, tallies: Iterable[Costed]) -> list[Node]:
    """Return the concepts that have items, parents before their children, with all counts summed upwards.

    Failed items without a label belong nowhere and are left out: show them beside it (funnel).
    """
    own: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    own_cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in tallies:
        answer = told(row)
        belongs = row.expected or answer
        if not belongs:
            continue
        counts = own[belongs]
        counts[0] += row.n
        if not answer:
            counts[3] += row.n
        elif row.expected:
            counts[1] += row.n
            counts[2] += row.n if answer == row.expected else 0
        own_cost[belongs] += row.cost_usd
    return _nodes(taxonomy, own, own_cost)


def _nodes(taxonomy: Taxonomy, own: Mapping[str, list[int]], own_cost: Mapping[str, Decimal]) -> list[Node]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for notation, (n, *rest) in own.items():
        for step in taxonomy.path(notation) if notation in taxonomy.concepts else (notation,):
            added = (n, n if step == notation else 0, *rest)
            sums[step] = [a + b for a, b in zip(sums[step], added, strict=True)]
            costs[step] += own_cost[notation]
    ordered = [c for c in taxonomy.concepts if c in sums] + sorted(c for c in sums if c not in taxonomy.concepts)
    nodes = [_node(taxonomy, c, sums[c], costs[c]) for c in ordered]
    return sorted(nodes, key=lambda node: taxonomy.level(node.notation) if node.notation in taxonomy.concepts else 1)


def _node(taxonomy: Taxonomy, notation: str, sums: list[int], cost_usd: Decimal) -> Node:
    n, n_own, n_labelled, n_correct, n_failed = sums
    return Node(notation, _parent(taxonomy, notation), n, n_own, n_labelled, n_correct, n_failed, cost_usd)


def _parent(taxonomy: Taxonomy, notation: str) -> str:
    path = taxonomy.path(notation) if notation in taxonomy.concepts else (notation,)
    return path[-2] if len(path) > 1 else ""
