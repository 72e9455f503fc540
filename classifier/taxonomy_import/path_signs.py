"""How a path is written: "A > B", "A/B", "A | B" ..., told by many paths at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

ARROW = re.compile(r"\s*(?:[-=]?>{1,2}|›|»|→)\s*")
_SPACED = re.compile(r"\s[-=]?(?:>{1,2}|›|»|→)\s")
_OTHERS = (re.compile(r"\s*\|\s*"), re.compile(r"\s+/\s+"), re.compile(r"\s*/\s*"), re.compile(r"\s*\\\s*"))


def sign_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    """Give what cuts texts into the steps of a path, None when they are none.

    One arrow between spaces is enough. Bars, slashes and arrows without spaces also stand inside names ("TV/Audio"):
    they must cut many of the texts, and the first steps must come again.
    """
    if any(_SPACED.search(text) for text in texts):
        return ARROW
    if _cuts(ARROW, texts, least=0.25):
        return ARROW
    return next((sign for sign in _OTHERS if _cuts(sign, texts, least=0.5)), None)


def _cuts(sign: re.Pattern[str], texts: Sequence[str], least: float) -> bool:
    steps = [parts for text in texts if len(parts := [p for p in sign.split(text) if p]) > 1]
    if len(steps) <= least * len(texts):
        return False
    first = [parts[0] for parts in steps]
    whole = {text.strip() for text in texts}
    again = len(first) - len(set(first)) + sum(step in whole for step in set(first))
    return again > 0 and again * 4 >= len(set(first))
