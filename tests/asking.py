"""Small pieces for tests of the OpenAI engine: a taxonomy, an engine at a test server, a loop that asks for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai_request import forget_capabilities
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.limiter import Limiter
from classifier.outcomes import Ask, Call, Failure, Prediction
from classifier.retry import Again, StopJob, decide, feedback
from classifier.taxonomy import Concept, Taxonomy
from tests.llm_server import LLMServer

KEY = "sk-test-0123456789abcdef"
WORDS = ("Leche", "Arroz", "Champú", "Pañales", "Cerveza", "Aceite", "Galletas", "Tornillos", "Jabón", "Café")


def taxonomy_of(n: int) -> Taxonomy:
    """A taxonomy of n concepts in branches of twenty, its labels as long as the retail taxonomy's (20 characters)."""
    concepts = {}
    for i in range(n):
        notation = f"{i // 20 + 1:02d}" if i % 20 == 0 else f"{i // 20 + 1:02d}{i % 20:02d}"
        broader = () if i % 20 == 0 else (notation[:2],)
        labels = {"es": f"{WORDS[i % 10]} y {WORDS[i // 10 % 10].lower()} n.º {i}", "en": f"Concept {i}"}
        concepts[notation] = Concept(notation, f"https://example.org/{notation}", labels, broader=broader)
    return Taxonomy("test", "https://example.org/", concepts)


def asks_of(texts: Sequence[str]) -> list[Ask]:
    return [Ask(str(i), text) for i, text in enumerate(texts)]


@asynccontextmanager
async def engine_at(server: LLMServer, n_concepts: int = 40, limiter: Limiter | None = None,
                    key: str = KEY, **options: object) -> AsyncIterator[OpenAIEngine]:  # fmt: skip
    forget_capabilities()
    settings = replace(OpenAIOptions(deadline_s=5.0), **options)  # type: ignore[arg-type]
    limiter = limiter or Limiter(settings.concurrency)
    engine = OpenAIEngine(taxonomy_of(n_concepts), settings, Credentials(key, server.base_url), limiter)
    try:
        yield engine
    finally:
        await engine.aclose()


@dataclass
class Outcome:
    """What asking for everything came to."""

    answers: dict[str, Prediction | Failure] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    stopped: str | None = None

    @property
    def predictions(self) -> Mapping[str, Prediction]:
        return {key: a for key, a in self.answers.items() if isinstance(a, Prediction)}

    def tokens(self, name: str) -> int:
        return sum(getattr(call.usage, name) for call in self.calls if call.usage)


class _Asking:
    def __init__(self, engine: OpenAIEngine, asks: Sequence[Ask]) -> None:
        self.engine, self.outcome, self.n_open = engine, Outcome(), len(asks)
        self.todo, self.alone = list(asks), list[Ask]()
        self.waited_s: dict[str, float] = {}
        self.waits: set[asyncio.Task[None]] = set()

    async def pull(self) -> None:
        while self.n_open and self.outcome.stopped is None:
            batch = self._take()
            if not batch:
                await asyncio.sleep(0.002)
                continue
            await self.engine.limiter.acquire(self.engine.weigh(batch))
            reply = await self.engine.classify(batch)
            self.engine.limiter.release(reply.call)
            assert reply.call is not None
            self.outcome.calls.append(reply.call)
            for ask in batch:
                self._settle(ask, reply.answers[ask.key], reply.call)

    def _take(self) -> list[Ask]:
        if self.alone:
            return [self.alone.pop()]
        return [self.todo.pop() for _ in range(min(self.engine.batch_size, len(self.todo)))]

    def _settle(self, ask: Ask, answer: Prediction | Failure, call: Call) -> None:
        if isinstance(answer, Failure):
            n_attempts = ask.n_attempts + 1
            decision = decide(answer, n_attempts, self.waited_s.get(ask.key, 0.0), call.retry_after_s)
            if isinstance(decision, Again):
                self.waited_s[ask.key] = self.waited_s.get(ask.key, 0.0) + decision.wait_s
                n_attempts = n_attempts if decision.counts else ask.n_attempts
                self.waits.add(asyncio.create_task(
                    self._later(decision, Ask(ask.key, ask.text, feedback(answer), n_attempts))))  # fmt: skip
                return
            if isinstance(decision, StopJob):
                self.outcome.stopped = decision.remedy
        self.outcome.answers[ask.key] = answer
        self.n_open -= 1

    async def _later(self, decision: Again, ask: Ask) -> None:
        await asyncio.sleep(decision.wait_s)
        (self.alone if decision.alone else self.todo).append(ask)


async def ask_all(engine: OpenAIEngine, asks: Sequence[Ask]) -> Outcome:
    """The runner's loop in small: pull batches, ask, retry by kind; without chunks, leases and records."""
    asking = _Asking(engine, asks)
    await asyncio.gather(*(asking.pull() for _ in range(engine.limiter.concurrency)))
    for wait in asking.waits:
        wait.cancel()
    return asking.outcome
