"""Two models, one above the other: what the first cannot answer usably goes to the stronger one, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from classifier.outcomes import Ask, Failure, FailureKind, Reply
from classifier.retry import CONTENT

if TYPE_CHECKING:
    from classifier.engines.base import Engine
    from classifier.limiter import Limiter

REFUSALS = {FailureKind.BAD_REQUEST, FailureKind.AUTH}  # the first model was answered by the same key
MAYBE_THE_TEXT = {400, 413, 422}


class Ladder:
    """An Engine. A product climbs once the first model, told what was wrong and asked about it alone, failed again.

    A stronger model that the service does not give is asked no more: its products stay with the first model, and fail
    with both reasons when that cannot answer them.
    """

    name = "openai"

    def __init__(self, first: Engine, stronger: Engine, tell: Callable[[str], None] = lambda _: None) -> None:
        """tell: takes a sentence for the job's history; called in a thread."""
        self.model = first.model
        self._first, self._stronger, self._tell = first, stronger, tell
        self._climbing: dict[str, Failure] = {}  # by key: what the first model is done with, and how it failed
        self._refused: dict[str, str] = {}  # by key: why the stronger model did not take it
        self._closed: str | None = None  # why it takes none

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
            return self._noted(asks, reply)
        reply = Reply(reply.answers, replace(reply.call, asked_model=rung.model))
        return await self._checked(asks[0].key, reply)

    async def aclose(self) -> None:
        """Give the connections of both back."""
        await self._first.aclose()
        await self._stronger.aclose()

    def _noted(self, asks: Sequence[Ask], reply: Reply) -> Reply:
        """Let a product climb next time, or say why it cannot."""
        if len(asks) != 1 or asks[0].feedback is None:
            return reply
        key = asks[0].key
        answer = reply.answers[key]
        if not isinstance(answer, Failure) or answer.kind not in CONTENT:
            return reply
        if why := self._closed or self._refused.get(key):
            return Reply({key: _with_reason(answer, why)}, reply.call)
        self._climbing[key] = answer
        return reply

    async def _checked(self, key: str, reply: Reply) -> Reply:
        """Keep a refusal of the stronger model from stopping the job: the first one works."""
        answer = reply.answers[key]
        if not isinstance(answer, Failure) or answer.kind not in REFUSALS or reply.call is None:
            return reply
        self._refused[key] = answer.message
        if reply.call.http_status not in MAYBE_THE_TEXT or str(self._stronger.model) in answer.message:
            was_open, self._closed = self._closed is None, answer.message
            if was_open:  # those that were climbing already hear the same
                await asyncio.to_thread(self._tell, f"the stronger model is asked no more: {answer.message}")
        return Reply({key: _with_reason(self._climbing.pop(key), answer.message)}, reply.call)

    def _rung(self, asks: Sequence[Ask]) -> Engine:
        climbs = len(asks) == 1 and asks[0].key in self._climbing and self._closed is None
        return self._stronger if climbs else self._first


def _with_reason(failure: Failure, why: str) -> Failure:
    return replace(failure, message=f"{failure.message} The stronger model could not be asked: {why}", alone=True)
