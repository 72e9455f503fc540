"""Who may use the jobs from outside: API tokens, owners, roles, and how many requests each may make."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass

from classifier.errors import ClassifierError
from classifier.identity import SignIn, person_of
from classifier.people import Person, Role, domain_of, lesser, role_named
from storage import Job, JobNotFound, Store
from storage.tokens import TokenBook

BOOK_S = 1.0  # a revoked token is refused after this long at the latest
BURST_S = 10.0  # so many seconds' worth of requests may come at once
N_BUCKETS = 10_000
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NotAllowed(ClassifierError):
    """The token is missing, unknown or revoked."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. owner None: no tokens are in use, and every job is visible."""

    owner: str | None = None
    role: Role | None = Role.ADMIN

    @property
    def actor(self) -> str:
        """How the caller is named in a job's history."""
        return self.owner or "rest"

    @property
    def person(self) -> Person:
        """The caller for the table of roles."""
        return Person(self.actor, self.role, self.owner)

    @property
    def scope(self) -> str:
        """Under which name idempotency keys are kept."""
        return self.owner or ""


def hash_of(secret: str) -> str:
    """SHA-256 of a token; a slow hash would add nothing to 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(store: Store, name: str, owner: str, role: Role, actor: str) -> tuple[str, str]:
    """Make a token for an owner; returns its id and the secret, which is never shown again. Raises ClassifierError."""
    if role is Role.ADMIN:
        raise ClassifierError("A token sees its owner's jobs only, so its role is viewer or analyst.")
    token_id, secret = secrets.token_hex(4), f"anq_{secrets.token_urlsafe(32)}"
    store.add_token(token_id, name, owner, hash_of(secret), role, actor)
    return token_id, secret


def visible_job(store: Store, caller: Caller, job_id: str) -> Job:
    """Return a job that the caller may see; raises JobNotFound for all others, deleted ones too."""
    if not JOB_ID.fullmatch(job_id):
        raise JobNotFound(f"There is no job {job_id}.")
    job = store.job(job_id)
    if job.deleted_at is not None or (caller.owner is not None and job.owner != caller.owner):
        raise JobNotFound(f"There is no job {job_id}.")
    return job


class Gate:
    """Tells callers by their tokens; the tokens are read again every second.

    Where people sign in at the dashboard, programs need a token from the first one on.
    """

    def __init__(self, store: Store, sign_in: SignIn) -> None:
        self._store, self._sign_in = store, sign_in
        self._book: TokenBook | None = None
        self._read_at_s = 0.0

    @property
    def is_stale(self) -> bool:
        """Whether the tokens should be read again."""
        return self._book is None or time.monotonic() - self._read_at_s > BOOK_S

    def refresh(self) -> None:
        """Read the tokens; raises Unavailable."""
        self._read_at_s = time.monotonic()
        self._book = self._store.token_book()

    def caller(self, authorization: str | None) -> Caller:
        """Return who sent this Authorization header; raises NotAllowed."""
        if self._book is None:
            self.refresh()
        assert self._book is not None
        if not self._book.is_needed and not self._sign_in.is_on:
            return Caller()
        scheme, _, secret = (authorization or "").partition(" ")
        known = hash_of(secret.strip())
        owner = self._book.owners.get(known) if scheme.lower() == "bearer" else None
        role = None if owner is None else self._role(self._book, owner, role_named(self._book.roles.get(known)))
        if owner is None or role is None:
            raise NotAllowed("A valid API token is needed: Authorization: Bearer <token>.")
        return Caller(owner, role)

    def _role(self, book: TokenBook, owner: str, told: Role | None) -> Role | None:
        """Return what a token may do: never more than its owner, if that is a person who has a role."""
        person = person_of(owner, self._sign_in, lambda name: book.people.get(name, book.people.get(domain_of(name))))
        return told if person.role is None else lesser(told, person.role)


class RateLimiter:
    """A token bucket for each key; thread-safe."""

    def __init__(self, per_minute: int) -> None:
        self._per_s = per_minute / 60
        self._room = max(1.0, self._per_s * BURST_S)
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Take a permit: 0.0 when there was one, else the seconds until there will be."""
        now_s = time.monotonic()
        with self._lock:
            n, at_s = self._buckets.pop(key, (self._room, now_s))
            n = min(self._room, n + (now_s - at_s) * self._per_s)
            self._buckets[key] = (n - 1 if n >= 1 else n, now_s)
            if len(self._buckets) > N_BUCKETS:
                self._buckets.pop(next(iter(self._buckets)))  # the key that was quiet for longest
        return 0.0 if n >= 1 else (1 - n) / self._per_s
