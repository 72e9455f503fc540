"""What a supervised model sees of a text: its words, letters, head and kinds, each block a unit row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse

from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.letters import SHORT_RUNS, letter_runs
from classifier.engines.local.phrases import Source
from classifier.engines.local.reading import Reading

# Say of each block in how alike two texts are; chosen on the development sets, where the result hardly depended on it.
BLOCKS = {
    "word": 1.0, "letters": 0.5, "head": 0.5, "kind": 1.0, "lineage": 1.0, "brand": 0.5, "pairs": 2.25, "runs": 2.25,
}  # fmt: skip
_PRUNED = frozenset(place for place, name in enumerate(BLOCKS) if name in ("pairs", "runs"))  # seen once: left out
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
        list(keys), list(letter_runs(" ".join(keys))), [" ".join(head.keys)] if head else [], kinds, lineage, brands,
        pairs, list(letter_runs(" ".join(written), SHORT_RUNS)),
    )  # fmt: skip


class FeatureSpace:
    """Rows of features: the inner product of two is how alike the texts are, at most sum(BLOCKS.values())."""

    def __init__(self, seen: Sequence[tuple[Block, ...]]) -> None:
        self._n_seen = len(seen)
        held = Counter((i, name) for each in seen for i, block in enumerate(each) for name in set(block))
        kept = {key: n for key, n in held.items() if n > 1 or key[0] not in _PRUNED}
        self._places = {key: place for place, key in enumerate(kept)}
        self._idf = np.array([math.log((self._n_seen + 1) / (n + 1)) + 1.0 for n in kept.values()], dtype=np.float32)

    def rows(self, told: Iterable[tuple[Block, ...]]) -> sparse.csr_array:
        """Give a row for each text; features that were never seen are left out."""
        starts: list[int] = [0]
        places: list[int] = []
        values: list[float] = []
        for each in told:
            for i, (block, say) in enumerate(zip(each, BLOCKS.values(), strict=True)):
                found = Counter(place for name in block if (place := self._places.get((i, name))) is not None)
                weights = [(1.0 + math.log(n)) * float(self._idf[place]) for place, n in found.items()]
                scale = math.sqrt(say / sum(w * w for w in weights)) if weights else 0.0
                places.extend(found)
                values.extend(w * scale for w in weights)
            starts.append(len(places))
        shape = (len(starts) - 1, max(len(self._places), 1))
        return sparse.csr_array(
            (np.array(values, dtype=np.float32), np.array(places, np.int64), np.array(starts, np.int64)), shape=shape
        )
