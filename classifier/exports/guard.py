"""Texts that a spreadsheet would run as a formula: made harmless by an apostrophe, and turned back.

The characters are those of OWASP's page on CSV injection (= + - @ tab and carriage return), with line feed, NUL and
the full-width forms that spreadsheets with East Asian input take for the same.
"""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
FIRST = frozenset((*FORMULA, "'"))
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def guarded(text: str, *, numbers: bool = False) -> str:
    """Put an apostrophe before a text that starts like a formula; numbers: leave plain numbers like -1.5 alone.

    A text that looks guarded already gets one more, so that `unguarded` gives every text back exactly.
    """
    if text[:1] not in FIRST:
        return text
    if text.lstrip("'").startswith(FORMULA) and not (numbers and NUMBER.fullmatch(text)):
        return "'" + text
    return text


def unguarded(text: str) -> str:
    """Take the apostrophe away that `guarded` put there."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text
