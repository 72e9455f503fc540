"""How right the models are on the examples themselves, each judged as if it had not been there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.engines.local.calibration import Signs
from classifier.engines.local.models import SHARES, Matrix, Models, added, spread
from classifier.engines.local.stacking import rivals, weigh

if TYPE_CHECKING:
    from classifier.engines.local.ranking import Ranked, Ranker
    from classifier.engines.local.reading import Reading

FEWEST_WEIGHED = 100  # examples, below which only the regression joins, with a share
_AT_ONCE = 50


@dataclass(frozen=True)
class Judged:
    """How the examples fared: for each that had a ranking, its signs and whether the first was right."""

    n: int
    signs: Sequence[Signs]
    is_right: Sequence[bool]

    @property
    def n_right(self) -> int:
        """How many were right."""
        return sum(self.is_right)


class Bench:
    """Ranks each example by what the others teach."""

    def __init__(self, texts: Sequence[str], readings: Sequence[Reading], right: Sequence[int], models: Models,
                 ranker: Ranker) -> None:  # fmt: skip
        """right: the index of each text's concept; texts: the first of those that the models were trained on."""
        self._readings, self._right, self._models, self._ranker = readings, right, models, ranker
        self._parts = [slice(i, min(i + _AT_ONCE, len(texts))) for i in range(0, len(texts), _AT_ONCE)]
        self._plain = [ranker.score(texts[part], readings[part]) for part in self._parts]

    def choose(self) -> tuple[Judged, Judged, Models]:
        """Judge labels and lexicon alone and the best way to let the models join; give that way with its models."""
        judged = {share: self._with_share(share) for share in SHARES}
        share = max(SHARES, key=lambda share: (judged[share].n_right, -share))
        plain, best = judged[0.0], judged[share]
        if len(self._right) >= FEWEST_WEIGHED:
            stacked, weights, spans = self._stacked()
            if stacked.n_right > best.n_right:
                return plain, stacked, replace(self._models, weights=weights, spans=spans)
        return plain, best, replace(self._models, share=share)

    def _with_share(self, share: float) -> Judged:
        left_out, classes = self._models.ridge.left_out, self._models.ridge.classes
        return self._rank([
            spread(left_out[part] * np.float32(share), classes, plain.shape[1])
            for part, plain in zip(self._parts, self._plain, strict=True)
        ])  # fmt: skip

    def _stacked(self) -> tuple[Judged, Matrix, Matrix]:
        """Weigh the opinions; every second part is judged by weights that the others taught."""
        shown = [rivals(self._table(i), self._right[part]) for i, part in enumerate(self._parts)]
        halves = [weigh(np.concatenate(shown[first::2])) for first in (1, 0)]
        judged = self._rank([
            added(self._models.opinions, self._table(i), halves[i % 2], plain) for i, plain in enumerate(self._plain)
        ])  # fmt: skip
        whole = np.concatenate(shown)
        return judged, weigh(whole), whole.reshape(-1, whole.shape[2]).std(axis=0)

    def _table(self, i: int) -> Matrix:
        part, models = self._parts[i], self._models
        said, voted = models.ridge.left_out[part], models.bayes.left_out(part)
        return models.opinions.table(said, voted, self._plain[i], self._right[part])

    def _rank(self, learned: Sequence[Matrix]) -> Judged:
        found = [
            each
            for part, plain, more in zip(self._parts, self._plain, learned, strict=True)
            for each in zip(self._ranker.order(plain, self._readings[part], 2, more), self._readings[part],
                            self._right[part], strict=True)
        ]  # fmt: skip
        ranked: list[tuple[list[Ranked], Reading, int]] = [each for each in found if each[0]]
        return Judged(len(found), [self._ranker.signs(ranking, reading) for ranking, reading, _ in ranked],
                      [ranking[0].concept == answer for ranking, _, answer in ranked])  # fmt: skip
