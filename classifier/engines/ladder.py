"""Two models, one above the other: what the first cannot answer usably goes to the stronger one, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from classifier.outcomes import Ask, Failure, Reply
from classifier.retry import CONTENT

if TYPE_CHECKING:
    from classifier.engines.base import Engine
    from classifier.limiter import Limiter


class Ladder:
    """An Engine. A product climbs once the first model, told what was wrong and asked about it alone, failed again."""

    name = "openai"

    def __init__(self, first: Engine, stronger: Engine) -> None:
        self.model = first.model
        self._first, self._stronger = first, stronger
        self._climbing: set[str] = set()  # keys of products that the first model is done with

    @property
    def batch_size(self) -> int:
        """Products the first model's next call should carry."""
        return self._first.batch_size

    @property
    def limiter(self) -> Limiter:
        """The permits of the service, which both models share."""
        return self._first.limiter

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Estimate the tokens of a call with these asks."""
        return self._rung(asks).weigh(asks)

    async def classify(self, asks: Sequence[Ask]) -> Reply:
        """Ask the model whose turn it is; a call to the stronger one says so."""
        rung = self._rung(asks)
        reply = await rung.classify(asks)
        if rung is self._first or reply.call is None:
            self._note(asks, reply)
            return reply
        return Reply(reply.answers, replace(reply.call, asked_model=rung.model))

    async def aclose(self) -> None:
        """Give the connections of both back."""
        await self._first.aclose()
        await self._stronger.aclose()

    def _note(self, asks: Sequence[Ask], reply: Reply) -> None:
        if len(asks) == 1 and asks[0].feedback is not None:
            answer = reply.answers[asks[0].key]
            if isinstance(answer, Failure) and answer.kind in CONTENT:
                self._climbing.add(asks[0].key)

    def _rung(self, asks: Sequence[Ask]) -> Engine:
        return self._stronger if len(asks) == 1 and asks[0].key in self._climbing else self._first
