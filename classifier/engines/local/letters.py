"""Names compared by their letters: TF-IDF cosine over runs of 3 to 5 letters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

RUNS = (3, 4, 5)
SHORT_RUNS = (2, 3, 4, 5)
_WORD = re.compile(r"[a-z0-9]+")
_MANY = 50_000  # words whose runs are kept at hand


class Letters:
    """Rows of names, each weighed and owned by a concept; the rows of one concept stand together, in order."""

    def __init__(self, names: Sequence[str], weights: Sequence[float], owners: Sequence[int], n_owners: int) -> None:
        seen = Counter(run for name in names for run in dict.fromkeys(letter_runs(name)))
        self._places = {run: place for place, run in enumerate(seen)}
        self._idf = np.array([1.0 + math.log((1 + len(names)) / (1 + n)) for n in seen.values()], dtype=np.float32)
        self._memory: dict[str, list[int]] = {}
        rows = self._matrix(names)
        self._rows = (sparse.diags_array(np.array(weights, dtype=np.float32)) @ rows).T.tocsr()
        self._starts = np.searchsorted(owners, np.arange(n_owners))

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give each owner's best cosine with each text, 0..1; shape (texts, owners)."""
        by_name = (self._matrix(texts) @ self._rows).toarray()
        return np.maximum.reduceat(by_name, self._starts, axis=1)

    def _matrix(self, texts: Sequence[str]) -> sparse.csr_array:
        """Unit rows of 1 + log(count), weighed by rarity."""
        rows = counted([[p for word in words_of(text) for p in self._of_word(word)] for text in texts],
                       len(self._places))  # fmt: skip
        weights = (1.0 + np.log(rows.data)) * self._idf[rows.indices]
        row_of = np.repeat(np.arange(len(texts)), np.diff(rows.indptr))
        norms = np.sqrt(np.bincount(row_of, weights * weights, len(texts)))
        rows.data = (weights / np.maximum(norms, 1e-9)[row_of]).astype(np.float32)
        return rows

    def _of_word(self, word: str) -> list[int]:
        if word not in self._memory:
            if len(self._memory) >= _MANY:
                self._memory.clear()
            self._memory[word] = [self._places[run] for run in runs_of(word) if run in self._places]
        return self._memory[word]


def counted(places: Sequence[Sequence[int]], n_columns: int) -> sparse.csr_array:
    """Count how often each row holds each place; shape (rows, n_columns)."""
    starts = np.cumsum([0, *(len(each) for each in places)])
    flat = np.fromiter((place for each in places for place in each), dtype=np.int64, count=int(starts[-1]))
    shape = (len(places), n_columns)
    rows = sparse.csr_array((np.ones(len(flat), dtype=np.float32), flat, starts), shape=shape)
    rows.sum_duplicates()
    return rows


def words_of(text: str) -> Sequence[str]:
    """Give the words whose letters count; the text itself when it has none."""
    return _WORD.findall(text) or (text,)


def letter_runs(text: str) -> Iterator[str]:
    """Give the runs of 3 to 5 letters of each word, with its edges marked."""
    for word in words_of(text):
        yield from runs_of(word)


def runs_of(word: str, lengths: Sequence[int] = RUNS) -> Iterator[str]:
    """Give the runs of letters of one word, with its edges marked."""
    edged = f" {word} "
    for n in lengths:
        for start in range(max(len(edged) - n + 1, 1)):
            yield edged[start : start + n]
