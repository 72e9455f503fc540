"""Writes docs/rest.md and docs/cli.md from the code: run `python docs/references.py` after a change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
NOTE = "<!-- Written by docs/references.py from the code. Change the code, not this page. -->"

REST_INTRODUCTION = """
The dashboard's port serves REST too: submit products, watch the job, fetch the result. The interactive document is at
`/docs`, the OpenAPI document at `/openapi.json`. Every time is UTC (ISO 8601 with its zone).

```sh
curl -s http://localhost:8000/classify/async -H 'content-type: application/json' -d '{"products": [{"text": "pan"}]}'
curl -s http://localhost:8000/jobs
curl -s http://localhost:8000/healthz
```

- **Tokens.** Without a token in the record none is needed, and the server listens on this machine only. With the first
  `anaquel token create`, or where people sign in at the dashboard, every route but health needs
  `Authorization: Bearer <token>`, and each owner sees their own jobs only: another's are 404.
- **Roles.** A token is `analyst` (everything with its owner's jobs) or `viewer` (reads and exports; the rest is 403),
  and never more than the role of the person who owns it (`anaquel people`).
- **Refusals** are `{"detail": "a sentence"}`; a request that breaks the contract is 422 with FastAPI's list, at most 20
  faults. Bodies over `ANAQUEL_MAX_UPLOAD_MB` (512) are 413, callers over `ANAQUEL_REST_PER_MINUTE` (12,000) or
  `ANAQUEL_SUBMISSIONS_PER_MINUTE` (600) are 429 with `Retry-After`.
- **Idempotency-Key** (at most 255 characters, kept for two days): the same key and body is the same job, the same key
  with another body 409.
- **callback_url** is called when the job ends, with a link to the result, signed after Standard Webhooks
  (`anaquel token secret` prints the secret). Failed deliveries are tried again for a day; the log is `callback` in the
  status. Private addresses are refused unless `ANAQUEL_CALLBACK_NETWORKS` names them; redirects are not followed.
- **Events**: `event: history | progress | end`, resumable with `Last-Event-ID`; 204 once the end has been told.
"""

CLI_INTRODUCTION = """
`anaquel` does the whole job without a browser, over the same record as the dashboard and REST (`ANAQUEL_HOME`).
Results go to standard output, sentences to standard error, `-` is a pipe, `--json` is for scripts. A job is named by
its id, the start of its id, or `last`.

Exit codes: 0 done; 1 more products failed than `--max-failures`; 2 refused, or stopped before the end; 130 Ctrl-C.

```sh
anaquel classify data/samples/supermarket_200.json -o result.json --engine local
anaquel jobs
anaquel status last
anaquel report last --json
anaquel export last -o result.csv
anaquel corrections import last result.csv
anaquel estimate data/samples/supermarket_200.json
anaquel compare last last
anaquel bundle export last -o job.zip
anaquel bundle import job.zip
anaquel taxonomy check data/taxonomies/retail.jsonld
anaquel taxonomy import data/taxonomies/retail.jsonld
anaquel taxonomy show
anaquel edition list
anaquel edition show last
anaquel edition export last -o patch.ttl
anaquel token list
```
"""


def cli_page() -> str:
    """Return docs/cli.md."""
    import typer.main

    from cli.main import app

    parts = [NOTE, "", "# Command line", CLI_INTRODUCTION]
    for path, command in _commands(typer.main.get_command(app), "anaquel"):
        parts += _command(path, command)
    return "\n".join(parts).rstrip() + "\n"


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _command(path: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    words = [p.metavar or p.name.upper() for p in arguments]
    yield from (f"## {path}", "", f"    {' '.join([path, *words, '[OPTIONS]' if options else '']).rstrip()}", "")
    yield from (_plain(command.help or ""), "")
    if arguments or options:
        yield from ("| | |", "|---|---|")
        yield from (f"| `{word}` | {_plain(p.help or '')} |" for word, p in zip(words, arguments, strict=True))
        yield from (f"| {_spelling(p)} | {_plain(p.help or '')}{_default(p)} |" for p in options)
        yield ""


def _spelling(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {option.metavar or option.name.upper()}"


def _default(option: Any) -> str:
    return "" if option.default in (None, False, True, "", (), []) else f" Default: {option.default}."


def rest_page() -> str:
    """Return docs/rest.md."""
    from api.app import api

    document = api.openapi()
    schemas = document["components"]["schemas"]
    parts = [NOTE, "", "# REST", REST_INTRODUCTION]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts += _operation(f"{method.upper()} {path}", operation)
    parts += ["# Shapes", ""]
    for name, schema in schemas.items():
        parts += _shape(name, schema)
    return "\n".join(parts).rstrip() + "\n"


def _operation(title: str, operation: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {title}", "", _plain(operation.get("description", "")), "")
    asked = [p for p in operation.get("parameters", []) if p["in"] != "path"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if asked:
        yield from ("| parameter | in | |", "|---|---|---|")
        for p in asked:
            yield f"| `{p['name']}` | {p['in']} | {_of(p['schema'])} {_plain(p.get('description', ''))} |"
        yield ""
    if body:
        yield from ("Body:", "")
        yield from _fields(body) if "properties" in body else (_of(body), "")
    yield from ("| status | answer | |", "|---|---|---|")
    for code, answer in sorted(operation["responses"].items()):
        kinds = ", ".join(f"{kind}: {_of(how.get('schema', {}))}" for kind, how in answer.get("content", {}).items())
        yield f"| {code} | {kinds} | {_plain(answer.get('description', ''))} |"
    yield ""


def _shape(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {name}", "")
    if description := schema.get("description"):
        yield from (_plain(description), "")
    yield from _fields(schema) if "properties" in schema else (_of(schema), "")


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    needed = set(schema.get("required", ()))
    yield from ("| field | type | |", "|---|---|---|")
    for name, field in schema["properties"].items():
        told = _plain(field.get("description", ""))
        yield f"| `{name}`{'' if name in needed else ' (optional)'} | {_of(field)} | {told} |"
        if "properties" in field.get("items", {}):
            yield from (f"| `{name}[].{inner}` | {_of(of)} | {_plain(of.get('description', ''))} |"
                        for inner, of in field["items"]["properties"].items())  # fmt: skip
    yield ""


def _of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if options := schema.get("anyOf"):
        return " or ".join(_of(option) for option in options)
    if "enum" in schema:
        return " / ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_of(schema.get('items', {}))}"
    bounds = [f"{sign} {schema[key]}" for key, sign in BOUNDS.items() if key in schema]
    return " ".join([schema.get("format") or schema.get("type", "anything"), *bounds])


BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "maxLength": "of at most"}


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "or")


PAGES = {"cli.md": cli_page, "rest.md": rest_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page())
