"""How commands speak: tables or JSON on standard output, sentences on standard error."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from classifier.errors import ClassifierError
from storage import IllegalMove, JobNotFound, StorageError

DONE, SOME_FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def as_json(value: object) -> None:
    """Write a JSON document."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write aligned columns."""
    cells = [[_cell(value) for value in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        typer.echo("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


def expect_place(out: str) -> None:
    """Raise OSError unless a file can be written there; "-" is standard output."""
    path = Path(out)
    if out != "-" and path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "This is a folder: name a file in it", out)
    if out != "-" and not path.resolve().parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(path.parent))
    if out != "-" and not os.access(path if path.exists() else path.resolve().parent, os.W_OK):
        raise PermissionError(errno.EACCES, "It may not be written there", out)


def tell(sentence: str) -> None:
    """Say something to the person, not to the next program in the pipe."""
    typer.echo(sentence, err=True)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what cannot be done into one sentence and exit code 2; Ctrl-C gives 130."""
    try:
        yield
    except JobNotFound as error:
        tell(f"{error} `anaquel jobs` lists them.")
        raise typer.Exit(REFUSED) from error
    except (ClassifierError, IllegalMove, StorageError, ValueError) as error:
        tell(str(error))
        raise typer.Exit(REFUSED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    except OSError as error:
        tell(f"{error.filename or 'The file'}: {error.strerror or error}")
        raise typer.Exit(REFUSED) from error


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else " " for c in text)
