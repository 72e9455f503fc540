"""anaquel report, compare, estimate: what a job came to, which of two is better, what a file would take."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from classifier.mappings import ToldFields
from classifier.taxonomy_choice import find_taxonomy
from cli.fields import ExpectedField, IdField, LanguageField, TextFields, mapping_of
from cli.output import as_json, refusals, table
from cli.session import JobId, Json, find_job, open_services

N_CATEGORIES = 25


def report(job: JobId, json: Json = False) -> None:
    """Report a job: coverage, accuracy, categories, where errors concentrate, costs."""
    from classifier.analysis.summary import summarise  # scipy: a second that other commands need not wait

    with refusals():
        services = open_services()
        found = summarise(services, find_job(services, job))
    if json:
        as_json(found)
        return
    table(("", ""), [(name, n) for name, n in found["funnel"].items()])
    for name in ("coverage", "accuracy", "right_of_labelled"):
        typer.echo(f"{name}: {_share(found[name])}")
    typer.echo(f"macro F1: {_number(found['macro_f1'])}")
    rows = [
        (c["notation"], c["prefLabel"], c["support"], _number(c["precision"]["value"]), _number(c["recall"]["value"]),
         _number(c["f1"]))
        for c in islice(found["categories"], N_CATEGORIES)
    ]  # fmt: skip
    table(("category", "label", "support", "precision", "recall", "F1"), rows)
    for name, title in (("failures_concentrate", "failures"), ("wrong_answers_concentrate", "wrong answers")):
        for row in found["errors"][name]:
            typer.echo(f"{title}: {row['facet']} {row['value']!r}: {row['k']} of {row['n']} (q {row['q']:.2g})")
    costs = found["costs"]
    typer.echo(f"cost: {costs['cost_usd'] if costs['cost_usd'] is not None else 'price unknown'} USD, "
               f"{costs['attempts']} calls, {costs['input_tokens'] + costs['output_tokens']} tokens")  # fmt: skip
    if later := costs["at_prices_entered_later"]:
        on = ", ".join(sorted({price["on"] for price in later["prices"]}))
        typer.echo(f"at the price entered on {on}: {later['cost_usd']} USD for {later['attempts']} calls without a "
                   f"known price")  # fmt: skip


def compare(first: JobId, second: JobId, json: Json = False) -> None:
    """Compare two jobs over the same products: fixed, broken, an exact McNemar test, branch by branch."""
    from classifier.comparing.comparison import compare as compare_jobs
    from classifier.comparing.comparison_record import to_record

    with refusals():
        services = open_services()
        found = to_record(compare_jobs(services, find_job(services, first), find_job(services, second)))
    if json:
        as_json(found)
        return
    typer.echo(found["sentence"])
    table(("what became of the first job's products", "n"), list(found["counts"].items()))
    labelled = found["labelled"]
    typer.echo(f"right before: {_share(labelled['before'])}")
    typer.echo(f"right after: {_share(labelled['after'])}")
    rows = [(b["prefLabel"], b["n"], b["n_fixed"], b["n_broken"], _number(b["before"]["value"]),
             _number(b["after"]["value"]), "" if b["q"] is None else f"{b['q']:.2g}")
            for b in islice(found["branches"], N_CATEGORIES)]  # fmt: skip
    table(("branch", "labelled", "fixed", "broken", "before", "after", "q"), rows)


def estimate(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    taxonomy: Annotated[str | None, typer.Option(help="A taxonomy's name or id.")] = None,
    model: Annotated[str | None, typer.Option(help="The model that would be asked.")] = None,
    text: TextFields = None,
    identity: IdField = None,
    expected: ExpectedField = None,
    language: LanguageField = None,
    json: Json = False,
) -> None:
    """Estimate products, duplicates, tokens, USD and minutes of a file; nothing is asked or paid."""
    from classifier.file_estimate import estimate_file

    with refusals():
        services = open_services()
        mapping = mapping_of(services, file, ToldFields(text, identity, expected, language))
        found = estimate_file(services, file, find_taxonomy(services, taxonomy), model, mapping)
    if json:
        as_json(found)
        return
    told = found | {"cost_usd": "price unknown" if found["cost_usd"] is None else
                    " to ".join(f"${Decimal(end):.4f}" for end in found["cost_usd"])}  # fmt: skip
    table(("", ""), [(name, _range(value)) for name, value in told.items()])


def _range(value: Any) -> Any:
    return f"{value[0]} to {value[1]}" if isinstance(value, list | tuple) and len(value) == 2 else value


def _share(found: dict[str, Any]) -> str:
    if found["value"] is None:
        return "nothing to tell of"
    low, high = found["interval"]
    return f"{100 * found['value']:.1f} % ({found['k']} of {found['n']}; 95 %: {100 * low:.1f} to {100 * high:.1f} %)"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
