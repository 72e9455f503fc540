"""Nearly valid JSON, mended by json-repair where the file is small and nothing in it is lost or made up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

MAX_LENGTH = 500_000
SHORT = 2_000  # characters that json-repair mends in no time, whatever they are
PATIENCE_S = 4
APART = (
    "import json, json_repair, sys; json.dump(json_repair.loads(sys.stdin.read(), skip_json_loads=True), sys.stdout)"
)
NEAR = 5_000  # characters between two texts of a file: keys and numbers
COMMENT = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/|^[ \t]*\#[^\n]*""", re.DOTALL | re.MULTILINE
)
NO_NUMBER = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\\n])*')|(?<=[:\[,\s])-?(?:NaN|Infinity)(?=[\s,\]}])""", re.DOTALL
)
CONSTANTS = {"None": "null", "True": "true", "False": "false"}  # as Python prints them
TOKEN = re.compile(r"[\w.+-]+")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


@lru_cache(maxsize=2)  # the preview and the import read the same file
def repaired(text: str) -> str | None:
    """Return sound JSON for a broken JSON text, None when it cannot be mended safely.

    Safe means: every word and number of the text is still there, no more and no less; every text in the result stands
    in quotes in the file (a bare word is no text); and there is a text at all. A file that breaks off in the middle is
    not mended: what was cut off is not known.
    """
    bare = COMMENT.sub(lambda found: found[1] or " ", text)
    bare = NO_NUMBER.sub(lambda found: found[1] or "null", bare)
    if len(text) > MAX_LENGTH or bare.rstrip()[-1:] not in ("]", "}") or _too_deep(bare):
        return None
    try:
        value = _mended(bare)
        sound = json.dumps(value)
    except (ValueError, RecursionError, TypeError, IndexError, KeyError, AttributeError):
        return None
    if not isinstance(value, list | dict) or not any(found.strip() for found in _texts(value)):
        return None
    return sound if _tokens(bare) == _tokens(sound) and _all_quoted(value, bare) else None


def _mended(text: str) -> object:
    """Let json-repair guess; long texts, which can cost it the cube of their length, in a process of their own."""
    if len(text) <= SHORT:
        import json_repair

        return json_repair.loads(text, skip_json_loads=True)
    try:
        told = subprocess.run([sys.executable, "-c", APART], input=text, capture_output=True, text=True,  # noqa: S603
                              timeout=PATIENCE_S, check=True, encoding="utf-8").stdout  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        raise ValueError("json-repair gave up") from error
    return json.loads(told)


def _too_deep(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > 60:
            return True
    return False


def _tokens(text: str) -> Counter[str | float]:
    """Count words and numbers, with escapes undone; 1.50 and 1.5 are the same number."""
    return Counter(_token(found) for found in TOKEN.findall(ESCAPE.sub(_character, text)))


def _token(word: str) -> str | float:
    word = CONSTANTS.get(word, word)
    try:
        return word if word[0] in "+." or not word[-1].isdigit() or "_" in word else float(word)
    except ValueError:
        return word


def _character(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    if escape[2] in "bfnrt":
        return " "
    return escape[2] if escape[2] in "\"'\\/" else escape[0]  # a lone backslash, as in a path, stays


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _all_quoted(value: object, text: str) -> bool:
    """Tell whether every text stands between quotes in the file, in the same order."""
    file, at = _close(text), 0
    for found in _texts(value):
        words = _close(json.dumps(found, ensure_ascii=False)[1:-1]).strip()
        end = at + len(words) + NEAR
        places = [place for quote in "\"'" if (place := file.find(quote + words + quote, at, end)) >= 0]
        if not places:
            return False
        at = min(places) + len(words) + 1
    return True


def _close(text: str) -> str:
    """Give a text with escapes undone, single spaces, and none beside a quote."""
    return re.sub(r"\s*([\"'])\s*", r"\1", " ".join(ESCAPE.sub(_character, text).split()))
