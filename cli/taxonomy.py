"""anaquel taxonomy import, check, show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from classifier import taxonomies
from classifier.assignable import Assignment
from classifier.repair import patches
from classifier.taxonomy_choice import find_taxonomy
from classifier.taxonomy_import import read_taxonomy
from cli.output import as_json, refusals, table, tell
from cli.session import Json, actor, open_services

app = typer.Typer(no_args_is_help=True, help="Import, check and show taxonomies.")
TaxonomyFile = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


@app.command("import")
def import_(file: TaxonomyFile, json: Json = False) -> None:
    """Import a taxonomy, or a patch that `edition export` wrote, which becomes an edition; prints its id."""
    with refusals():
        services, content = open_services(), file.read_bytes()
        patched = patches.import_patch(services, content, actor())
        if patched is None:
            taxonomy_id, report = taxonomies.add(services, content, file.name, actor())
    if patched is not None:
        tell(f"The patch is edition {patched.number} now, and in use.")
        as_json({"id": patched.taxonomy_id, "edition": patched.number}) if json else typer.echo(patched.taxonomy_id)
        return
    if json:
        as_json({"id": taxonomy_id, "report": asdict(report)})
        return
    typer.echo(taxonomy_id)
    for sentence in report.sentences:
        typer.echo(sentence, err=True)


@app.command()
def check(file: TaxonomyFile, json: Json = False) -> None:
    """Check a taxonomy file without importing it."""
    with refusals():
        taxonomy, report = read_taxonomy(file.read_bytes(), file.name)
    if json:
        as_json({"id": taxonomy.fingerprint, "name": taxonomy.name, "report": asdict(report)})
        return
    for sentence in report.sentences:
        typer.echo(sentence)


@app.command()
def assign(
    taxonomy: Annotated[str, typer.Argument(help="A taxonomy's name or id.")],
    leaves_only: Annotated[bool, typer.Option("--leaves-only", help="Only categories with none below.")] = False,
    hide_placeholders: Annotated[bool, typer.Option("--hide-placeholders", help="None called \"Otros\", \"Varios\", "
                                                                                "\"N/A\" and the like.")] = False,
) -> None:  # fmt: skip
    """Choose the categories that a product may be put on: prints the id of the version that has just these."""
    with refusals():
        services = open_services()
        rule = Assignment(leaves_only, hide_placeholders)
        taxonomy_id = taxonomies.choose_assignable(services, find_taxonomy(services, taxonomy), rule, actor())
        shown = services.builder.taxonomy(taxonomy_id)
    typer.echo(taxonomy_id)
    typer.echo(f"{len(shown.assignable):,} of {len(shown.concepts):,} categories are assignable.", err=True)


@app.command()
def show(
    taxonomy: Annotated[str | None, typer.Argument(help="A taxonomy's name or id; without one: all of them.")] = None,
    language: Annotated[str, typer.Option(help="Of the labels.")] = "es",
    json: Json = False,
) -> None:
    """Show the taxonomies, or the categories of one."""
    with refusals():
        services = open_services()
        if taxonomy is None:
            found = [{k: v for k, v in version.items() if k != "report"} for version in services.store.taxonomies()]
        else:
            shown = services.builder.taxonomy(find_taxonomy(services, taxonomy))
            found = [{"notation": n, "level": shown.level(n), "prefLabel": c.label(language), "uri": c.uri}
                     for n, c in shown.concepts.items()]  # fmt: skip
    if json:
        as_json(found)
    elif taxonomy is None:
        table(("id", "name", "categories", "languages"),
              [(t["id"], t["name"], t["n_assignable"], ", ".join(t["languages"] or ())) for t in found])  # fmt: skip
    else:
        table(("notation", "label"), [("  " * (c["level"] - 1) + c["notation"], c["prefLabel"]) for c in found])
