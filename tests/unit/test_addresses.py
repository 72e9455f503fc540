"""Which addresses a callback may reach, and when it is tried again."""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta

import pytest

from classifier.addresses import ForbiddenTarget, Guard, check_url, is_allowed
from classifier.callbacks import DELAYS_S, Sent, what_next

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::8.8.8.8"])
def test_public_addresses_may_be_reached(address: str) -> None:
    assert is_allowed(address, ())


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.0.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe",
     "192.0.2.1", "2001:db8::1", "198.18.0.1", "", "nonsense", "2130706433"],
)  # fmt: skip
def test_all_others_are_refused(address: str) -> None:
    assert not is_allowed(address, ())


def test_a_setting_opens_one_private_network_and_no_other() -> None:
    networks = (ipaddress.ip_network("10.1.0.0/16"),)
    assert is_allowed("10.1.2.3", networks)
    assert is_allowed("::ffff:10.1.2.3", networks)
    assert not is_allowed("10.2.0.1", networks)
    assert not is_allowed("::1", networks)


def test_the_guard_checks_the_address_that_a_name_became() -> None:
    guard = Guard(())
    found = (socket.AF_INET, socket.SOCK_STREAM, 6, "looks.public.example", ("127.0.0.1", 80))
    with pytest.raises(ForbiddenTarget):
        guard.open_socket(found)
    assert guard.refused == "127.0.0.1"


@pytest.mark.parametrize("url", ["", "x", "//host", "ftp://h/", "http://", "http://u@h/", "http://u:p@h/", "http://[::1",
                                 "javascript:alert(1)", "http://h:99999/"])  # fmt: skip
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenTarget):
        check_url(url)


def test_retries_go_on_for_about_a_day_and_then_end() -> None:
    failed = Sent(500, 0.1, "HTTP 500")
    waits = []
    for n in range(1, len(DELAYS_S) + 1):
        status, next_at = what_next(n, failed, NOW)
        assert status == "waiting"
        assert next_at is not None
        waits.append(next_at - NOW)
    assert list(DELAYS_S) == sorted(DELAYS_S)
    assert timedelta(hours=23) < sum(waits, timedelta()) < timedelta(hours=27)
    assert what_next(len(DELAYS_S) + 1, failed, NOW) == ("given up", None)


def test_a_receiver_may_ask_for_a_longer_wait() -> None:
    _, next_at = what_next(1, Sent(503, 0.1, "HTTP 503", retry_after_s=600), NOW)
    assert next_at is not None
    assert next_at >= NOW + timedelta(seconds=600)


def test_success_gone_and_refused_are_final() -> None:
    assert what_next(1, Sent(204, 0.1, None), NOW) == ("delivered", None)
    assert what_next(1, Sent(410, 0.1, "HTTP 410"), NOW) == ("given up", None)
    assert what_next(1, Sent(None, 0.1, "no", is_refused=True), NOW) == ("refused", None)
