"""callback_url is called when a job ends: signed, retried, logged, and never inside our own network."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.api.receiver import receiving
from tests.served import Served

PAN = [{"text": "pan"}]


def log_of(server: Served, job_id: str, n: int = 1) -> list[dict[str, Any]]:
    """Return the delivery log once it has n tries, or is settled."""
    for _ in range(200):
        log: list[dict[str, Any]] = server.get(f"/classify/status/{job_id}").json()["callback"]
        is_settled = any(line["status"] in ("refused", "given up") for line in log)
        if is_settled or len([line for line in log if line["at"]]) >= n:
            return log
        time.sleep(0.1)
    raise AssertionError(log)


def test_the_end_of_a_job_is_told_signed_and_logged(calling_server: Served) -> None:
    with receiving("127.0.0.2") as receiver:
        job_id = calling_server.submit(PAN, callback_url=receiver.url)
        log = log_of(calling_server, job_id)
    assert [(line["status"], line["http_status"]) for line in log] == [("delivered", 204)]
    headers, body = receiver.calls[0]
    secret = calling_server.cli("token", "secret").stdout.decode().strip()
    told = Webhook(secret).verify(body, headers)
    assert told["type"] == "job.completed"
    assert told["data"]["job_id"] == job_id
    assert told["data"]["result_url"] == f"/classify/result/{job_id}"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"completed", b"cancelled"), headers)


def test_a_failed_delivery_is_tried_again_with_the_same_id(calling_server: Served) -> None:
    with receiving("127.0.0.2", [(500, {}), (200, {})]) as receiver:
        job_id = calling_server.submit(PAN, callback_url=receiver.url)
        log = log_of(calling_server, job_id, 2)
    assert [line["http_status"] for line in log] == [500, 200]
    assert {line["status"] for line in log} == {"delivered"}
    assert len({headers["webhook-id"] for headers, _ in receiver.calls}) == 1
    assert json.loads(receiver.calls[0][1]) == json.loads(receiver.calls[1][1])


def test_a_receiver_that_is_gone_is_not_asked_again(calling_server: Served) -> None:
    with receiving("127.0.0.2", [(410, {})]) as receiver:
        job_id = calling_server.submit(PAN, callback_url=receiver.url)
        assert log_of(calling_server, job_id)[0]["status"] == "given up"
    assert len(receiver.calls) == 1


def test_a_redirect_to_loopback_is_not_followed(calling_server: Served) -> None:
    with receiving("127.0.0.1") as inside:
        for status in (301, 302, 307, 308):
            with receiving("127.0.0.2", [(status, {"location": inside.url})]) as receiver:
                job_id = calling_server.submit(PAN, callback_url=receiver.url)
                log = log_of(calling_server, job_id)
                assert (log[0]["status"], log[0]["http_status"]) == ("waiting", status)
    assert inside.calls == []


def test_an_address_that_can_never_be_called_is_refused_at_once_in_a_sentence(calling_server: Served) -> None:
    log = log_of(calling_server, calling_server.submit(PAN, callback_url="http://2130706433/hook"))
    assert [(line["status"], line["error"], line["next_at"]) for line in log] == [
        ("refused", "The callback URL names no address that can be called.", None)]  # fmt: skip


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
     "[::ffff:7f00:1]", "0.0.0.0", "[::]", "[64:ff9b::7f00:1]", "localhost.", "127.0.0.1.", "①②⑦.0.0.1"],
)  # fmt: skip
def test_loopback_is_refused_however_it_is_written(calling_server: Served, host: str) -> None:
    with receiving("127.0.0.1") as inside:
        port = inside.url.rsplit(":", 1)[1]
        job_id = calling_server.submit(PAN, callback_url=f"http://{host}:{port}")
        log = log_of(calling_server, job_id)
    assert log[0]["status"] in ("refused", "waiting"), log  # waiting: the name cannot be resolved at all
    assert log[0]["http_status"] is None
    assert inside.calls == []


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/x", "file:///etc/passwd", "http://user:pass@example.com/", "nonsense", "http://",
     "http://169.254.169.254/latest", "http://10.0.0.1/", "http://[fe80::1]/"],
)  # fmt: skip
def test_what_is_no_public_http_address_is_refused_and_the_log_says_why(calling_server: Served, url: str) -> None:
    log = log_of(calling_server, calling_server.submit(PAN, callback_url=url))
    assert log[0]["status"] == "refused"
    assert log[0]["error"]
