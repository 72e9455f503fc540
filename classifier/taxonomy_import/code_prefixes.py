"""Hierarchies that only the codes tell: 01, 0101, 010101; 1, 1.1, 1.1.1; 10000000, 10100000, 10101500."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_SPARSE = 4  # how many times as wide as their count the range of filled-up codes must be
_MOST = 0.95  # share of the longer codes that must have their parent among the others


def parents_by_code(codes: Sequence[str]) -> Mapping[str, str]:
    """Give each code's parent where the codes as a whole are written level by level, else nothing."""
    for steps in (_dotted(codes), _padded(codes), _grown(codes)):
        if steps and (found := _parents(steps)):
            return found
    return {}


def _parents(steps: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    by_steps = {own: code for code, own in steps.items()}
    longer = [code for code, own in steps.items() if len(own) > 1]
    above = {code: [own[:n] for n in range(len(own) - 1, 0, -1) if own[:n] in by_steps] for code, own in steps.items()}
    found = {code: by_steps[above[code][0]] for code in longer if above[code]}
    return found if longer and len(found) >= _MOST * len(longer) and len(by_steps) == len(steps) else {}


def _dotted(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Cut codes at their dots or hyphens: 1.10 is under 1, not under 1.1."""
    steps = {code: tuple(re.split(r"[.-]", code.rstrip("."))) for code in codes}
    return steps if any(len(s) > 1 for s in steps.values()) and all(all(s) for s in steps.values()) else {}


def _grown(codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Cut codes of digits that grow by a fixed width of at least two: plain numbers (1, 2 ... 10) are no levels."""
    if not all(code.isdigit() for code in codes):
        return {}
    width = min(map(len, codes))
    if width < 2 or any(len(code) % width for code in codes):
        return {}
    return {code: tuple(code[n : n + width] for n in range(0, len(code), width)) for code in codes}


def _padded(codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Cut codes of one length that are filled up with pairs of noughts."""
    if not all(code.isdigit() for code in codes) or len({len(code) for code in codes}) != 1:
        return {}
    length, numbers = len(codes[0]), sorted(map(int, codes))
    if length < 4 or length % 2 or numbers[-1] - numbers[0] < _SPARSE * len(codes):
        return {}  # numbers one after the other count rows, not levels
    bare = {code: re.sub(r"(?:00)+$", "", code[: length // 2 * 2]) if code.endswith("00") else code for code in codes}
    even = {code: own + "0" * (len(own) % 2) for code, own in bare.items()}
    return {code: tuple(own[n : n + 2] for n in range(0, len(own), 2)) for code, own in even.items() if own}
