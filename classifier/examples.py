"""Texts whose right concept is known: what the embedded engine learns from. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from classifier.normalisation import text_key

NOT_A_PRODUCT = "not_a_product"
N_MOST = 100_000  # examples of one set; the newest are kept


class Origin(StrEnum):
    """Who said it: a person who looked at the answer, or the file of an earlier job."""

    REVIEWED = "reviewed"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its right answer: a notation or "not_a_product". day: an ISO date, "" when not known."""

    text: str
    notation: str
    origin: Origin = Origin.REVIEWED
    day: str = ""


Examples = tuple[Example, ...]


def settle(told: Iterable[Example], n_most: int = N_MOST) -> Examples:
    """Keep one example a text: a reviewed one beats an expected one, else the first (told newest first) holds."""
    kept: dict[str, Example] = {}
    for example in told:
        key = text_key(example.text)
        known = kept.get(key)
        beats = known is not None and example.origin is Origin.REVIEWED and known.origin is Origin.EXPECTED
        if beats or (known is None and len(kept) < n_most):
            kept[key] = example
    return tuple(kept.values())


def fingerprint(examples: Examples) -> str:
    """Give 24 hex digits for what a set teaches, "" for an empty one; dates do not count, nor does the order."""
    if not examples:
        return ""
    lines = sorted(f"{text_key(e.text)} {e.text}\t{e.notation}\t{e.origin}" for e in examples)
    return hashlib.blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def day_of(at: datetime | None) -> str:
    """Give the UTC day of a moment, "" for none."""
    return at.date().isoformat() if at else ""


def to_rows(examples: Examples) -> list[list[str]]:
    """Give plain JSON values; `from_rows` turns them back."""
    return [[e.text, e.notation, e.origin.value, e.day] for e in examples]


def from_rows(rows: Iterable[Iterable[str]]) -> Examples:
    """Rebuild from `to_rows`; raises ValueError when the rows are not examples."""
    return tuple(Example(text, notation, Origin(origin), day) for text, notation, origin, day in rows)
