"""What the embedded engine can be expected to do on a taxonomy: what it learned, and what each threshold gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.bootstrap import Services
from classifier.examples import Origin
from classifier.learning import examples_of

if TYPE_CHECKING:
    from classifier.engines.local.calibration import Threshold
    from classifier.engines.local.learning import LearnedReport


@dataclass(frozen=True, slots=True)
class Expectations:
    """n_reviewed, n_expected: examples by origin. learned: None without examples.

    thresholds: measured on the examples where a model learned from them (is_measured_here), else on the project's
    development sets.
    """

    n_reviewed: int
    n_expected: int
    learned: LearnedReport | None
    thresholds: tuple[Threshold, ...]

    @property
    def is_measured_here(self) -> bool:
        """Whether the figures come from this taxonomy's own examples."""
        return self.learned is not None and self.learned.n_trained > 0

    def at(self, threshold: float) -> Threshold:
        """Give the row of the table nearest to a threshold (0..1)."""
        return min(self.thresholds, key=lambda row: abs(row.threshold - threshold))


def expectations(
    services: Services, taxonomy_id: str, language: str = "es", *, learn: bool = True, learn_expected: bool = False
) -> Expectations:
    """Say what a job of these settings would start from. Trains when the examples changed: about 2 s for 2,000."""
    from classifier.engines.local.calibration import BUILT_IN  # takes scikit-learn along

    store, builder = services.store, services.builder
    examples = examples_of(store, taxonomy_id, with_expected=learn_expected) if learn else ()
    if not examples:
        return Expectations(0, 0, None, BUILT_IN)
    engine = builder.taught(taxonomy_id, language, examples)
    n_reviewed = sum(e.origin is Origin.REVIEWED for e in examples)
    return Expectations(n_reviewed, len(examples) - n_reviewed, engine.learned, engine.threshold_table())
