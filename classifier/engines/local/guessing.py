"""A guess of the kind from single words: what the lexicon's phrases that hold a word are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nlargest
from operator import itemgetter

from classifier.engines.local.phrases import PhraseBook, Source

N_KINDS = 4  # kinds worth following for one text
_FEWEST = 0.12  # of the words' say, below which a kind is no guess


class KindGuesser:
    """Votes of words for kinds: each word's share of its phrases that are of the kind, weighed by how telling it is.

    Finds "crema facial antiarrugas" a face care product though only "crema hidratante facial" is in the lexicon.
    """

    def __init__(self, book: PhraseBook) -> None:
        phrases: dict[str, Counter[str]] = {}
        for keys, entries in book.entries.items():
            for kind in {str(e.target) for e in entries if e.source is Source.NOUN}:
                for place, key in enumerate(keys):
                    phrases.setdefault(key, Counter())[kind] += 2 if place == 0 else 1
        n_kinds = len({kind for kinds in phrases.values() for kind in kinds}) + 1
        self._say = {key: math.log(1.0 + n_kinds / len(kinds)) for key, kinds in phrases.items()}
        self._votes: dict[str, Mapping[str, float]] = {key: _shares(kinds) for key, kinds in phrases.items()}

    def guess(self, keys: Sequence[str]) -> list[tuple[str, float]]:
        """Give the likeliest kinds with the share (0..1) of the words' say that speaks for each, best first."""
        votes: dict[str, float] = {}
        total = 0.0
        for key in dict.fromkeys(keys):
            say = self._say.get(key, 0.0)
            total += say
            for kind, share in self._votes.get(key, {}).items():
                votes[kind] = votes.get(kind, 0.0) + say * share
        if not total:
            return []
        return [
            (kind, vote / total)
            for kind, vote in nlargest(N_KINDS, votes.items(), key=itemgetter(1))
            if vote / total >= _FEWEST
        ]


def _shares(kinds: Counter[str]) -> dict[str, float]:
    total = sum(kinds.values())
    return {kind: n / total for kind, n in kinds.most_common(12)}
