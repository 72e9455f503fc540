"""How far examples are believed: where they say little, labels and lexicon are heard in their place.

Examples are no fair sample of a catalogue. A reviewer corrects first what the engine doubts, so what was learned from
them knows labels where they were in doubt, and there they are often wrong; of what labels were sure of, and of the
shelves that need no correction, it knows nothing. Measured: after 500 corrections of Mercadona's products, the least
sure first, 0.54 of the others were right; labels alone 0.77, and with what is here 0.79.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.ranking import Heard

Matrix = NDArray[np.float32]
Vector = NDArray[np.float32]
_AS_SURE = 0.03  # examples of which labels were less sure by no more than this count too
_ENOUGH = 60  # examples of which labels were as sure, with which half of the doubt in the examples is gone


class Experience:
    """Knows how sure labels and lexicon alone were of the examples."""

    def __init__(self, sure: Sequence[float] | Vector = ()) -> None:
        """sure: for each example, `Heard.sure`."""
        self._sure = np.sort(np.asarray(sure, dtype=np.float32))

    def belief(self, heard: Heard, ridge: Matrix, n_own: int = 0) -> Vector:
        """Tell how far what examples say of texts is believed, 0..1: many were as sure, or one is much alike.

        ridge: what the regression says, shape (texts, classes); n_own: how many of the examples are the text itself.
        """
        n_as_sure = len(self._sure) - n_own - np.searchsorted(self._sure, heard.sure - np.float32(_AS_SURE))
        unlike = 1.0 - np.clip(ridge.max(axis=1), 0.0, 1.0)
        return np.asarray(1.0 - unlike * (_ENOUGH / (_ENOUGH + np.maximum(n_as_sure, 0))), dtype=np.float32)


def chances_of_labels(heard: Heard) -> Matrix:
    """Turn what labels and lexicon say into probabilities: their answer has its chance, the others share what is left
    by their scores; shape (texts, concepts)."""
    rows = np.arange(len(heard.scores))
    chances = heard.scores.copy()
    chances[rows, heard.first] = 0.0
    chances *= ((1.0 - heard.sure) / np.maximum(chances.sum(axis=1), 1e-6))[:, None]
    chances[rows, heard.first] = heard.sure
    return chances
