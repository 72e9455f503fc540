"""How the products of a job ended, each in one of a few ways: what a single bar shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from classifier.metrics import Tallied, told


class Ending(StrEnum):
    """From good to open; ANSWERED has a category that no label judges, UNSURE and NOT_A_PRODUCT likewise."""

    RIGHT = "right"
    ANSWERED = "answered, no label"
    NOT_A_PRODUCT = "not a product, no label"
    UNSURE = "unsure, no label"
    WRONG = "wrong"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OPEN = "open"


UNJUDGED = {"not_a_product": Ending.NOT_A_PRODUCT, "unsure": Ending.UNSURE}


def endings(tallies: Iterable[Tallied], n_cancelled: int = 0, n_open: int = 0) -> dict[Ending, int]:
    """Count products by their ending, in the order of `Ending`; ways in which none ended are left out."""
    n: Counter[Ending] = Counter({Ending.CANCELLED: n_cancelled, Ending.OPEN: n_open})
    for row in tallies:
        n[_ending(row)] += row.n
    return {ending: n[ending] for ending in Ending if n[ending]}


def _ending(row: Tallied) -> Ending:
    answer = told(row)
    if not answer:
        return Ending.FAILED
    if row.expected:
        return Ending.RIGHT if answer == row.expected else Ending.WRONG
    return UNJUDGED.get(answer, Ending.ANSWERED)
