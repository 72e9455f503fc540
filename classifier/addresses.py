"""Which addresses a callback may reach: every connection is checked after its name was resolved."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from classifier.errors import ClassifierError
from classifier.serving import Network

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenTarget(ClassifierError, OSError):
    """A callback must not go there."""


def check_url(url: str) -> None:
    """Raise ForbiddenTarget unless it is an http(s) URL with a host and without credentials."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ForbiddenTarget("The callback URL cannot be read.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ForbiddenTarget("A callback URL starts with https:// or http:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenTarget("A callback URL holds no user name or password.")


def is_allowed(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an IP address is public, or in one of the networks that the settings allow."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded(ip)
    if any(one in network for one in (ip, inner) for network in networks if one.version == network.version):
        return True
    return all(one.is_global and not one.is_multicast for one in (ip, inner))


def _embedded(ip: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, Teredo, NAT64), else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in NAT64 else ip


class Guard:
    """Opens the sockets of one delivery; remembers whether an address was refused."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self.refused: str | None = None

    def open_socket(self, found: tuple[Any, ...]) -> socket.socket:
        """Make the socket for a resolved address (getaddrinfo's tuple); raises ForbiddenTarget."""
        family, kind, protocol, _, address = found
        host = str(address[0])
        if family not in (socket.AF_INET, socket.AF_INET6) or not is_allowed(host, self._networks):
            self.refused = host
            raise ForbiddenTarget(f"{host} is no public address; see ANAQUEL_CALLBACK_NETWORKS.")
        return socket.socket(family, kind, protocol)
