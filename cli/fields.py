"""Which fields of a file hold what: options of the commands that read products."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.bootstrap import Services
from classifier.mappings import ToldFields, as_told
from classifier.products import FieldMapping, Limits, preview

TextFields = Annotated[str | None, typer.Option("--text", metavar="FIELDS", help="The fields that are the text, joined "
                                                "in this order: name,brand. Default: guessed.")]  # fmt: skip
IdField = Annotated[str | None, typer.Option("--id", metavar="FIELD", help='The field with the id; "" for none. '
                                             "Default: guessed.")]  # fmt: skip
ExpectedField = Annotated[str | None, typer.Option("--expected", metavar="FIELD", help="The field with the expected "
                                                   'category; "" for none. Default: guessed.')]  # fmt: skip
LanguageField = Annotated[str | None, typer.Option("--language", metavar="FIELD", help="The field with the language; "
                                                   '"" for none. Default: guessed.')]  # fmt: skip


def mapping_of(services: Services, path: Path, told: ToldFields) -> FieldMapping | None:
    """Return the mapping that was told, None when all is to be guessed; raises UnknownField, UnreadableFile."""
    if not told:
        return None
    with path.open("rb") as stream:
        return as_told(preview(stream, Limits(n_bytes=services.settings.max_upload_bytes)), told)
