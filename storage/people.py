"""People: what each may do, by e-mail address or by the domain of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from storage.activity import add_activity
from storage.database import Database
from storage.tables_access import PersonRole, api_tokens, person_roles


class People(Database):
    """Verbs of roles. who: an address, or "@" and a domain for everybody there, in lower case."""

    def grant_role(self, who: str, role: str, actor: str) -> None:
        """Give a role, in place of the one there was."""
        row = {"who": who, "role": role, "granted_by": actor, "granted_at": datetime.now(UTC)}
        with self._write() as connection:
            connection.execute(delete(person_roles).where(person_roles.c.who == who))
            connection.execute(insert(person_roles), row)
            add_activity(connection, actor, "role given", f"{who}: {role}", None)

    def revoke_role(self, who: str, actor: str) -> bool:
        """Take a role away and end the API tokens of that owner; False when there was none of either."""
        with self._write() as connection:
            had_role = bool(connection.execute(delete(person_roles).where(person_roles.c.who == who)).rowcount)
            used = (api_tokens.c.owner == who) & api_tokens.c.revoked_at.is_(None)
            ended = connection.execute(update(api_tokens).where(used).values(revoked_at=datetime.now(UTC))).rowcount
            if had_role or ended:
                add_activity(connection, actor, "role taken", f"{who}, and {ended} API tokens", None)
            return had_role or ended > 0

    def roles(self) -> Sequence[PersonRole]:
        """Return all roles, people before domains, in the order of their names."""
        with self._read() as connection:
            rows = connection.execute(select(person_roles).order_by(person_roles.c.who))
            found = [PersonRole(**row._mapping) for row in rows]
        return sorted(found, key=lambda row: row.who.startswith("@"))

    def role_of(self, email: str) -> str | None:
        """Return the role of an address (lower case), else that of its domain."""
        domain = "@" + email.rpartition("@")[2]
        with self._read() as connection:
            known = roles_by_name(connection, email, domain)
        return known.get(email, known.get(domain))


def roles_by_name(connection: Connection, *names: str) -> Mapping[str, str]:
    """Return the roles of these names; without names, all."""
    wanted = select(person_roles.c.who, person_roles.c.role)
    rows = connection.execute(wanted.where(person_roles.c.who.in_(names)) if names else wanted)
    return {row.who: row.role for row in rows}
