"""anaquel people list, grant, revoke: who may do what once they have signed in at the dashboard."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier import roles
from cli.output import REFUSED, as_json, refusals, table, tell
from cli.session import Json, actor, open_services

app = typer.Typer(no_args_is_help=True, help="Roles of the people who sign in; whoever runs this is the operator.")
Who = Annotated[str, typer.Argument(metavar="WHO", help="An e-mail address, or @example.com for everybody there.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List who has which role."""
    with refusals():
        found = roles.known(open_services())
    if json:
        as_json([{"who": g.who, "role": g.role, "granted_by": g.granted_by, "granted_at": g.granted_at} for g in found])
        return
    table(("who", "role", "given by", "when"), [(g.who, g.role, g.granted_by, g.granted_at or "") for g in found])


@app.command()
def grant(who: Who, role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, analyst or admin.")]) -> None:
    """Give a role: viewer reads and exports, analyst also works, admin everything."""
    with refusals():
        name = roles.grant(open_services(), who, role, actor())
    tell(f"{name} is {role}.")


@app.command()
def revoke(who: Who) -> None:
    """Take a role away and end the API tokens of that owner; an open page ends at its next step."""
    with refusals():
        was_known = roles.revoke(open_services(), who, actor())
    if not was_known:
        tell(f"{who} has no role.")
        raise typer.Exit(REFUSED)
    tell(f"{who} has no role any more.")
