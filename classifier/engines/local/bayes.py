"""Naive Bayes over which features a text has, with its leave-one-out answers; a second opinion beside the regression.

Multinomial with presence instead of counts, smoothed by the features' own frequency (Dirichlet prior with _PRIOR
pseudo-features; Zhai & Lafferty 2004). A feature that a class never showed has the same say for all features, so only
what was seen is kept: the table is as sparse as the examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = NDArray[np.float32]
_PRIOR = 50.0


class NaiveBayes:
    """Scores classes by how much likelier a text's features are in them than anywhere; 0 says nothing."""

    def __init__(self, rows: sparse.csr_array, places: NDArray[np.int64], n_classes: int) -> None:
        """rows: one for each example; places: the class (0..n_classes - 1) of each."""
        self._rows, self._class_of = _presence(rows), places
        ones = np.ones(len(places), dtype=np.float32)
        members = sparse.csr_array((ones, (places, np.arange(len(places)))), shape=(n_classes, len(places)))
        self.n_examples: Matrix = np.bincount(places, minlength=n_classes).astype(np.float32)
        self._seen = (self._rows.T.tocsr() @ members.T).tocsr()
        self._size = np.asarray(self._seen.sum(axis=0), dtype=np.float32).ravel()
        usual = np.asarray(self._seen.sum(axis=1), dtype=np.float32).ravel() + 1.0
        self._usual = _PRIOR * usual / usual.sum()
        self._gain = self._seen.copy()
        self._gain.data = np.log1p(self._seen.data / np.repeat(self._usual, np.diff(self._seen.indptr)))

    def score(self, rows: sparse.csr_array) -> Matrix:
        """Score the classes, for texts of any length alike; shape (rows, classes)."""
        present = _presence(rows)
        n_features = np.diff(present.indptr).astype(np.float32)[:, None]
        unseen = -np.log1p(self._size / _PRIOR)
        said = (present @ self._gain).toarray() + n_features * unseen
        return np.asarray(said / np.sqrt(np.maximum(n_features, 1.0)), dtype=np.float32)

    def left_out(self, part: slice) -> Matrix:
        """Score these examples as if each had not been seen; shape (examples, classes)."""
        rows = self._rows[part]
        said = self.score(rows)
        for i, own in enumerate(self._class_of[part]):
            said[i, own] = self._without(rows.indices[rows.indptr[i] : rows.indptr[i + 1]], int(own))
        return said

    def _without(self, features: Sequence[int], own: int) -> float:
        """Score a class for one of its own examples as if it were not there (but for how usual its features are)."""
        if not len(features):
            return 0.0
        others = self._seen[features, [own] * len(features)] - 1.0
        unseen = -np.log1p(max(float(self._size[own]) - len(features), 0.0) / _PRIOR)
        gain = float(np.log1p(others / self._usual[features]).sum()) + len(features) * unseen
        return float(gain / math.sqrt(max(len(features), 1)))


def _presence(rows: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones_like(rows.data), rows.indices, rows.indptr), shape=rows.shape)
