"""How wrong a wrong answer is: right leaf, right parent, too general, too specific, or the wrong branch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache

from classifier.metrics import Tallied, told
from classifier.taxonomy import Taxonomy


class Nearness(StrEnum):
    """From right to far; FAILED and UNLABELLED stand apart and are neither right nor wrong."""

    RIGHT = "right"
    SIBLING = "right parent, wrong leaf"
    TOO_GENERAL = "too general"
    TOO_SPECIFIC = "too specific"
    SAME_BRANCH = "same branch"
    WRONG_BRANCH = "wrong branch"
    NO_CATEGORY = "unsure or not a product"
    FAILED = "failed"
    UNLABELLED = "unlabelled"


def branch_of(taxonomy: Taxonomy, notation: str) -> str:
    """Return the branch of a label: its top concept, or the one below where everything hangs from one top concept.

    What is not in the taxonomy ("not_a_product", "unsure", "") is a branch of its own.
    """
    if notation not in taxonomy.concepts:
        return notation
    path = taxonomy.path(notation)
    has_one_top = len(taxonomy.children.get("", ())) == 1
    return path[1] if has_one_top and len(path) > 1 else path[0]


def lift_to(taxonomy: Taxonomy, notation: str, level: int | None) -> str:
    """Return the ancestor at a level (1 is the top), or the notation itself: not that deep, no concept, no level."""
    if level is None or notation not in taxonomy.concepts:
        return notation
    path = taxonomy.path(notation)
    return path[min(level, len(path)) - 1]


def lifter(taxonomy: Taxonomy, level: int | None) -> Callable[[str], str]:
    """Return `lift_to` for one level that remembers what it was asked, for `evaluate` and `confusions`."""
    return cache(lambda notation: lift_to(taxonomy, notation, level))


def below(taxonomy: Taxonomy, notation: str) -> list[str]:
    """Return a notation and all that are narrower by their main parents, for filters; one that is no concept alone."""
    found = [n for n in taxonomy.concepts if notation in taxonomy.path(n)]
    return found or [notation]


def nearness(taxonomy: Taxonomy, expected: str, answer: str) -> Nearness:
    """Compare two labels of one product ("" for none; a notation, "not_a_product" or "unsure")."""
    if not answer:
        return Nearness.FAILED
    if not expected:
        return Nearness.UNLABELLED
    if expected == answer:
        return Nearness.RIGHT
    if answer not in taxonomy.concepts:
        return Nearness.NO_CATEGORY
    if expected not in taxonomy.concepts:
        return Nearness.WRONG_BRANCH
    return _apart(taxonomy.path(expected), taxonomy.path(answer))


def _apart(wanted: tuple[str, ...], given: tuple[str, ...]) -> Nearness:
    if given == wanted[: len(given)]:
        return Nearness.TOO_GENERAL
    if wanted == given[: len(wanted)]:
        return Nearness.TOO_SPECIFIC
    if wanted[:-1] and wanted[:-1] == given[:-1]:
        return Nearness.SIBLING
    return Nearness.SAME_BRANCH if wanted[0] == given[0] else Nearness.WRONG_BRANCH


def count_nearness(taxonomy: Taxonomy, tallies: Iterable[Tallied]) -> dict[Nearness, int]:
    """Items of a job by nearness, in the order of `Nearness`."""
    n: Counter[Nearness] = Counter()
    path = cache(taxonomy.path)
    for row in tallies:
        answer = told(row)
        if row.expected in taxonomy.concepts and answer in taxonomy.concepts and row.expected != answer:
            n[_apart(path(row.expected), path(answer))] += row.n
        else:
            n[nearness(taxonomy, row.expected, answer)] += row.n
    return {kind: n[kind] for kind in Nearness if n[kind]}
