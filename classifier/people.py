"""Who may do what: one table of roles for pages, REST and command line. Pure: no disk, no network, no face."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from classifier.errors import ClassifierError

MAX_EMAIL_CHARS = 254  # RFC 5321
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+|[^@\s]{1,64}@localhost")


class NotPermitted(ClassifierError):
    """The person's role does not allow the act; the message is one sentence."""


class Role(StrEnum):
    """From the least to the most: whoever has one may all that the ones before it may."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"


class Act(StrEnum):
    """What can be asked for."""

    READ = "read"
    EXPORT = "export"
    START = "start"  # a job, a re-run, a bench: whatever costs computing time or money
    REVIEW = "review"
    EDIT = "edit"  # taxonomies, drafts, editions, prompts, prices that somebody enters
    STEER = "steer"  # pause, resume, cancel, delete one's own job
    STEER_ANY = "steer any"
    ADMINISTER = "administer"  # roles, tokens, retention, the address of the paid service


LEAST: Mapping[Act, Role] = {
    Act.READ: Role.VIEWER, Act.EXPORT: Role.VIEWER,
    Act.START: Role.ANALYST, Act.REVIEW: Role.ANALYST, Act.EDIT: Role.ANALYST, Act.STEER: Role.ANALYST,
    Act.STEER_ANY: Role.ADMIN, Act.ADMINISTER: Role.ADMIN,
}  # fmt: skip
SENTENCES: Mapping[Act, str] = {
    Act.READ: "You have no role here yet: ask an administrator for one.",
    Act.EXPORT: "You have no role here yet: ask an administrator for one.",
    Act.START: "Starting jobs needs the role analyst or admin.",
    Act.REVIEW: "Reviewing needs the role analyst or admin.",
    Act.EDIT: "Changing taxonomies, prompts, editions and prices needs the role analyst or admin.",
    Act.STEER: "Pausing, resuming, cancelling and deleting a job needs the role analyst or admin.",
    Act.STEER_ANY: "This job is not yours: only its owner and administrators can pause, resume, cancel or delete it.",
    Act.ADMINISTER: "This needs the role admin.",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. name: in histories and logs. owner: whose jobs are their own; None where nobody signs in."""

    name: str
    role: Role | None
    owner: str | None = None

    def may(self, act: Act) -> bool:
        """Tell whether the role allows an act."""
        return self.role is not None and RANK[self.role] >= RANK[LEAST[act]]

    def must(self, act: Act) -> None:
        """Raise NotPermitted when the role does not allow the act."""
        if not self.may(act):
            raise NotPermitted(SENTENCES[Act.READ if self.role is None else act])

    def steering(self, job_owner: str | None) -> Act:
        """Return which act it is to pause, resume, cancel or delete a job of this owner."""
        is_mine = self.owner is not None and self.owner == job_owner
        return Act.STEER if is_mine or not self.may(Act.STEER) else Act.STEER_ANY


RANK = {role: rank for rank, role in enumerate(Role)}


def role_named(name: str | None) -> Role | None:
    """Return the role; None for a name that is none, so that what cannot be read allows nothing."""
    return Role(name) if name in set(Role) else None


def lesser(one: Role | None, other: Role | None) -> Role | None:
    """Return the role that allows less."""
    return None if one is None or other is None else min(one, other, key=RANK.__getitem__)


def domain_of(email: str) -> str:
    """Return how everybody at an address's domain is told."""
    return "@" + email.rpartition("@")[2]


def cleaned(who: str) -> str:
    """Return an address, or "@" and a domain, as it is kept: lower case; raises ClassifierError."""
    name = who.strip().lower()
    address = f"a{name}" if name.startswith("@") else name
    if len(name) > MAX_EMAIL_CHARS or not name.isprintable() or not EMAIL.fullmatch(address):
        raise ClassifierError("Give an e-mail address (ana@example.com), or @example.com for everybody there.")
    return name
