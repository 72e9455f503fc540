"""Many JSON objects at once, where a look at the whole block shows that none of them needs a closer look."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from classifier.products.product import Limits

BLOCK = 1 << 16  # characters: some hundred rows, so that one odd row costs little
Objects = list[dict[str, object]]
_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19  # may be beyond 64 bits, which orjson rounds
# NUL; space behind a key, which hides it from the count below
_LOOKED_INTO = (b"\\u0000", b" :", b"\t:", b"\n:", b"\r:")


def objects_of(text: str, limits: Limits) -> Objects | None:
    """Return the objects of a text that holds nothing else but commas between them; None: read them one by one."""
    raw = text.encode("utf-8", "surrogatepass")
    if not _is_simple(raw, limits):
        return None
    try:
        return _agreeing(raw, orjson.loads(b"[" + raw + b"]"), limits)
    except orjson.JSONDecodeError:
        return None


def objects_of_lines(lines: Sequence[str], limits: Limits) -> Objects | None:
    """Return the object of each line; None: read the lines one by one."""
    raw = "\n".join(lines).encode("utf-8", "surrogatepass")
    if not _is_simple(raw, limits):
        return None
    try:
        return _agreeing(raw, [orjson.loads(line) for line in lines], limits)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _is_simple(raw: bytes, limits: Limits) -> bool:
    if len(raw) > limits.row_length or any(sign in raw for sign in _LOOKED_INTO):
        return False
    return _LONG_NUMBER not in raw.translate(_AS_ZEROS)


def _agreeing(raw: bytes, values: list[object], limits: Limits) -> Objects | None:
    """Return the values if all are objects without a key twice and with nothing deep inside.

    With nothing between a key's quote and its colon there are as many such pairs as keys, or more: keys of objects
    within, keys that came twice, and pairs within texts.
    """
    objects = [value for value in values if isinstance(value, dict)]
    if len(objects) != len(values) or raw.count(b'":') != sum(map(len, objects)):
        return None
    if b"[" in raw and (limits.depth < 2 or any(_is_deep(value) for row in objects for value in row.values())):
        return None
    return objects


def _is_deep(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(inner, list | dict) for inner in value)
