"""What the environment decides about programs that use the server: limits, callbacks."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Serving:
    """Frozen with the settings.

    requests_per_minute: of one owner (or address, without tokens). callback_networks: private networks that callbacks
    may reach. webhook_secret: master secret of callback signatures; empty: one is made and kept in the home folder.
    """

    requests_per_minute: int = 12_000
    submissions_per_minute: int = 600
    callback_networks: tuple[Network, ...] = ()
    webhook_secret: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Serving:
        """Read ANAQUEL_REST_PER_MINUTE, _SUBMISSIONS_PER_MINUTE, _CALLBACK_NETWORKS, _WEBHOOK_SECRET; ValueError."""
        networks = env.get("ANAQUEL_CALLBACK_NETWORKS", "").replace(",", " ").split()
        return cls(
            requests_per_minute=_number(env, "ANAQUEL_REST_PER_MINUTE", 12_000),
            submissions_per_minute=_number(env, "ANAQUEL_SUBMISSIONS_PER_MINUTE", 600),
            callback_networks=tuple(ipaddress.ip_network(network, strict=False) for network in networks),
            webhook_secret=env.get("ANAQUEL_WEBHOOK_SECRET", "").strip(),
        )

    def __repr__(self) -> str:
        return f"Serving({self.requests_per_minute}/min, {len(self.callback_networks)} callback networks)"


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    told = env.get(name, "").strip()
    if not told:
        return default
    if not told.isdecimal() or int(told) == 0:
        raise ValueError(f"{name} must be a whole number above 0, not {told!r}.")
    return int(told)
