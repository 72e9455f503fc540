"""The seam between the runner and whatever answers: the Engine protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from classifier.limiter import Limiter
from classifier.outcomes import Ask, Reply


class Engine(Protocol):
    """Answers for a batch of products; knows its taxonomy, prompt and settings from when it was built.

    One engine serves one job's frozen spec. `classify` makes at most one call, never retries by itself, and never
    raises for anything that the service or a product does: every fault is a Failure in the Reply.
    """

    name: str
    model: str | None

    @property
    def batch_size(self) -> int:
        """How many products the next call should carry (may adapt while the job runs)."""
        ...

    @property
    def limiter(self) -> Limiter:
        """Permits for calls: the runner acquires before it starts a call and releases after it."""
        ...

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Estimate the tokens that a call with these asks will count against a tokens-per-minute limit."""
        ...

    async def classify(self, asks: Sequence[Ask]) -> Reply:
        """Answer for each ask, by key; the reply has exactly the keys that were asked."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...
