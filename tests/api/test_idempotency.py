"""The same request sent twice is one job."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

from tests.served import Served

PAN = {"products": [{"text": "pan"}]}


def test_the_same_key_and_body_is_the_same_job(server: Served) -> None:
    key = {"Idempotency-Key": secrets.token_hex()}
    first, again = (server.post("/classify/async", json=PAN, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json()["job_id"] == again.json()["job_id"]
    assert first.json()["created_at"] == again.json()["created_at"]


def test_the_same_key_with_another_body_is_refused(server: Served) -> None:
    key = {"Idempotency-Key": secrets.token_hex()}
    server.post("/classify/async", json=PAN, headers=key)
    other = server.post("/classify/async", json={"products": [{"text": "leche"}]}, headers=key)
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]


def test_a_refused_request_does_not_use_its_key_up(server: Served) -> None:
    key = {"Idempotency-Key": secrets.token_hex()}
    wrong = {"products": [{"text": "pan"}], "taxonomy": "none such"}
    assert server.post("/classify/async", json=wrong, headers=key).status_code == 422
    assert server.post("/classify/async", json=PAN, headers=key).status_code == 200


def test_ten_copies_at_once_make_one_job(server: Served) -> None:
    key = {"Idempotency-Key": secrets.token_hex()}
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: server.post("/classify/async", json=PAN, headers=key), range(10)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["job_id"] for answer in answers if answer.status_code == 200}) == 1


def test_an_empty_key_is_none_and_a_long_one_is_refused(server: Served) -> None:
    empty = {"Idempotency-Key": ""}
    jobs = {server.post("/classify/async", json=PAN, headers=empty).json()["job_id"] for _ in range(2)}
    assert len(jobs) == 2
    assert server.post("/classify/async", json=PAN, headers={"Idempotency-Key": "k" * 300}).status_code == 409
