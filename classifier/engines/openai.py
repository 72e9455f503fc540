"""The OpenAI engine: many products a request, a closed answer set, every fault a Failure, every call accounted for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from classifier import prompt
from classifier.engines.openai_candidates import MAX_WHOLE, Candidates, Shortlist, second_look
from classifier.engines.openai_deadline import Patience, deadlines_of
from classifier.engines.openai_faults import error_of, kind_of, sentence, status_of
from classifier.engines.openai_reply import Completion, read_answers, read_completion
from classifier.engines.openai_request import Capability, RequestTemplate, capability_of, remember_capability
from classifier.engines.openai_transport import Answer, ConnectionFault, Transport, quota, retry_after_s
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.fewshots import FewShots
from classifier.isolation import goes_alone
from classifier.limiter import Limiter
from classifier.outcomes import Ask, Call, Failure, FailureKind, Limits, Prediction, Reply
from classifier.prompt_parts import DEFAULT, PromptParts
from classifier.taxonomy import Taxonomy

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_RAW_CHARS = 4_000
TEXT_TO_BLAME = {400, 413, 422}  # the other statuses have nothing to do with what was asked
SET_ASIDE = Failure(FailureKind.SET_ASIDE, "Asked by itself: its text reads like an instruction.")
GROW_AFTER = 8  # sound calls after which a batch that was halved grows again

Answers = Mapping[str, Prediction | Failure]


@dataclass(frozen=True, slots=True)
class _Sent:
    """One request under way: what was asked, how, when, and the limiter's counts then."""

    asks: Sequence[Ask]
    template: RequestTemplate
    at: datetime
    limits: Limits
    notations: frozenset[str]

    def fail(self, kind: FailureKind, message: str, *, blameless: bool = False) -> Answers:
        failure = Failure(kind, message, alone=blameless or len(self.asks) == 1)
        return {ask.key: failure for ask in self.asks}


class OpenAIEngine:
    """Engine for OpenAI's chat completions and whatever speaks like it. One call a `classify`, no retries inside."""

    name = "openai"

    def __init__(self, taxonomy: Taxonomy, options: OpenAIOptions, credentials: Credentials, limiter: Limiter,
                 shortlist: Shortlist | None = None, parts: PromptParts = DEFAULT,
                 shots: FewShots | None = None) -> None:  # fmt: skip
        """shortlist: finds candidates, for a taxonomy of more than MAX_WHOLE concepts; others are listed whole.

        shots: reviewed examples, of which each request brings the nearest.
        """
        self.model: str | None = options.model
        self._shots = shots
        self.prompt = self._told(prompt.build(taxonomy, options.language, parts))
        self._candidates: Candidates | None = None
        if shortlist is not None and len(taxonomy.assignable) > MAX_WHOLE:
            self._candidates = Candidates(taxonomy, options.language, shortlist, parts)
        self._options = options
        self._credentials = credentials
        self._limiter = limiter
        self._transport = Transport(credentials, options.deadline_s, options.model)
        self._deadlines = deadlines_of(credentials.base_url, options.model, options.reasoning_effort or "")
        self._batch_size = options.batch_size
        self._n_sound = 0
        self._template = self._templated(self.prompt, self.capability)
        self._short = RequestTemplate(prompt.Prompt(parts.head(), frozenset(), {}), options, self.capability)

    @property
    def batch_size(self) -> int:
        """Products the next call should carry: halved when an answer is cut off, grown back by sound ones."""
        return self._batch_size

    @property
    def limiter(self) -> Limiter:
        """The permits shared by all jobs that use this key."""
        return self._limiter

    @property
    def client(self) -> AsyncOpenAI:
        """The openai client, for what is not a completion."""
        return self._transport.client

    def redact(self, text: str) -> str:
        """Take the key out of a text."""
        return self._credentials.redact(text)

    @property
    def capability(self) -> Capability:
        """What the service has shown to accept so far."""
        return capability_of(self._credentials.base_url, self._options.model)

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Estimate the tokens of a call with these asks, input and output."""
        if self._candidates is None:
            return self._template.weigh(asks)
        return self._short.weigh(asks) + self._candidates.weigh(asks)

    async def classify(self, asks: Sequence[Ask]) -> Reply:
        """Ask once. Every fault of the service becomes a Failure for each ask; only cancellation is raised.

        Texts that read like instructions are set aside, to be asked alone: no neighbour's answer depends on them.
        """
        aside = [a for a in asks if goes_alone(a.text, self.prompt.notations)] if len(asks) > 1 else []
        if not aside:
            return await self._ask(asks)
        if len(aside) == len(asks):
            aside = aside[1:]
        answers = {ask.key: SET_ASIDE for ask in aside}
        reply = await self._ask([ask for ask in asks if ask.key not in answers])
        return Reply({**reply.answers, **answers}, reply.call)

    def body(self, asks: Sequence[Ask]) -> bytes:
        """Write the request for these products without sending it."""
        return self._compose(asks)[1].body(asks)

    def reader(self) -> Callable[[Sequence[Ask], Answer, datetime], Reply]:
        """Return what reads answers to requests that `body` wrote, all with what is known of the service now."""
        template = self._template

        def read(asks: Sequence[Ask], answer: Answer, asked_at: datetime) -> Reply:
            sent = _Sent(asks, template, asked_at, Limits(0, 0, time.monotonic()), self.prompt.notations)
            return self._read(sent, answer) if answer.status == 200 else self._refused(sent, answer)

        return read

    def _compose(self, asks: Sequence[Ask]) -> tuple[prompt.Prompt, RequestTemplate]:
        if self._candidates is None:
            return self.prompt, self._template
        listed = self._told(self._candidates.prompt_for(asks))
        return listed, self._templated(listed, self.capability)

    def _told(self, built: prompt.Prompt) -> prompt.Prompt:
        return prompt.with_reviewed(built) if self._shots else built

    def _templated(self, shared: prompt.Prompt, capability: Capability) -> RequestTemplate:
        return RequestTemplate(shared, self._options, capability, self._shots)

    async def _ask(self, asks: Sequence[Ask]) -> Reply:
        listed, template = self._compose(asks)
        body = template.body(asks)
        limits = self._limiter.mark(template.weigh(asks))
        sent = _Sent(asks, template, datetime.now(UTC), limits, listed.notations)
        try:
            answer = await self._send(sent, body)
        except TimeoutError:
            return self._lost(sent, FailureKind.TIMEOUT, f"No answer within {_since(sent):.3g} s.")
        except ConnectionFault as fault:
            message = self._credentials.redact(f"The connection was lost ({fault}).")
            return self._lost(sent, FailureKind.CONNECTION, message)
        return self._read(sent, answer) if answer.status == 200 else self._refused(sent, answer)

    async def _send(self, sent: _Sent, body: bytes) -> Answer:
        """Send and wait as long as calls of this size deserve; raises TimeoutError or ConnectionFault."""
        n, longest_s = len(sent.asks), self._options.deadline_s
        deadline, known_s = self._deadlines.of(n), self._deadlines.known_s(n)
        patience = Patience(longest_s if known_s is None else min(longest_s, known_s))
        try:
            async with patience:
                if known_s is None:
                    deadline.wait(patience)
                answer = await self._transport.send(body)
        except TimeoutError:
            deadline.learn(math.inf)
            raise
        finally:
            deadline.forget(patience)
        if answer.status == 200:
            deadline.learn(_since(sent))
        return answer

    async def aclose(self) -> None:
        """Give connections back."""
        await self._transport.aclose()

    def _lost(self, sent: _Sent, kind: FailureKind, message: str) -> Reply:
        model = self._options.model
        call = Call(model, sent.at, _since(sent), kind, error=message, limits=sent.limits)
        return Reply(sent.fail(kind, message), call)

    def _read(self, sent: _Sent, answer: Answer) -> Reply:
        """Read a 200: a completion, an error in disguise, or no JSON at all."""
        completion = read_completion(answer.content)
        if completion is None:
            message = "The service answered with something that is not JSON."
            call = self._call(sent, answer, FailureKind.NOT_JSON, error=message)
            return Reply(sent.fail(FailureKind.NOT_JSON, message), call)
        if completion.is_blank and error_of(answer.content).get("message"):
            return self._refused(sent, answer)
        answers = read_answers(completion, sent.asks, sent.notations)
        if self._candidates is not None:
            answers = second_look(answers, sent.asks)
        failures = [a for a in answers.values() if isinstance(a, Failure)]
        if not self._thinks(completion):
            self._adapt(failures)
        if len(failures) == len(answers) and len({failure.kind for failure in failures}) == 1:
            call = self._call(sent, answer, failures[0].kind, completion, failures[0].message)
        else:
            call = self._call(sent, answer, "ok", completion)
        return Reply(answers, call)

    def _refused(self, sent: _Sent, answer: Answer) -> Reply:
        error = error_of(answer.content)
        kind = kind_of(status_of(answer.status, error), error)
        message = self._credentials.redact(sentence(kind, answer.status, error))
        call = self._call(sent, answer, kind, error=message)
        if kind is FailureKind.BAD_REQUEST:
            kind, message = self._reconsider(sent, error, message)
            if kind is FailureKind.SERVER_ERROR:
                call = replace(call, retry_after_s=0.0)
        return Reply(sent.fail(kind, message, blameless=answer.status not in TEXT_TO_BLAME), call)

    def _reconsider(self, sent: _Sent, error: Mapping[str, Any], message: str) -> tuple[FailureKind, str]:
        """Tell a setting the service does not know (learn, ask again) and a text it refuses from a hopeless request."""
        if sent.template.capability != self._template.capability:  # another call has learnt since this one left
            return FailureKind.SERVER_ERROR, message
        if known := sent.template.capability.without(error, sent.template.sent):
            remember_capability(self._credentials.base_url, self._options.model, known)
            self._template = self._templated(self.prompt, known)
            return FailureKind.SERVER_ERROR, message
        if self._n_sound:
            return FailureKind.REFUSED, message
        return FailureKind.BAD_REQUEST, message

    def _thinks(self, completion: Completion) -> bool:
        """Learn that the model reasons: its answers were cut by a bound that its thoughts had used up."""
        if not (completion.usage and completion.usage.reasoning_tokens and self.capability.output_cap):
            return False
        remember_capability(self._credentials.base_url, self._options.model, self.capability.reasoning())
        self._template = self._templated(self.prompt, self.capability)
        return True

    def _adapt(self, failures: Sequence[Failure]) -> None:
        if any(failure.kind is FailureKind.TRUNCATED for failure in failures):
            self._batch_size = max(1, self._batch_size // 2)
            self._n_sound = 1
            return
        self._n_sound += not failures
        if self._n_sound % GROW_AFTER == 0 and self._batch_size < self._options.batch_size:
            self._batch_size = min(self._options.batch_size, self._batch_size * 2)

    def _call(
        self, sent: _Sent, answer: Answer, kind: str, completion: Completion | None = None, error: str | None = None
    ) -> Call:
        headers = answer.headers
        raw = completion.text or completion.refusal if completion else ""
        raw = raw or answer.content[: 4 * MAX_RAW_CHARS].decode("utf-8", "replace")
        requests, tokens = quota(headers, "requests"), quota(headers, "tokens")
        return Call(
            model=completion.model if completion and completion.model else self._options.model,
            started_at=sent.at,
            latency_s=_since(sent),
            kind=kind,
            usage=completion.usage if completion else None,
            raw=self._credentials.redact(raw[:MAX_RAW_CHARS]),
            error=error,
            request_id=headers.get("x-request-id") or (completion.request_id if completion else None),
            http_status=answer.status,
            retry_after_s=retry_after_s(headers) if kind != "ok" else None,
            service_tier=completion.service_tier if completion else None,
            limits=replace(sent.limits, requests=requests, tokens=tokens) if requests or tokens else sent.limits,
        )


def _since(sent: _Sent) -> float:
    return time.monotonic() - sent.limits.sent_at_s
