"""The products of a job as remedies look at them: by their words, with what was answered and what is right. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifier.analysis.facets import STOPWORDS
from classifier.normalisation import fold, wording
from classifier.remedies.remedy import Evidence
from classifier.stemming import lemma_key

TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
MAX_TOKENS = 12
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """An ended product. truth: its expected label, None for none. answer: a notation, a verdict, or "failed"."""

    position: int
    text: str
    truth: str | None
    answer: str
    runners_up: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Tell whether it is labelled and answered so."""
        return self.truth is not None and self.truth == self.answer

    def evidence(self) -> Evidence:
        """Give it as evidence."""
        return Evidence(self.position, self.text, self.truth, self.answer, self.runners_up)


class Corpus:
    """Products with an index of their words (keys without inflection)."""

    def __init__(self, products: Iterable[Seen]) -> None:
        self.products = tuple({p.position: p for p in products}.values())
        self._places: dict[str, set[int]] = {}
        for i, product in enumerate(self.products):
            for key in keys_of(product.text):
                self._places.setdefault(key, set()).add(i)

    def holding(self, keys: Iterable[str]) -> list[Seen]:
        """Give the products that hold all these words, in any order."""
        found = sorted((self._places.get(key, set()) for key in keys), key=len)
        return [self.products[i] for i in sorted(set.intersection(*found))] if found else []


def keys_of(text: str) -> frozenset[str]:
    """Give the keys of a text's words but for stopwords."""
    return frozenset(lemma_key(word) for word in wording(text).words if word not in STOPWORDS)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A run of words of a text as it is written there, in lower case; keys: of its words but for stopwords."""

    text: str
    keys: frozenset[str]
    start: int  # rank of its first content word in the text: 0 is the head of most Spanish names

    @property
    def n_words(self) -> int:
        """How many words say something."""
        return len(self.keys)


@lru_cache(maxsize=20_000)
def phrases_of(text: str, longest: int = 3) -> tuple[Phrase, ...]:
    """Give the runs of 1 to `longest` content words of a text, small words between them kept, sizes left out."""
    return tuple(_runs(_tokens(text), longest))


def _tokens(text: str) -> list[tuple[str, str]]:
    """Give the words as they are written with their keys ("" for a stopword), sizes and numbers left out."""
    kept = set(wording(text).words)
    found: list[tuple[str, str]] = []
    for written in TOKEN.findall(text.replace("_", " ").lower()):
        folded = fold(written).replace("'", "")
        if folded in STOPWORDS:
            found.append((written, ""))
        elif folded in kept:
            found.append((written, lemma_key(folded)))
    return found[:MAX_TOKENS]


def _runs(tokens: Sequence[tuple[str, str]], longest: int) -> Iterator[Phrase]:
    places = [i for i, (_, key) in enumerate(tokens) if key]
    for rank, first in enumerate(places):
        for last in places[rank : rank + longest]:
            run = tokens[first : last + 1]
            yield Phrase(" ".join(written for written, _ in run), frozenset(key for _, key in run if key), rank)
