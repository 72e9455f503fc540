"""One question to a chat model outside of classification: its text and its call, every fault told as a kind."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import orjson

from classifier.engines.openai_faults import error_of, kind_of, sentence, status_of
from classifier.engines.openai_reply import read_completion
from classifier.engines.openai_transport import Answer, ConnectionFault, Transport
from classifier.engines.options import Credentials
from classifier.outcomes import Call, FailureKind

MAX_RAW_CHARS = 4_000


async def ask(credentials: Credentials, model: str, system: str, user: str, deadline_s: float = 60.0) -> Call:
    """Ask once; the call's raw is the answer's text, its kind "ok" or a FailureKind with `error` as a sentence."""
    transport, at, started_s = Transport(credentials, deadline_s, model), datetime.now(UTC), time.monotonic()
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    body = orjson.dumps({"model": model, "messages": messages, "response_format": {"type": "json_object"}})
    try:
        async with asyncio.timeout(deadline_s):
            answer = await transport.send(body)
    except TimeoutError:
        return Call(model, at, deadline_s, FailureKind.TIMEOUT, error=f"No answer within {deadline_s:g} s.")
    except ConnectionFault as fault:
        message = credentials.redact(f"The connection was lost ({fault}).")
        return Call(model, at, time.monotonic() - started_s, FailureKind.CONNECTION, error=message)
    finally:
        await transport.aclose()
    return _read(answer, credentials, model, at, time.monotonic() - started_s)


def _read(answer: Answer, credentials: Credentials, model: str, at: datetime, latency_s: float) -> Call:
    completion = read_completion(answer.content) if answer.status == 200 else None
    if completion is None or completion.is_blank:
        error = error_of(answer.content)
        kind = kind_of(status_of(answer.status, error), error)
        message = credentials.redact(sentence(kind, answer.status, error))
        return Call(model, at, latency_s, kind, error=message, http_status=answer.status)
    return Call(completion.model or model, at, latency_s, "ok", usage=completion.usage,
                raw=credentials.redact(completion.text), http_status=200, request_id=completion.request_id,
                service_tier=completion.service_tier)  # fmt: skip
