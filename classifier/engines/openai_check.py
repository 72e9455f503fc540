"""Try a connection for the settings page: what works, what it cost, which models the key may use."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from classifier import prompt
from classifier.engines.openai_faults import error_of, kind_of, sentence
from classifier.engines.openai_models import listed_models
from classifier.engines.openai_reply import read_answers, read_completion
from classifier.engines.openai_request import MODES, Capability, RequestTemplate, remember_capability
from classifier.engines.openai_transport import Answer, ConnectionFault, Transport, quota
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.outcomes import Ask, Failure, FailureKind, Quota, Usage
from classifier.pricing import cost_usd, find_price
from classifier.taxonomy import Concept, Taxonomy

MAX_ADAPTATIONS = 6
PROBE = Ask("1", "leche entera 1 L")
SHELVES = Taxonomy(
    "probe", "", {n: Concept(n, "", {"es": name}) for n, name in (("01", "Lácteos"), ("02", "Limpieza"))}
)
HOPELESS = {FailureKind.AUTH, FailureKind.QUOTA, FailureKind.CONNECTION, FailureKind.TIMEOUT}


@dataclass(frozen=True, slots=True)
class ModeReport:
    """One way of asking for structure (`json_schema`, `json_object`, `text`): whether it gave a sound answer."""

    mode: str
    works: bool
    message: str


@dataclass(slots=True)
class ConnectionReport:
    """What a test of a connection showed.

    problem: a sentence when nothing works. models: names the key may use, None when the service does not list them.
    cost_usd: of the test's own calls, None when the price is not known. dropped: settings the service does not know.
    """

    model: str
    problem: str | None = None
    modes: list[ModeReport] = field(default_factory=list)
    models: tuple[str, ...] | None = None
    answering_model: str | None = None
    n_calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = None
    latency_s: float | None = None
    dropped: tuple[str, ...] = ()
    requests_a_minute: Quota | None = None
    tokens_a_minute: Quota | None = None

    @property
    def works(self) -> bool:
        """Tell whether at least one mode gave a sound answer."""
        return any(mode.works for mode in self.modes)


async def check_connection(credentials: Credentials, model: str, deadline_s: float = 30.0) -> ConnectionReport:
    """Ask for one product in each mode and list the models; never raises for what the service does.

    What works best is remembered for the jobs of this process.
    """
    transport = Transport(credentials, deadline_s, model)
    probe = _Probe(credentials, OpenAIOptions(model=model, deadline_s=deadline_s), transport)
    try:
        probe.report.models = await listed_models(transport, deadline_s)
        await probe.try_modes()
    finally:
        await transport.aclose()
    return probe.report


class _Probe:
    """One test: asks in each mode with what it has learnt so far."""

    def __init__(self, credentials: Credentials, options: OpenAIOptions, transport: Transport) -> None:
        self.report = ConnectionReport(options.model)
        self._credentials, self._options, self._transport = credentials, options, transport
        self._prompt = prompt.build(SHELVES, options.language)
        self._known = Capability()

    async def try_modes(self) -> None:
        """Try every mode, best first; stop when the trouble is not the mode's."""
        best = None
        for mode in MODES:
            failure = await self._try_mode(mode)
            self.report.modes.append(ModeReport(mode, failure is None, failure.message if failure else "works"))
            if failure is None:
                best = best or replace(self._known, mode=mode)
            elif failure.kind in HOPELESS:
                break
        if best is None:
            self.report.problem = self.report.modes[0].message
        else:
            remember_capability(self._credentials.base_url, self._options.model, best)
        self.report.dropped = tuple(sorted(self._known.dropped))
        self._price()

    async def _try_mode(self, mode: str) -> Failure | None:
        for _ in range(MAX_ADAPTATIONS):
            template = RequestTemplate(self._prompt, self._options, replace(self._known, mode=mode))
            started_s = time.monotonic()
            try:
                async with asyncio.timeout(self._options.deadline_s):
                    answer = await self._transport.send(template.body([PROBE]))
            except TimeoutError:
                return Failure(FailureKind.TIMEOUT, f"No answer within {self._options.deadline_s:g} s.")
            except ConnectionFault as fault:
                return Failure(FailureKind.CONNECTION, f"The service cannot be reached ({fault}).")
            self.report.n_calls += 1
            if answer.status == 200:
                self.report.latency_s = self.report.latency_s or time.monotonic() - started_s
                failure = self._read(answer)
                if not (failure and self.report.usage.reasoning_tokens and self._known.output_cap):
                    return failure
                self._known = self._known.reasoning()
                continue
            known = self._learn(template, answer)
            if known is None or known.mode != mode:
                return self._refusal(answer)
            self._known = known
        return Failure(FailureKind.BAD_REQUEST, "The service refuses one setting after the other.")

    def _learn(self, template: RequestTemplate, answer: Answer) -> Capability | None:
        error = error_of(answer.content)
        if kind_of(answer.status, error) is not FailureKind.BAD_REQUEST:
            return None
        return template.capability.without(error, template.sent)

    def _refusal(self, answer: Answer) -> Failure:
        error = error_of(answer.content)
        kind = kind_of(answer.status, error)
        return Failure(kind, self._credentials.redact(sentence(kind, answer.status, error)))

    def _read(self, answer: Answer) -> Failure | None:
        report, completion = self.report, read_completion(answer.content)
        if completion is None:
            return Failure(FailureKind.NOT_JSON, "The service answers with something that is not JSON: a wrong URL?")
        report.answering_model = completion.model or None
        report.requests_a_minute = quota(answer.headers, "requests")
        report.tokens_a_minute = quota(answer.headers, "tokens")
        if completion.usage:
            report.usage = _sum(report.usage, completion.usage)
        said = read_answers(completion, [PROBE], self._prompt.notations)[PROBE.key]
        return said if isinstance(said, Failure) else None

    def _price(self) -> None:
        on, base_url = datetime.now(UTC).date(), self._credentials.base_url
        named = (self.report.answering_model, self.report.model)
        price = next((found for name in named if name and (found := find_price(name, on, base_url))), None)
        self.report.cost_usd = cost_usd(self.report.usage, price) if price else None


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.input_tokens + other.input_tokens,
        one.cached_input_tokens + other.cached_input_tokens,
        one.output_tokens + other.output_tokens,
        one.reasoning_tokens + other.reasoning_tokens,
    )
