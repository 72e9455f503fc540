"""The stages at which products drop out on the way to a category, from a job's tallies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from classifier.metrics import Share, Tallied

# Stages in the order of the way, with the outcomes and kinds of failure that end there
STAGES = {
    "not_a_product": ("not_a_product",),
    "no_candidate": ("unsure",),
    "declined": ("refused", "content_filter"),
    "off_list": ("off_list",),
    "unreadable": ("not_json", "truncated", "missing"),
    "transport": ("rate_limited", "server_error", "timeout", "connection", "quota", "auth", "bad_request"),
    "other": (),
}
_STAGE_OF = {kind: stage for stage, kinds in STAGES.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Stage:
    """n of all ended products got no category here; kinds: by outcome or kind of failure, the most frequent first."""

    name: str
    n: int
    n_all: int
    n_left: int  # products that came through this stage
    kinds: tuple[tuple[str, int], ...]

    @property
    def share(self) -> Share:
        """Of all ended products."""
        return Share(self.n, self.n_all)

    @property
    def is_failure(self) -> bool:
        """Whether products end here as failed; not a product and unsure are sound answers."""
        return self.name not in ("not_a_product", "no_candidate")


def stage_of(outcome: str) -> str | None:
    """Return the stage of a tally's outcome or kind of failure; None: it got a category."""
    kind = outcome.removeprefix("failed:")
    return None if kind == "concept" else _STAGE_OF.get(kind, "other")


def funnel(tallies: Iterable[Tallied]) -> list[Stage]:
    """Return every stage in its order, also those where nothing was lost ("other" only when something was)."""
    kinds: dict[str, Counter[str]] = {stage: Counter() for stage in STAGES}
    n_all = 0
    for row in tallies:
        n_all += row.n
        if (stage := stage_of(row.outcome)) is not None:
            kinds[stage][row.outcome.removeprefix("failed:")] += row.n
    found, n_left = [], n_all
    for stage, counts in kinds.items():
        n_left -= counts.total()
        if stage != "other" or counts:
            found.append(Stage(stage, counts.total(), n_all, n_left, tuple(counts.most_common())))
    return found
