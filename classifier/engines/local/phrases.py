"""Known phrases (label parts, nouns, brands ...) and where a text mentions them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum


class Source(IntEnum):
    """What an entry speaks of."""

    LABEL = 0
    NOUN = 1
    BRAND = 2
    MODIFIER = 3
    NOT_PRODUCT = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase means: target is a concept's index (label), a kind (noun) or a role; weight is 0..1."""

    source: Source
    target: int | str
    weight: float
    language: str
    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase found in a text: positions of its words in the text, ascending; quality 1 when next to each other."""

    positions: tuple[int, ...]
    keys: tuple[str, ...]
    quality: float


class PhraseBook:
    """Entries by the keys of their words, found in any text that holds all the words in order and near each other."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, ...], list[Entry]] = {}
        self._by_first: dict[str, list[tuple[str, ...]]] = {}

    def add(self, keys: Sequence[str], entry: Entry) -> None:
        """Add one meaning of a phrase; a phrase without words is left out."""
        phrase = tuple(keys)
        if not phrase:
            return
        if phrase not in self.entries:
            self.entries[phrase] = []
            self._by_first.setdefault(phrase[0], []).append(phrase)
        self.entries[phrase].append(entry)

    def words(self) -> Iterable[str]:
        """Every key that any phrase holds, repeated as often as it is held."""
        return (key for phrase in self.entries for key in phrase)

    def find(self, keys: Sequence[str]) -> list[Mention]:
        """Find every phrase that the text mentions."""
        where: dict[str, list[int]] = {}
        for position, key in enumerate(keys):
            where.setdefault(key, []).append(position)
        found: list[Mention] = []
        for key, places in where.items():
            for phrase in self._by_first.get(key, ()):
                if len(phrase) == 1:
                    found.extend(Mention((place,), phrase, 1.0) for place in places)
                elif phrase[1] in where and (mention := _place(phrase, places[0], where)):
                    found.append(mention)
        return found


def _place(phrase: tuple[str, ...], start: int, where: dict[str, list[int]]) -> Mention | None:
    positions = [start]
    quality = 1.0
    for key in phrase[1:]:
        after = [p for p in where.get(key, ()) if p not in positions]
        if not after:
            return None
        last = positions[-1]
        best = min(after, key=lambda p: (p < last, abs(p - last)))
        gap = best - last
        if gap > 3 or gap < -1:
            return None
        quality *= 1.0 - 0.06 * (gap - 1) if gap > 0 else 0.8
        positions.append(best)
    return Mention(tuple(sorted(positions)), phrase, quality)
