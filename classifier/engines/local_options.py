"""What an analyst can set for the embedded engine, frozen in a job's spec."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

THRESHOLD = 0.3
FEWEST_EXAMPLES = 40  # below which only repeats are answered from them


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """threshold: confidence (0..1) below which an answer is "unsure". learn: from reviewed labels of the taxonomy;
    learn_expected: also from the expected labels of earlier jobs (then a labelled sample judges itself)."""

    threshold: float = THRESHOLD
    learn: bool = True
    learn_expected: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.threshold, int | float) or isinstance(self.threshold, bool):
            raise ValueError("The threshold is a number from 0 to 1.")
        if not math.isfinite(self.threshold) or not 0 <= self.threshold <= 1:
            raise ValueError("The threshold is a number from 0 to 1.")
        if not isinstance(self.learn, bool) or not isinstance(self.learn_expected, bool):
            raise ValueError("Learning is either on or off.")

    def to_record(self) -> dict[str, object]:
        """Give plain JSON values; `from_record` turns them back."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, object]) -> LocalOptions:
        """Rebuild from `to_record`; other engines' settings are left out. Raises ValueError."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in record.items() if name in known})  # type: ignore[arg-type]
