"""anaquel edition list, show, diff, export, publish, back: what was laid over an imported taxonomy and its prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from classifier.bootstrap import Services
from classifier.editions import differences
from classifier.repair import editing, patches
from classifier.repair.editing import Version
from classifier.repair.edition_record import DRAFT, LAST, difference_record, find_edition, to_record
from classifier.taxonomy_choice import find_taxonomy
from cli.output import as_json, expect_place, refusals, table, tell
from cli.session import Json, actor, open_services

app = typer.Typer(no_args_is_help=True, help="See, export, publish and go back to editions of a taxonomy.")
Edition = Annotated[str, typer.Argument(metavar="EDITION", help="A number (0: as imported), `last` or `draft`.")]
Taxonomy = Annotated[str | None, typer.Option(help="A taxonomy's name or id; default: the project's own.")]
Note = Annotated[str, typer.Option(help="Why, for whoever reads it later.")]


@app.command("list")
def list_editions(taxonomy: Taxonomy = None, json: Json = False) -> None:
    """List the editions of a taxonomy, the draft first, then the newest."""
    with refusals():
        services = open_services()
        base = find_taxonomy(services, taxonomy)
        draft = editing.draft(services, base)
        known = ([draft] if draft else []) + editing.versions(services, base)
        found = [to_record(services, version) for version in known]
    if json:
        as_json(found)
        return
    table(("edition", "in use", "published (UTC)", "author", "changes", "taxonomy", "note"),
          [(DRAFT if one["is_draft"] else one["number"], "yes" if one["is_in_use"] else "",
            (one["published_at"] or "")[:16].replace("T", " "), one["author"], len(one["changes"]),
            one["taxonomy_id"], one["note"]) for one in found])  # fmt: skip


@app.command()
def show(edition: Edition = LAST, taxonomy: Taxonomy = None, json: Json = False) -> None:
    """Show an edition and all that it changes."""
    with refusals():
        services, version = _found(edition, taxonomy)
        found = to_record(services, version)
    if json:
        as_json(found)
        return
    table(("", ""), [(name, value) for name, value in found.items() if name != "changes"])
    if found["changes"]:
        _table(found["changes"])


@app.command()
def diff(older: Edition, newer: Edition = LAST, taxonomy: Taxonomy = None, json: Json = False) -> None:
    """Tell what is different between two editions."""
    with refusals():
        services, before = _found(older, taxonomy)
        after = find_edition(services, before.base_id, newer)
        found = [difference_record(one) for one in differences(before.overlay, after.overlay)]
    if json:
        as_json(found)
    elif found:
        _table(found)
    else:
        tell("The two say the same.")


@app.command()
def export(
    edition: Edition = LAST,
    out: Annotated[str, typer.Option("-o", "--out", help="A .ttl or .jsonld file; - is standard output.")] = "-",
    whole: Annotated[bool, typer.Option("--whole", help="The whole taxonomy that results, not the patch.")] = False,
    taxonomy: Taxonomy = None,
) -> None:
    """Write an edition as a SKOS patch for the taxonomy's owner; `taxonomy import` takes it back."""
    with refusals():
        expect_place(out)
        suffix = patches.suffix_of(out)
        services, version = _found(edition, taxonomy)
        written = (patches.taxonomy_of if whole else patches.patch_of)(services, version, suffix)
        if out == "-":
            typer.echo(written, nl=False)
        else:
            Path(out).write_text(written, encoding="utf-8")


@app.command()
def publish(note: Note = "", taxonomy: Taxonomy = None) -> None:
    """Publish the draft and print the id of the taxonomy version that results."""
    with refusals():
        services, draft = _found(DRAFT, taxonomy)
        _told(editing.publish(services, draft, note, actor()))


@app.command()
def back(edition: Edition, note: Note = "", taxonomy: Taxonomy = None) -> None:
    """Put an earlier edition in use again, as the newest one; prints the id of its taxonomy version."""
    with refusals():
        services, version = _found(edition, taxonomy)
        _told(editing.go_back(services, version, actor(), note))


def _found(told: str, taxonomy: str | None) -> tuple[Services, Version]:
    services = open_services()
    return services, find_edition(services, find_taxonomy(services, taxonomy), told)


def _told(version: Version) -> None:
    typer.echo(version.taxonomy_id)
    tell(f"It is edition {version.number} now, and in use; the imported taxonomy is as it was.")


def _table(found: list[dict[str, Any]]) -> None:
    rows = [(one["what"], one["kind"], one["notation"], one["text"], one.get("language", "")) for one in found]
    table(("what", "change", "category", "text", "language"), rows)
