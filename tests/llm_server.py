"""A small OpenAI-compatible service for the tests: real HTTP, a ledger of what it charged, faults on demand.

with LLMServer(faults=by_rate({"429": 0.05, "prose": 0.03})) as server:
    ... Credentials("sk-test", server.base_url) ...
    assert job.input_tokens == server.ledger.input_tokens
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.llm_faults import BODIES, CONTENT, ERRORS, FINISH, Row, rows_text

Faults = Callable[["Asked"], str | None]
Respond = Callable[["Asked"], Sequence[Row]]


@dataclass(frozen=True)
class Asked:
    """One chat completion request, understood. n: how many came before; attempt: with the same products."""

    n: int
    attempt: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    products: Sequence[Mapping[str, str]]
    notations: Sequence[str]
    at_s: float

    @property
    def key(self) -> str:
        return "\n".join(product["text"] for product in self.products)


@dataclass
class Ledger:
    """What was charged: every completion that was computed, whether the client could use it or not."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


def shelf(text: str, notations: Sequence[str]) -> str:
    """The one right answer for a text, so that a test can tell sound from wrong."""
    return notations[zlib.crc32(text.encode()) % len(notations)]


def sound_rows(asked: Asked) -> list[Row]:
    return [
        {"product_id": p["product_id"], "notation": shelf(p["text"], asked.notations), "confidence": 0.9}
        for p in asked.products
    ]


def by_rate(rates: Mapping[str, float], *, n_attempts: int = 2, seed: int = 1) -> Faults:
    """Faults by chance, decided by content and attempt alone; only the first attempts at a content suffer."""

    def fault(asked: Asked) -> str | None:
        if asked.attempt >= n_attempts:
            return None
        chance = zlib.crc32(f"{seed}\n{asked.attempt}\n{asked.key}".encode()) / 2**32
        for name, rate in rates.items():
            if chance < rate:
                return name
            chance -= rate
        return None

    return fault


def first(*names: str | None) -> Faults:
    """Faults for the first calls, in order; afterwards none."""
    return lambda asked: names[asked.n] if asked.n < len(names) else None


def always(name: str) -> Faults:
    return lambda _: name


class LLMServer:
    """Serves on 127.0.0.1 from a thread of its own while the `with` block runs."""

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        faults: Faults = lambda _: None,
        respond: Respond = sound_rows,
        latency_s: float = 0.0,
        rpm: float = 0.0,
        bucket: int = 0,
        retry_after: str = "1",
        reasoning_tokens: int = 0,
        unknown_settings: Sequence[str] = (),
        models: Sequence[str] = ("gpt-4o-mini", "gpt-4.1-nano"),
        key: str | None = None,
    ) -> None:
        self.faults, self.respond, self.latency_s = faults, respond, latency_s
        self.rpm, self.bucket, self.retry_after = rpm, bucket, retry_after
        self.reasoning_tokens, self.unknown_settings = reasoning_tokens, tuple(unknown_settings)
        self.models, self.key = models, key
        self.asked: list[Asked] = []
        self.ledger = Ledger()
        self.n_in_flight = self.max_in_flight = 0
        self.base_url = ""
        self._attempts: Counter[str] = Counter()
        self._level, self._filled_at_s = float(bucket), time.monotonic()
        self._prefix = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 * 1024**2)
        self.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, self.host, 0, backlog=2048)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.base_url = f"http://{self.host}:{port}/v1"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list_models)

    async def _list_models(self, request: web.Request) -> web.Response:
        if self._is_stranger(request):
            return self._error("auth", request, {})
        return web.json_response({"object": "list", "data": [{"id": m, "object": "model"} for m in self.models]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.n_in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.n_in_flight)
        try:
            response = await self._answer(request, self._understand(await request.json(), request))
        finally:
            self.n_in_flight -= 1
        self.ledger.statuses[response.status] += 1
        return response

    def _understand(self, body: dict[str, Any], request: web.Request) -> Asked:
        user = json.loads(body["messages"][-1]["content"])
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        enum: list[str] = []
        if schema:
            enum = schema["properties"]["answers"]["items"]["properties"]["notation"].get("enum", [])
        notations = [n for n in enum if n not in ("not_a_product", "unsure")] or _listed(body["messages"][0]["content"])
        key = "\n".join(p["text"] for p in user["products"])
        asked = Asked(len(self.asked), self._attempts[key], body, dict(request.headers), user["products"], notations,
                      time.monotonic())  # fmt: skip
        self._attempts[key] += 1
        self.asked.append(asked)
        return asked

    async def _answer(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        if self._is_stranger(request):
            return self._error("auth", request, {})
        if (unknown := self._unknown(asked)) is not None:
            return web.json_response({"error": unknown}, status=400)
        headers = self._count_request(asked)
        if "retry-after" in headers:
            return self._error("429", request, headers)
        fault = self.faults(asked)
        if fault:
            self.ledger.faults[fault] += 1
        if fault in ERRORS:
            return self._error(fault, request, headers | ({"retry-after": self.retry_after} if fault == "429" else {}))
        if fault == "reset":
            assert request.transport
            request.transport.abort()
            return web.Response()
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if fault == "hang":
            await asyncio.sleep(30)
        if fault == "drip":
            return await self._drip(request, json.dumps(self._completion(asked, None)).encode())
        data = BODIES[fault] if fault in BODIES else json.dumps(self._completion(asked, fault)).encode()
        return web.Response(body=data, content_type="application/json", headers=headers)

    def _unknown(self, asked: Asked) -> dict[str, object] | None:
        for name in self.unknown_settings:
            if name in asked.body or name == asked.body.get("response_format", {}).get("type"):
                where = "response_format" if name.startswith("json_") else name
                return {"message": f"Unsupported parameter: '{where}' ({name}).", "param": where, "code": None}
        return None

    def _is_stranger(self, request: web.Request) -> bool:
        return self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}"

    def _error(self, name: str, request: web.Request, headers: Mapping[str, str]) -> web.Response:
        status, error = ERRORS[name]
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        error = error | {"message": str(error["message"]).replace("{key}", key)}
        return web.json_response({"error": error}, status=status, headers=dict(headers))

    def _completion(self, asked: Asked, fault: str | None) -> dict[str, object]:
        rows = list(self.respond(asked))
        content: object = CONTENT[fault](rows) if fault in CONTENT else rows_text(rows)
        if fault == "length":
            content = CONTENT["truncated"](rows)
        message = {"role": "assistant", "content": content, "refusal": None}
        if fault == "refusal":
            message |= {"content": None, "refusal": "I can't help with that."}
        return {
            "id": f"chatcmpl-{asked.n}",
            "object": "chat.completion",
            "model": asked.body["model"] + "-2024-07-18",
            "choices": [{"index": 0, "message": message, "finish_reason": FINISH.get(fault or "", "stop")}],
            "usage": self._charge(asked, str(content)),
            "service_tier": "default",
        }

    def _charge(self, asked: Asked, content: str) -> dict[str, object]:
        """Count tokens as characters / 4, the prefix as cached in OpenAI's steps of 128 from 1,024 tokens."""
        text = json.dumps(asked.body.get("response_format", "")) + "".join(m["content"] for m in asked.body["messages"])
        n_input = len(text) // 4
        common = next((i for i, (a, b) in enumerate(zip(text, self._prefix, strict=False)) if a != b), len(text))
        n_cached = min(common, len(self._prefix)) // 4 // 128 * 128
        n_cached = n_cached if n_cached >= 1024 else 0
        self._prefix = text
        n_output = len(content) // 4 + self.reasoning_tokens
        self.ledger.input_tokens += n_input
        self.ledger.cached_tokens += n_cached
        self.ledger.output_tokens += n_output
        self.ledger.reasoning_tokens += self.reasoning_tokens
        return {
            "prompt_tokens": n_input,
            "completion_tokens": n_output,
            "total_tokens": n_input + n_output,
            "prompt_tokens_details": {"cached_tokens": n_cached},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        }

    def _count_request(self, asked: Asked) -> dict[str, str]:
        """Take one from the bucket; gives the x-ratelimit headers, with retry-after when it was empty."""
        headers = {"x-request-id": f"req_{asked.n}"}
        if not self.rpm:
            return headers
        rate = self.rpm / 60
        self._level = min(self.bucket, self._level + (asked.at_s - self._filled_at_s) * rate)
        self._filled_at_s = asked.at_s
        if self._level < 1:
            wait_s = (1 - self._level) / rate
            headers |= {"retry-after-ms": str(int(wait_s * 1000) + 1), "retry-after": str(int(wait_s) + 1)}
        else:
            self._level -= 1
        reset_s = (self.bucket - self._level) / rate
        return headers | {
            "x-ratelimit-limit-requests": str(int(self.rpm)),
            "x-ratelimit-remaining-requests": str(int(self._level)),
            "x-ratelimit-reset-requests": f"{reset_s:.3f}s",
        }

    async def _drip(self, request: web.Request, data: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": str(len(data))})
        await response.prepare(request)
        for byte in data:
            await response.write(bytes([byte]))
            await asyncio.sleep(0.05)
        return response


def _listed(system: str) -> list[str]:
    """The notations of the list in the prompt, for requests without a schema."""
    lines = system.partition("JSON only:")[2].splitlines()[1:]
    return [line.split()[0] for line in lines if line.strip() and not line.strip().startswith("#")]
