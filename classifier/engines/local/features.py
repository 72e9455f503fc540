"""What a supervised model sees of a text: its words, letters, head, kinds and what a preposition binds to what."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.letters import RUNS, SHORT_RUNS, counted, runs_of
from classifier.engines.local.phrases import Source
from classifier.engines.local.reading import Reading

# Say of each block in how alike two texts are; chosen on the development sets, where the result hardly depended on it.
BLOCKS = {
    "word": 1.0, "letters": 0.5, "head": 0.5, "kind": 1.0, "lineage": 1.0, "brand": 0.5, "pairs": 2.25, "runs": 2.25,
    "bound": 1.0, "together": 1.0,
}  # fmt: skip
_SEEN_TWICE = ("pairs", "runs", "together")  # blocks of which what was seen once is left out
_PRUNED = frozenset(place for place, name in enumerate(BLOCKS) if name in _SEEN_TWICE)
_RUNS = {place: runs for place, name in enumerate(BLOCKS) if (runs := {"letters": RUNS, "runs": SHORT_RUNS}.get(name))}
KINDS = ("kind", "lineage")  # blocks that say only what sort of thing it is
_NEAR = 7  # places within which two words stand together
_MANY = 50_000  # words of a block whose features are kept at hand
Block = list[str]


def blocks(reading: Reading, known: Knowledge) -> tuple[Block, ...]:
    """Take a reading apart, in the order of BLOCKS."""
    head = reading.head
    entries = known.book.entries
    kinds = [str(e.target) for e in entries[head.keys] if e.source is Source.NOUN] if head else []
    brands = [
        str(e.target) for m, _ in reading.mentions for e in entries[m.keys] if e.source is Source.BRAND and e.target
    ]
    lineage = [above for kind in kinds for above, _ in known.lexicon.lineage(kind)]
    keys = reading.words.keys
    written = reading.words.written
    pairs = [*written, *(" ".join(pair) for pair in pairwise(written))]
    return (
        list(keys), list(keys), [" ".join(head.keys)] if head else [], kinds, lineage, brands, pairs, list(written),
        _bound(keys, reading.words.before), _together(keys),
    )  # fmt: skip


def _bound(keys: Sequence[str], before: Sequence[str]) -> Block:
    """Tell the words before the first preposition from those after each: "leche con chocolate" is no chocolate."""
    bound, preposition = [], ""
    for key, stands in zip(keys, before, strict=True):
        preposition = stands or preposition
        bound.append(f"{preposition}:{key}")
    return bound


def _together(keys: Sequence[str]) -> Block:
    """Give the pairs of words that stand near each other, in either order."""
    places = combinations(range(len(keys)), 2)
    return [" ".join(sorted((keys[i], keys[j]))) for i, j in places if j - i <= _NEAR]


class FeatureSpace:
    """Rows of features: the inner product of two is how alike the texts are, at most sum(BLOCKS.values())."""

    def __init__(self, seen: Sequence[tuple[Block, ...]]) -> None:
        held = Counter(
            (i, name)
            for each in seen
            for i, block in enumerate(each)
            for name in {name for word in block for name in _names(i, word)}
        )
        kept = {key: n for key, n in held.items() if n > 1 or key[0] not in _PRUNED}
        self._places = {key: place for place, key in enumerate(kept)}
        self._block_of = np.array([i for i, _ in kept], dtype=np.int64)
        self._idf = np.array([math.log((len(seen) + 1) / (n + 1)) + 1.0 for n in kept.values()], dtype=np.float64)
        self._memory: tuple[dict[str, list[int]], ...] = tuple({} for _ in BLOCKS)

    def places_of(self, blocks: Sequence[str]) -> NDArray[np.int64]:
        """Give the columns of some of the blocks."""
        wanted = [place for place, name in enumerate(BLOCKS) if name in blocks]
        return np.flatnonzero(np.isin(self._block_of, wanted))

    def rows(self, told: Iterable[tuple[Block, ...]]) -> sparse.csr_array:
        """Give a row for each text; features that were never seen are left out."""
        places = [
            [p for i, block in enumerate(each) for word in block for p in self._of_word(i, word)] for each in told
        ]
        rows = counted(places, max(len(self._places), 1))
        weights = (1.0 + np.log(rows.data)) * self._idf[rows.indices]
        blocks_before = np.repeat(np.arange(len(places)) * len(BLOCKS), np.diff(rows.indptr))
        cells = blocks_before + self._block_of[rows.indices]
        lengths = np.bincount(cells, weights * weights, len(places) * len(BLOCKS))
        says = np.tile(np.array(list(BLOCKS.values())), len(places))
        rows.data = (weights * np.sqrt(says / np.maximum(lengths, 1e-9))[cells]).astype(np.float32)
        return rows

    def _of_word(self, i: int, word: str) -> list[int]:
        memory = self._memory[i]
        if word not in memory:
            if len(memory) >= _MANY:
                memory.clear()
            names = ((i, name) for name in _names(i, word))
            memory[word] = [self._places[name] for name in names if name in self._places]
        return memory[word]


def _names(i: int, word: str) -> Iterable[str]:
    """Give the features that a word of block i stands for."""
    return runs_of(word, _RUNS[i]) if i in _RUNS else (word,)
