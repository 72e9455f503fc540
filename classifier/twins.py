"""Spelling twins: texts that differ by accents, plural, case, punctuation or word order, and should land alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from classifier.facets import STOPWORDS
from classifier.normalisation import wording
from classifier.stemming import lemma_key


def twin_key(text: str) -> int | None:
    """Return a number that twins share; None for a text without words. Sizes and packs do not count."""
    words = sorted({lemma_key(word) for word in wording(text).words if word not in STOPWORDS})
    if not words:
        return None
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class TwinGroup:
    """Distinct spellings of one product and the answers they got, as (text, answer, n); answers differ."""

    members: tuple[tuple[str, str, int], ...]


class TwinFinder:
    """Finds twins with different answers in two passes over a job: first which keys conflict, then their texts.

    Memory: two small integers a distinct key.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._first: dict[int, int] = {}
        self._conflicting: set[int] = set()
        self._members: dict[int, dict[tuple[str, str], int]] = {}

    def look(self, key: int | None, answer: str) -> None:
        """First pass: see one answered product."""
        if key is None:
            return
        code = self._codes.setdefault(answer, len(self._codes))
        first = self._first.setdefault(key, code)
        if first != code:
            self._conflicting.add(key)

    def answer_of(self, key: int | None) -> str | None:
        """Return the one answer that a product's answered twins share; None when there is none or they disagree."""
        if key is None or key not in self._first or key in self._conflicting:
            return None
        code = self._first[key]
        return next(answer for answer, c in self._codes.items() if c == code)

    def gather(self, key: int | None, text: str, answer: str) -> None:
        """Second pass: keep the members of conflicting groups."""
        if key in self._conflicting and key is not None:
            members = self._members.setdefault(key, {})
            members[text, answer] = members.get((text, answer), 0) + 1

    def groups(self, limit: int = 200) -> list[TwinGroup]:
        """Conflicting groups, the largest first."""
        return sorted((TwinGroup(_members(m)) for m in self._members.values()), key=_size, reverse=True)[:limit]

    def is_conflicting(self, key: int) -> bool:
        """Tell whether this product's twins got different answers."""
        return key in self._conflicting

    @property
    def n_conflicting(self) -> int:
        """How many groups of twins disagree."""
        return len(self._conflicting)


def _members(found: dict[tuple[str, str], int]) -> tuple[tuple[str, str, int], ...]:
    return tuple((text, answer, n) for (text, answer), n in sorted(found.items(), key=lambda e: -e[1]))


def _size(group: TwinGroup) -> int:
    return sum(n for _, _, n in group.members)
