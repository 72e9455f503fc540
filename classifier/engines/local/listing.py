"""Labels that are lists without commas: "soup broth bouillon", "hot dogs bacon sausage"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from classifier.engines.local.labels import LISTED, Part, content_keys
from classifier.engines.local.words import ARTICLES, GENERIC, JOINERS, PREPOSITIONS
from classifier.normalisation import wording

_LONGEST = 4  # words of one thing
_SAYS_LITTLE = frozenset(("fresh", "packaged", "bulk", "refrigerated", "preserved"))
_STATES = frozenset(
    (
        "fresh",
        "frozen",
        "packaged",
        "canned",
        "jarred",
        "dry",
        "dried",
        "bulk",
        "refrigerated",
        "preserved",
    )
)
Kinds = Mapping[tuple[str, ...], frozenset[str]]


def listed_things(part: Part, kinds: Kinds) -> Iterator[Part]:
    """Give the things that an English label lists one after the other, none if it names one thing.

    A plural ends a thing, as an English noun that qualifies another stands in the singular ("chips pretzels", but
    "potato chips"); so do three or more known things in a row, and two of one kind.
    """
    words = wording(part.text).words
    if part.language not in ("en", "") or part.share < 1 or len(words) < 2:
        return
    if any(w in PREPOSITIONS or w in ARTICLES or w in JOINERS for w in words) or part.keys in kinds:
        return
    pieces = _pieces(words, kinds)
    if len(pieces) > 1 and _is_list(pieces, kinds):
        for piece in pieces:
            named = " ".join(word for word in piece if word not in _SAYS_LITTLE)
            if GENERIC.isdisjoint(piece) and (keys := content_keys(named)):
                yield replace(part, keys=keys, share=part.share * LISTED)


def _pieces(words: Sequence[str], kinds: Kinds) -> list[tuple[str, ...]]:
    """Cut after each longest known thing; words that are none go to the thing after them."""
    pieces: list[tuple[str, ...]] = []
    waiting: list[str] = []
    place = 0
    while place < len(words):
        least = 2 if words[place] in _STATES and place + 1 < len(words) else 1
        length = next((n for n in range(min(_LONGEST, len(words) - place), least - 1, -1)
                       if content_keys(" ".join(words[place : place + n])) in kinds), 0)  # fmt: skip
        waiting += words[place : place + max(length, 1)]
        place += max(length, 1)
        if length or _is_plural(waiting[-1]):
            pieces.append(tuple(waiting))
            waiting = []
    if waiting:
        pieces[-1:] = [(*(pieces[-1] if pieces else ()), *waiting)]
    return pieces


def _is_list(pieces: Sequence[tuple[str, ...]], kinds: Kinds) -> bool:
    if any(_is_plural(piece[-1]) for piece in pieces[:-1]) or len(pieces) > 2:
        return True
    if all(len(piece) > 1 and content_keys(" ".join(piece)) in kinds for piece in pieces):
        return True  # two compounds: "hot cereal pancake mixes"
    first, second = (kinds.get(content_keys(" ".join(piece)), frozenset()) for piece in pieces)
    return not first.isdisjoint(second)


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
