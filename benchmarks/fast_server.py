"""A fast OpenAI-compatible server to measure against: fixed latency, seeded faults, a bucket of requests, a ledger.

    python -m benchmarks.fast_server --latency 0.5 --fault 429=0.05,prose=0.03 --rpm 6000 --bucket 100

Prints its port as JSON. GET /__stats tells the ledger. One answer costs about 0.06 ms, so that it is the clients
that are measured; tests/llm_server.py is the faithful one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
import zlib
from collections import Counter
from typing import Any

import orjson

PRODUCT = re.compile(r'"product_id": ?"([^"]+)", ?"text": ?"((?:[^"\\]|\\.)*)"')
FAULTS = "429 500 503 reset drip html empty cut nojson prose truncated off_list"
DRIP_S = 0.25  # between two bytes
NOTATIONS = [f"{i // 20 + 1:02d}" if i % 20 == 0 else f"{i // 20 + 1:02d}{i % 20:02d}" for i in range(282)]


def notation_of(text: str, n_concepts: int = len(NOTATIONS)) -> str:
    """The one right answer for a text in a taxonomy of the first so many."""
    return NOTATIONS[zlib.crc32(text.encode()) % n_concepts]


class Ledger:
    """What was asked and charged."""

    def __init__(self) -> None:
        self.n: Counter[str] = Counter()
        self.attempts: Counter[int] = Counter()
        self.first_s = self.last_s = 0.0
        self.in_flight = self.max_in_flight = 0

    def to_record(self) -> dict[str, Any]:
        """Plain values for /__stats; active_s is first request in to last answer out."""
        return dict(self.n) | {"active_s": self.last_s - self.first_s, "max_in_flight": self.max_in_flight}


class Service:
    """The settings, the bucket and the ledger that all connections share."""

    def __init__(self, settings: argparse.Namespace) -> None:
        self.latency_s, self.retry_after = settings.latency, settings.retry_after
        self.n_suffer, self.n_concepts = settings.attempts, settings.concepts
        self.faults = [(name, float(p)) for name, p in (part.split("=") for part in settings.fault.split(",") if part)]
        self.rate, self.bucket = settings.rpm / 60, float(settings.bucket)
        self.level, self.filled_at_s = self.bucket, time.monotonic()
        self.ledger = Ledger()
        self.prefix = ""

    def limits(self) -> tuple[bytes, bool]:
        """Take one from the bucket; gives the headers and whether it was there."""
        if not self.rate:
            return b"", True
        now_s = time.monotonic()
        self.level = min(self.bucket, self.level + (now_s - self.filled_at_s) * self.rate)
        self.filled_at_s = now_s
        served = self.level >= 1
        self.level -= served
        headers = b"x-ratelimit-limit-requests: %d\r\nx-ratelimit-remaining-requests: %d\r\n" % (
            self.rate * 60, self.level)  # fmt: skip
        headers += b"x-ratelimit-reset-requests: %dms\r\n" % ((self.bucket - self.level) / self.rate * 1000 + 1)
        if not served:
            headers += b"retry-after-ms: %d\r\n" % ((1 - self.level) / self.rate * 1000 + 1)
        return headers, served

    def fault(self, key: int) -> str | None:
        """Decide by content and attempt; only the first attempts at a content suffer."""
        attempt = self.ledger.attempts[key]
        self.ledger.attempts[key] += 1
        if attempt >= self.n_suffer:
            return None
        chance = zlib.crc32(b"%d %d" % (key, attempt)) / 2**32
        for name, rate in self.faults:
            if chance < rate:
                return name
            chance -= rate
        return None


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self, service: Service) -> None:
        self.service, self.buffer = service, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.service.ledger.n["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end]).lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) >= end + 4 + size:
            body = bytes(self.buffer[end + 4 : end + 4 + size])
            self.buffer.clear()
            self.handle(head, body)

    def handle(self, head: bytes, body: bytes) -> None:
        if b"/__stats" in head[:40]:
            return self.send(200, orjson.dumps(self.service.ledger.to_record()))
        return self.complete(body)

    def complete(self, body: bytes) -> None:
        service, ledger = self.service, self.service.ledger
        ledger.first_s = ledger.first_s or time.monotonic()
        ledger.n["calls"] += 1
        ledger.in_flight += 1
        ledger.max_in_flight = max(ledger.max_in_flight, ledger.in_flight)
        headers, served = service.limits()
        asked = orjson.loads(body)
        products = PRODUCT.findall(asked["messages"][-1]["content"])
        ledger.n["products"] += len(products)
        fault = service.fault(zlib.crc32("\n".join(text for _, text in products).encode())) if served else "429"
        if fault is not None:
            ledger.n[f"fault_{fault}"] += 1
        if fault in ("429", "500", "503"):
            if served and fault == "429":
                headers += b"retry-after: %s\r\n" % service.retry_after.encode()
            error = {"error": {"message": "no", "type": "requests", "code": "rate_limit_exceeded"}}
            return self.end(int(fault), orjson.dumps(error), headers)
        if fault == "reset":
            ledger.in_flight -= 1
            return self.transport.abort()
        answer = self.answer(asked, products, fault, len(body))
        if fault == "drip":
            return self.drip(answer)
        if service.latency_s:
            asyncio.get_running_loop().call_later(service.latency_s, self.end, 200, answer, headers)
            return None
        return self.end(200, answer, headers)

    def drip(self, body: bytes) -> None:
        """Send a byte now and then, as long as the client listens: no wait for the next byte is ever long."""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        self.dripping(body, 0)

    def dripping(self, body: bytes, at: int) -> None:
        if self.transport.is_closing() or at >= len(body):
            self.service.ledger.in_flight -= 1
            return
        self.transport.write(body[at : at + 1])
        asyncio.get_running_loop().call_later(DRIP_S, self.dripping, body, at + 1)

    def answer(self, asked: dict[str, Any], products: list[tuple[str, str]], fault: str | None, n_bytes: int) -> bytes:
        n = self.service.n_concepts
        rows = [{"product_id": key, "notation": notation_of(text, n), "confidence": 0.93} for key, text in products]
        if fault == "off_list":
            rows = [row | {"notation": "ZZ-1"} for row in rows]
        text = orjson.dumps({"answers": rows}).decode()
        if fault == "nojson":
            text = "Lo siento, no he podido decidir una categoría."
        elif fault == "prose":
            text = f"Sure!\n```json\n{text}\n```"
        elif fault == "truncated":
            text = text[: len(text) * 2 // 3]
        n_input, n_output = n_bytes * 10 // 42, max(1, len(text) // 4)
        self.service.ledger.n["input_tokens"] += n_input
        self.service.ledger.n["output_tokens"] += n_output
        n_cached = self.cached(asked)
        usage = {
            "prompt_tokens": n_input, "completion_tokens": n_output, "total_tokens": n_input + n_output,
            "prompt_tokens_details": {"cached_tokens": n_cached},
        }  # fmt: skip
        message = {"role": "assistant", "content": text, "refusal": None}
        if fault in ("html", "empty"):
            return b"<html><body>Bad gateway</body></html>" if fault == "html" else b""
        body = orjson.dumps({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"], "usage": usage,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        })  # fmt: skip
        return body[: len(body) // 2] if fault == "cut" else body

    def cached(self, asked: dict[str, Any]) -> int:
        """Tokens of a prefix that the last request had too, in OpenAI's steps of 128 from 1,024."""
        prefix, service = asked["messages"][0]["content"], self.service
        n = len(prefix) * 10 // 42 // 128 * 128 if prefix == service.prefix else 0
        service.prefix = prefix
        service.ledger.n["cached_tokens"] += n if n >= 1024 else 0
        return n if n >= 1024 else 0

    def end(self, status: int, body: bytes, headers: bytes = b"") -> None:
        self.service.ledger.in_flight -= 1
        self.service.ledger.last_s = time.monotonic()
        self.send(status, body, headers)

    def send(self, status: int, body: bytes, headers: bytes = b"") -> None:
        if not self.transport.is_closing():
            head = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % (status, len(body))
            self.transport.write(head + headers + b"\r\n" + body)


async def serve(settings: argparse.Namespace) -> None:
    """Serve until killed."""
    service = Service(settings)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(service), "127.0.0.1", settings.port, backlog=4096
    )
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--fault", default="", help=f"NAME=P,... of {FAULTS}")
    parser.add_argument("--attempts", type=int, default=2, help="so many first attempts at a content may suffer")
    parser.add_argument("--concepts", type=int, default=len(NOTATIONS), help="of the taxonomy that is asked with")
    parser.add_argument("--retry-after", default="1")
    parser.add_argument("--rpm", type=float, default=0.0)
    parser.add_argument("--bucket", type=int, default=100)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
