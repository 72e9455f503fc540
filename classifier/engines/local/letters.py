"""Names compared by their letters: TF-IDF cosine over runs of 3 to 5 letters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_RUNS = (3, 4, 5)
SHORT_RUNS = (2, 3, 4, 5)
_WORD = re.compile(r"[a-z0-9]+")


class Letters:
    """Rows of names, each weighed and owned by a concept; the rows of one concept stand together, in order."""

    def __init__(self, names: Sequence[str], weights: Sequence[float], owners: Sequence[int], n_owners: int) -> None:
        counts = [Counter(letter_runs(name)) for name in names]
        seen = Counter(run for count in counts for run in count)
        self._places = {run: place for place, run in enumerate(seen)}
        self._idf = np.array([1.0 + math.log((1 + len(names)) / (1 + n)) for n in seen.values()], dtype=np.float32)
        rows = self._matrix(counts)
        self._rows = (sparse.diags_array(np.array(weights, dtype=np.float32)) @ rows).T.tocsr()
        self._starts = np.searchsorted(owners, np.arange(n_owners))

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give each owner's best cosine with each text, 0..1; shape (texts, owners)."""
        asked = self._matrix([Counter(letter_runs(text)) for text in texts])
        by_name = np.asarray((asked @ self._rows).todense(), dtype=np.float32)
        return np.maximum.reduceat(by_name, self._starts, axis=1)

    def _matrix(self, counts: Sequence[Counter[str]]) -> sparse.csr_array:
        """Unit rows of 1 + log(count), weighed by rarity."""
        starts, places, values = [0], [], []
        for count in counts:
            for run, n in count.items():
                place = self._places.get(run)
                if place is not None:
                    places.append(place)
                    values.append(1.0 + math.log(n) if n > 1 else 1.0)
            starts.append(len(places))
        data = np.array(values, dtype=np.float32) * self._idf[np.array(places, dtype=np.int64)]
        shape = (len(counts), len(self._places))
        rows = sparse.csr_array((data, np.array(places, dtype=np.int64), np.array(starts, dtype=np.int64)), shape=shape)
        norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1))).ravel()
        return sparse.csr_array(sparse.diags_array(1.0 / np.maximum(norms, 1e-9)).astype(np.float32) @ rows)


def letter_runs(text: str, lengths: Sequence[int] = _RUNS) -> Iterator[str]:
    """Give the runs of letters (3 to 5 of them unless told) of each word, with its edges marked."""
    for word in _WORD.findall(text) or (text,):
        edged = f" {word} "
        for n in lengths:
            for start in range(max(len(edged) - n + 1, 1)):
                yield edged[start : start + n]
