"""The use cases of roles: give, take away, list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from classifier.bootstrap import Services
from classifier.errors import ClassifierError
from classifier.people import Person, Role, cleaned, role_named

ENVIRONMENT = "ANAQUEL_ADMINS"


class OwnRole(ClassifierError):
    """Nobody changes their own role on a page: so at least one administrator is left."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Who has which role. granted_at None: the environment says so, and only it can take it away."""

    who: str
    role: str
    granted_by: str
    granted_at: datetime | None = None


def known(services: Services) -> list[Granted]:
    """Return all roles: the environment's administrators, then people, then domains."""
    fixed = [Granted(who, Role.ADMIN, ENVIRONMENT) for who in sorted(services.settings.sign_in.admins)]
    kept = [Granted(row.who, row.role, row.granted_by, row.granted_at) for row in services.store.roles()]
    return fixed + [row for row in kept if row.who not in services.settings.sign_in.admins]


def chosen_role(name: str) -> Role:
    """Return the role of this name; raises ClassifierError."""
    role = role_named(name)
    if role is None:
        raise ClassifierError(f"There is no role {name!r}: choose viewer, analyst or admin.")
    return role


def grant(services: Services, who: str, role: str, actor: str, person: Person | None = None) -> str:
    """Give a role and return the address as it is kept; person: who does it on a page. Raises ClassifierError."""
    name, told = cleaned(who), chosen_role(role)
    _not_own(name, person)
    services.store.grant_role(name, told, actor)
    return name


def revoke(services: Services, who: str, actor: str, person: Person | None = None) -> bool:
    """Take a role away, and end the owner's tokens; False when there was nothing to take. Raises ClassifierError."""
    name = cleaned(who)
    _not_own(name, person)
    return services.store.revoke_role(name, actor)


def _not_own(name: str, person: Person | None) -> None:
    if person is not None and name == person.owner:
        raise OwnRole("Nobody changes their own role: ask another administrator.")
