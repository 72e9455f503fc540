"""Nearly valid JSON, mended by json-repair where the file is small and nothing in it is lost."""

from __future__ import annotations

import json
import re
from collections import Counter

MAX_LENGTH = 1_000_000
BRACKETS = re.compile(r"[\[{]")
WORDS = re.compile(r"\w+")


def repaired(text: str) -> str | None:
    """Return sound JSON for a broken JSON text, None when it cannot be mended safely.

    Safe means: every word of the text is still there, no more and no less, and the result is an object or a list. A
    text that breaks off in the middle is not mended: what was cut off is not known.
    """
    if len(text) > MAX_LENGTH or text.rstrip()[-1:] not in ("]", "}") or _too_deep(text):
        return None
    import json_repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
        kept = Counter(WORDS.findall(json.dumps(value, ensure_ascii=False)))
        sound = json.dumps(value)
    except (ValueError, RecursionError, TypeError, IndexError, KeyError, AttributeError):
        return None
    was = Counter(WORDS.findall(_unescaped(text)))
    return sound if isinstance(value, list | dict) and value and _alike(was, kept) else None


def _too_deep(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > 60:
            return True
    return False


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def _alike(was: Counter[str], kept: Counter[str]) -> bool:
    """Tell whether the same words are there; escapes (\\n, \\t) may differ by their letter."""
    differing = sum(((was - kept) + (kept - was)).values())
    return differing <= max(0, sum(was.values()) // 200)
