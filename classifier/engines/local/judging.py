"""How right the models are on the examples themselves, each judged as if it had not been there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.engines.local.calibration import Signs
from classifier.engines.local.experience import Experience, Vector
from classifier.engines.local.likelihood import weigh
from classifier.engines.local.models import SHARES, Matrix, Models, added, spread
from classifier.engines.local.stacking import Choices, Weights, joined

if TYPE_CHECKING:
    from classifier.engines.local.ranking import Heard, Ranked, Ranker
    from classifier.engines.local.reading import Reading

FEWEST_WEIGHED = 100  # examples, below which only the regression joins, with a share; from here weighing only has to
# beat the labels: in every catalogue that was measured it was then right at least as often on other products, though
# the shares, chosen in hindsight, looked better on the examples
A_TIE = 0.01  # share of the examples by which two shares may differ and none is better: the smaller one is taken
_N_FOLDS = 4  # the weights that judge an example are taught by those of the other folds
N_WEIGHED = 2_000  # examples at most that teach the weights, the newest
N_JUDGED = 800  # of these, on which the accuracy is measured
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
        """right: the index of each text's concept; all in the order in which the models were trained on them."""
        self._texts, self._readings, self._right, self._models = texts, readings, right, models
        self._ranker = ranker
        n = min(len(texts), N_WEIGHED)
        self._parts = [slice(i, min(i + _AT_ONCE, n)) for i in range(0, n, _AT_ONCE)]
        self._heard: list[Heard] = []
        self._choices: list[Choices] = []
        sure = [self._listen(part) for part in self._parts]
        self._experience = Experience(np.concatenate(sure))
        self._beliefs = [
            self._experience.belief(heard, models.ridge.left_out[part], n_own=1)
            for part, heard in zip(self._parts, self._heard, strict=False)
        ]

    def _listen(self, part: slice) -> Vector:
        """Hear what labels and lexicon say of some examples; all of it is kept only of those that are judged."""
        heard = self._ranker.hear(self._texts[part], self._readings[part], is_weighed=True)
        if part.start < N_JUDGED:
            self._heard.append(heard)
        if len(self._right) >= FEWEST_WEIGHED:
            self._choices.append(self._models.opinions.choices(self._table(part, heard), self._right[part]))
        return heard.sure

    def choose(self) -> tuple[Judged, Judged, Models]:
        """Judge labels and lexicon alone and the best way to let the models join; give that way with its models."""
        models = replace(self._models, experience=self._experience)
        plain = self._with_share(0.0)
        if self._choices:
            stacked, weights, spans = self._stacked()
            if stacked.n_right > plain.n_right:
                return plain, stacked, replace(models, weights=weights, spans=spans)
        judged = {share: self._with_share(share) if share else plain for share in SHARES}
        least = max(each.n_right for each in judged.values()) - A_TIE * plain.n
        share = min(share for share in SHARES if judged[share].n_right >= least)
        return plain, judged[share], replace(models, share=share)

    def _with_share(self, share: float) -> Judged:
        left_out, classes = self._models.ridge.left_out, self._models.ridge.classes
        return self._rank([
            spread(left_out[part], classes, heard.scores.shape[1], belief * np.float32(share))
            for part, heard, belief in zip(self._parts, self._heard, self._beliefs, strict=False)
        ])  # fmt: skip

    def _stacked(self) -> tuple[Judged, Weights, Matrix]:
        """Weigh the opinions; every fourth part is judged by weights that the others taught."""
        opinions, shown = self._models.opinions, self._choices
        taught = [
            weigh(joined(each for i, each in enumerate(shown) if i % _N_FOLDS != fold), opinions.n_concepts)
            for fold in range(min(_N_FOLDS, len(shown)))
        ]
        judged = self._rank([
            added(opinions.chances(self._table(part, heard), taught[i % _N_FOLDS]), heard, belief)
            for i, (part, heard, belief) in enumerate(zip(self._parts, self._heard, self._beliefs, strict=False))
        ])  # fmt: skip
        whole = joined(shown)
        spans = whole.tables.reshape(-1, whole.tables.shape[2]).std(axis=0)
        return judged, weigh(whole, opinions.n_concepts), spans

    def _table(self, part: slice, heard: Heard) -> Matrix:
        models = self._models
        return models.opinions.table(models.left_out(part), heard, self._right[part])

    def _rank(self, learned: Sequence[Matrix]) -> Judged:
        found = [
            each
            for part, heard, more in zip(self._parts, self._heard, learned, strict=False)
            for each in zip(self._ranker.order(heard.scores, self._readings[part], 2, more), self._readings[part],
                            self._right[part], strict=True)
        ]  # fmt: skip
        ranked: list[tuple[list[Ranked], Reading, int]] = [each for each in found if each[0]]
        return Judged(len(found), [self._ranker.signs(ranking, reading) for ranking, reading, _ in ranked],
                      [ranking[0].concept == answer for ranking, _, answer in ranked])  # fmt: skip
