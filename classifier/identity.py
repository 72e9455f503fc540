"""From what the sign-in says of a person to a name and a role. Pure but for the roles, which are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.errors import ClassifierError
from classifier.people import Person, Role, cleaned, domain_of, role_named

SIGN_IN_HOURS = 12  # then the provider is asked again whether the person is still there
CLOCK_SKEW_S = 300
OIDC_SETTINGS: Mapping[str, str] = {  # of [auth] in secrets.toml, and what the environment calls them
    "redirect_uri": "ANAQUEL_OIDC_REDIRECT_URI", "cookie_secret": "ANAQUEL_OIDC_COOKIE_SECRET",
    "client_id": "ANAQUEL_OIDC_CLIENT_ID", "client_secret": "ANAQUEL_OIDC_CLIENT_SECRET",
    "server_metadata_url": "ANAQUEL_OIDC_SERVER_METADATA_URL",
}  # fmt: skip


class NotSignedIn(ClassifierError):
    """Nobody is signed in, or the sign-in is too old."""


class NoAddress(ClassifierError):
    """The sign-in gives no e-mail address that can be relied on."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the environment decides about people. is_on: nothing is shown or done before somebody has signed in.

    admins: addresses that are administrators whatever the table of roles says. trusts_email: an address counts though
    the provider does not say that it verified it (a directory that the installation trusts).
    """

    is_on: bool = False
    admins: frozenset[str] = frozenset()
    trusts_email: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> SignIn:
        """Read ANAQUEL_SIGN_IN, ANAQUEL_ADMINS, ANAQUEL_TRUST_EMAIL; raises ValueError."""
        names = env.get("ANAQUEL_ADMINS", "").replace(",", " ").split()
        try:
            admins = frozenset(map(cleaned, names))
        except ClassifierError as error:
            raise ValueError(f"ANAQUEL_ADMINS: {error}") from error
        return cls(_flag(env, "ANAQUEL_SIGN_IN"), admins, _flag(env, "ANAQUEL_TRUST_EMAIL"))


def address_of(claims: Mapping[str, Any], now: datetime, *, trusts_email: bool = False) -> str:
    """Return the verified address of an OpenID Connect sign-in; raises NotSignedIn, NoAddress.

    claims: of the ID token, with `is_logged_in`; `iat` in seconds since 1970. now: aware.
    """
    issued_s, is_in = claims.get("iat"), claims.get("is_logged_in") is True
    age_s = now.timestamp() - issued_s if isinstance(issued_s, int | float) else float("inf")
    if not is_in or not -CLOCK_SKEW_S <= age_s <= SIGN_IN_HOURS * 3600:
        raise NotSignedIn("Nobody is signed in.")
    verified = claims.get("email_verified", trusts_email)
    if verified not in (True, "true"):
        raise NoAddress("Your sign-in service does not say that it verified your e-mail address.")
    email = claims.get("email")
    try:
        name = cleaned(email if isinstance(email, str) else "")
    except ClassifierError:
        name = "@"
    if name.startswith("@"):
        raise NoAddress("Your sign-in service gives no e-mail address.")
    return name


def person_of(email: str, settings: SignIn, role_of: Callable[[str], str | None]) -> Person:
    """Return who has this address; role None when nobody has given one."""
    is_admin = not settings.admins.isdisjoint({email, domain_of(email)})
    return Person(email, Role.ADMIN if is_admin else role_named(role_of(email)), email)


def _flag(env: Mapping[str, str], name: str) -> bool:
    told = env.get(name, "").strip()
    if told not in {"", "0", "1"}:
        raise ValueError(f"{name} must be 1 or 0, not {told!r}.")
    return told == "1"
