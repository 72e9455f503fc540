"""A remedy: a change with its reasons, what it would touch and what it might break. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from classifier.editions.change import Change


class Cause(StrEnum):
    """Why a remedy is proposed."""

    WORD_UNKNOWN = "word_unknown"  # products that a person or a file puts here hold words that no label of it has
    MISSPELT = "misspelt"  # the same, but the word is a misspelling or a brand: found, never shown
    RUNNER_UP = "runner_up"  # nobody said where the products belong; engines had this category next on their list
    CONFUSED = "confused"  # products of one category are answered as another
    HARD = "hard"  # no word that they share tells these products
    EMPTY_WORD = "empty_word"  # a text that names no product is answered with a category
    NO_CATEGORY = "no_category"  # the file expects a category that the taxonomy does not have
    MODEL = "model"  # proposed by a language model


@dataclass(frozen=True, slots=True)
class Evidence:
    """A product behind a remedy. truth: where it belongs, None when nobody said. runners_up: notations, best first."""

    position: int
    text: str
    truth: str | None
    answer: str
    runners_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """A proposal. All counts are of products of the job that were looked at.

    n_cluster: products of the cluster that it is for; evidence: the first of them. n_touched: products that hold its
    words (of a note: the products of its category). at_risk: products that are right now, belong elsewhere and hold the
    words; n_at_risk counts them. collides: notations of other concepts whose labels hold the words too.
    is_advised: it stands on what people or files said and nothing speaks against it.
    """

    change: Change
    cause: Cause
    n_cluster: int
    evidence: tuple[Evidence, ...]
    n_touched: int = 0
    n_at_risk: int = 0
    at_risk: tuple[Evidence, ...] = ()
    collides: tuple[str, ...] = ()
    is_advised: bool = False
