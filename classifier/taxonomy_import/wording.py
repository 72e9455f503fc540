"""Texts of a taxonomy, cleaned: spaces of every kind, invisible characters, language tags."""

from __future__ import annotations

import re

SPACES = re.compile(r"[\s\u00a0\u2007\u202f\u200b\ufeff]+")
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LABEL_LENGTH = 500
TEXT_LENGTH = 5_000


def cleaned(text: str, longest: int = LABEL_LENGTH) -> str:
    """Give a text with single plain spaces, no control or direction characters, at most `longest` characters."""
    return UNSAFE.sub("", SPACES.sub(" ", text)).strip()[:longest]


def language_tag(tag: str | None) -> str:
    """Give a language tag in lower case with hyphens, "" for none."""
    return (tag or "").strip().lower().replace("_", "-")


def plain_text(value: object) -> str:
    """Give a cell as cleaned text, "" for what is no text or number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return cleaned(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
