"""API tokens: who may use the REST interface, and as which owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from storage.activity import add_activity
from storage.database import Database
from storage.people import roles_by_name
from storage.tables_access import api_tokens


@dataclass(frozen=True, slots=True)
class TokenBook:
    """Owners and roles by the SHA-256 of their secrets. is_needed: a token exists, if only a revoked one.

    people: roles of people and domains, which may be less than their tokens'.
    """

    is_needed: bool
    owners: Mapping[str, str]
    roles: Mapping[str, str]
    people: Mapping[str, str]


class Tokens(Database):
    """Verbs of API tokens."""

    def add_token(
        self, token_id: str, name: str, owner: str, secret_sha256: str, role: str = "analyst", actor: str = "cli"
    ) -> None:
        """Keep a new token; actor: who made it, for the log."""
        row = {"id": token_id, "name": name, "owner": owner, "secret_sha256": secret_sha256, "role": role,
               "created_at": datetime.now(UTC)}  # fmt: skip
        with self._write() as connection:
            connection.execute(insert(api_tokens), row)
            add_activity(connection, actor, "token created", f"token {token_id}", None)

    def revoke_token(self, token_id: str, actor: str = "cli") -> bool:
        """End a token; False when there is no such token in use."""
        used = (api_tokens.c.id == token_id) & api_tokens.c.revoked_at.is_(None)
        with self._write() as connection:
            ended = update(api_tokens).where(used).values(revoked_at=datetime.now(UTC))
            was_used = bool(connection.execute(ended).rowcount)
            if was_used:
                add_activity(connection, actor, "token revoked", f"token {token_id}", None)
            return was_used

    def forget_revoked_tokens(self) -> int:
        """Remove ended tokens; when none is left, the REST interface needs no token again."""
        with self._write() as connection:
            return connection.execute(delete(api_tokens).where(api_tokens.c.revoked_at.is_not(None))).rowcount

    def tokens(self) -> list[Mapping[str, Any]]:
        """All tokens, oldest first, without their hashes."""
        columns = [c for c in api_tokens.c if c.name != "secret_sha256"]
        with self._read() as connection:
            rows = connection.execute(select(*columns).order_by(api_tokens.c.created_at, api_tokens.c.id))
            return [dict(row._mapping) for row in rows]

    def token_book(self) -> TokenBook:
        """Return all that is needed to let requests in."""
        used = api_tokens.c.revoked_at.is_(None)
        with self._read() as connection:
            n = connection.execute(select(func.count()).select_from(api_tokens)).scalar_one()
            columns = (api_tokens.c.secret_sha256, api_tokens.c.owner, api_tokens.c.role)
            rows = connection.execute(select(*columns).where(used)).all()
            people = roles_by_name(connection)
        return TokenBook(n > 0, {row.secret_sha256: row.owner for row in rows},
                         {row.secret_sha256: row.role for row in rows}, people)  # fmt: skip
