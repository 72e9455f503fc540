"""Bodies that are too large, too deep or hostile, and callers who are too fast."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from tests.served import Served

JSON = {"content-type": "application/json"}


def pieces(n_products: int) -> Iterator[bytes]:
    yield b'{"products":['
    for i in range(0, n_products, 1_000):
        texts = (json.dumps({"text": f"yogur natural {i + j}"}).encode() for j in range(1_000))
        yield (b"" if i == 0 else b",") + b",".join(texts)
    yield b"]}"


def test_a_body_over_the_limit_is_413_with_a_sentence_however_it_is_sent(strict_server: Served) -> None:
    whole = b"".join(pieces(50_000))
    for body in (whole, iter([whole[:500_000], whole[500_000:]])):
        answer = strict_server.post("/classify/async", data=body, headers=JSON)
        assert answer.status_code == 413
        assert "1,048,576 bytes" in answer.json()["detail"]
    assert strict_server.get("/healthz").status_code == 200
    assert not list((strict_server.home / "uploads").glob("rest-*"))


def test_a_million_products_are_accepted_in_bounded_memory(server: Served) -> None:
    before = _peak_kb(server)
    answer = requests.post(server.base + "/classify/async", data=pieces(1_000_000), headers=JSON, timeout=280)
    assert answer.status_code == 200
    assert answer.json()["total_products"] == 1_000_000
    assert _peak_kb(server) - before < 500_000
    server.post(f"/classify/cancel/{answer.json()['job_id']}")
    assert server.get("/healthz").status_code == 200


def _peak_kb(server: Served) -> int:
    with open(f"/proc/{server.process.pid}/status") as told:  # noqa: PTH123
        return next(int(line.split()[1]) for line in told if line.startswith("VmHWM"))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"products":' + b"[" * 200_000,
        b'{"products":[{"text":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}]}",
        b'{"products":[{"text":"\\ud800"}]}',
        b'{"products":[{"text":"a\\u0000b"}]}',
        b'{"products":[{"text":"\xff\xfe"}]}',
        b'{"products":[{"text":"a","text":"b"}]}',
        b'{"products":[{"text":"a"}],"products":[{"text":"b"}]}',
        b'{"products":[{"text":"a"}],"priority":1e400}',
        b'{"products":[{"text":"a"}],"budget_usd":' + b"9" * 5_000 + b"}",
        b'{"products":[{"text":"a"}],"callback_url":"' + b"h" * 5_000 + b'"}',
        b'{"products":[{"text":"a"}]}{"products":[{"text":"a"}]}',
        b'{"products":[{"text":"a"},]}',
        b"\x1f\x8b\x08\x00",
    ],
)
def test_hostile_bodies_are_422_and_leave_nothing_behind(server: Served, body: bytes) -> None:
    answer = server.post("/classify/async", data=body, headers=JSON)
    assert answer.status_code == 422
    assert "Traceback" not in answer.text
    assert len(answer.text) < 20_000
    assert not list((server.home / "uploads").glob("rest-*"))


def test_small_routes_take_small_bodies_only(server: Served) -> None:
    answer = server.post("/classify/resume/nope", data=b"x" * 200_000, headers=JSON)
    assert answer.status_code in (404, 413)
    job_id = server.submit([{"text": "pan"}])
    assert server.post(f"/classify/resume/{job_id}", data=b" " * 200_000, headers=JSON).status_code == 413


def test_callers_who_are_too_fast_are_told_when_to_come_back(strict_server: Served) -> None:
    answers = [strict_server.post("/classify/async", json={"products": [{"text": "pan"}]}) for _ in range(30)]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert slowed
    assert int(slowed[0].headers["retry-after"]) >= 1
    assert "segundos" in slowed[0].json()["detail"]
