"""What files and reports call things: English in the source, Spanish in es.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("es", "en")


def word(text: str, language: str, /, **values: object) -> str:
    """Give a text in the language ("es", else English), with its placeholders filled."""
    found = _spanish().get(text, text) if language == "es" else text
    return found.format(**values) if values else found


@cache
def _spanish() -> Mapping[str, str]:
    known: Mapping[str, str] = json.loads(Path(__file__).with_name("es.json").read_text(encoding="utf-8"))
    return known
