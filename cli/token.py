"""anaquel token create, list, revoke, secret: who may use the REST interface."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier.access import create_token
from classifier.people import Role
from classifier.roles import chosen_role
from classifier.signing import owner_secret
from cli.output import REFUSED, as_json, refusals, table, tell
from cli.session import Json, actor, open_services

app = typer.Typer(no_args_is_help=True, help="API tokens: with the first one, every REST route but health needs one.")
Owner = Annotated[str, typer.Option(help="Whose jobs it sees and makes.")]


@app.command()
def create(
    owner: Owner, name: Annotated[str, typer.Option(help="What it is for.")] = "",
    role: Annotated[str, typer.Option(help="viewer reads and exports; analyst also starts, reviews and steers the "
                                           "owner's jobs.")] = Role.ANALYST,
) -> None:  # fmt: skip
    """Create a token and print it, once: only its hash is kept."""
    with refusals():
        told = chosen_role(role)
        token_id, secret = create_token(open_services().store, name, owner, told, actor())
    tell(f"Token {token_id} for {owner}, {told}. It is not shown again; send it as: Authorization: Bearer <token>")
    typer.echo(secret)


@app.command("list")
def list_(json: Json = False) -> None:
    """List the tokens; the secrets are not kept."""
    with refusals():
        found = open_services().store.tokens()
    if json:
        as_json([dict(token) for token in found])
        return
    table(("id", "owner", "role", "name", "created", "revoked"),
          [(t["id"], t["owner"], t["role"], t["name"], t["created_at"], t["revoked_at"]) for t in found])  # fmt: skip


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from `token list`.")],
    forget: Annotated[bool, typer.Option("--forget", help="Also remove all revoked tokens from the list: with none "
                                                          "left, REST needs no token again.")] = False,
) -> None:  # fmt: skip
    """Revoke a token; the server refuses it within a second."""
    with refusals():
        store = open_services().store
        was_used = store.revoke_token(token, actor())
        if forget:
            store.forget_revoked_tokens()
    if not was_used and not forget:
        tell(f"There is no token {token} in use.")
        raise typer.Exit(REFUSED)
    tell(f"Token {token} is revoked.")


@app.command()
def secret(owner: Annotated[str | None, typer.Option(help="Whose; without: of jobs without an owner.")] = None) -> None:
    """Print the secret with which an owner's receiver verifies callbacks (Standard Webhooks)."""
    with refusals():
        typer.echo(owner_secret(open_services().settings, owner))
