"""A place in a stream of JSON text, moved value by value: strict, bounded, and with memory that does not grow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from classifier.errors import BrokenSyntax, CutShort
from classifier.products.json_blocks import BLOCK, Objects, objects_of
from classifier.products.product import Limits, shown

SPACE = re.compile(r"[ \t\n\r]*")
STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|(?P<open>\\?\Z))|[\[\]{}]', re.DOTALL)
BARE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,\[\]{}]+', re.DOTALL)
SPACED_COLON = re.compile(r'"\s+:')
SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A value that is complete but cannot be used, and why."""

    reason: str
    raw: str


class _Unusable(Exception):
    """Raised by the decoder's hooks: the value is JSON's syntax or near it, but means nothing sound."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) != len(pairs):
        seen: dict[str, object] = {}
        for key, value in pairs:
            if seen.setdefault(key, value) != value:
                raise _Unusable(f"the key {shown(key)!r} appears twice")
    return built


def _constant(name: str) -> NoReturn:
    raise _Unusable(f"{name} is not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Unusable("a number is too large to hold")
    return number


_scan = json.JSONDecoder(object_pairs_hook=_unique).scan_once  # type: ignore[attr-defined]
_scan_quickly = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # keeps the last of keys alike
_scan_strictly = json.JSONDecoder(  # type: ignore[attr-defined]
    object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite
).scan_once


def flaw_in(text: str, value: object, limits: Limits) -> str | None:
    """Say what makes a decoded value unusable: depth, NUL or a lone surrogate; text is its JSON."""
    if text.count("[") + text.count("{") > limits.depth and _depth(text) > limits.depth:
        return f"nested deeper than {limits.depth} levels"
    if "\\u" not in text:
        return None
    if "\\u0000" in text and _holds(value, "\0"):
        return "holds a NUL character"
    if SURROGATE_ESCAPE.search(text) and _holds_surrogate(value):
        return "holds half of a character (a lone surrogate)"
    return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest


def _holds(value: object, character: str) -> bool:
    return any(character in text for text in _strings(value))


def _holds_surrogate(value: object) -> bool:
    return any("\ud800" <= c <= "\udfff" for text in _strings(value) for c in text)


def _strings(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


class Cursor:
    """Reads one JSON value after the other from chunks of text."""

    def __init__(self, chunks: Iterator[str], limits: Limits, *, is_strict: bool = False) -> None:
        """is_strict: NaN and numbers beyond a double make a Flaw; else they are read as floats that are not finite."""
        self._chunks, self._limits = chunks, limits
        self._scan, self._is_lenient = (_scan_strictly, False) if is_strict else (_scan, True)
        self._text, self._at, self._ended = "", 0, False
        self._is_inside = False  # whether a value is being read
        self._n_lines, self._column, self._n_gone = 0, 0, 0  # of the text that was let go
        self._singly_until = 0  # objects up to here, counted from the stream's start, are read one by one

    @property
    def place(self) -> int:
        """The offset of the next character in the text at hand."""
        return self._at

    def peek(self) -> str:
        """Return the next character that is not space, "" at the end."""
        if self._at < len(self._text) and (found := self._text[self._at]) > " ":
            return found
        while True:
            self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self, *wanted: str) -> str:
        """Step over one of the characters wanted and return it; raises BrokenSyntax when another one is there."""
        found = self.peek()
        if found not in wanted or not found:
            self.fail("expected " + " or ".join(wanted), self._at)
        self._at += 1
        return found

    def objects(self) -> Objects:
        """Step over objects, each with its comma, and return them; none where `value` has to look at the next one."""
        end = self._text.rfind("{", self._at + 1, self._at + BLOCK) if self.peek() == "{" else -1
        if end < 0 or self._n_gone + self._at < self._singly_until:
            return []
        block = self._text[self._at : end].rstrip(" \t\n\r")
        found = objects_of(block[:-1], self._limits) if block[-1] == "," else None
        if found is None:
            self._singly_until = self._n_gone + end
            return []
        self._at = end
        return found

    def value(self) -> object:
        """Read one value, or the Flaw of one that cannot be used; raises BrokenSyntax when the syntax is wrong."""
        self._is_inside = self.peek() != ""
        if self._is_lenient and (found := self._quickly()) is not None:
            return found
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except (StopIteration, ValueError, RecursionError, _Unusable) as error:
                if len(self._text) - self._at <= self._limits.row_length and self._fill():
                    continue
                return self._explain(error)
            if end < len(self._text) or not self._fill():  # else a number may go on in the next chunk
                return self._checked(value, end)

    def _quickly(self) -> object:
        """Read an object that lies whole in the text, has every key once, and nothing to look into; None for others.

        Where each key's quote is followed by its colon there are as many such pairs as keys, or more.
        """
        if self._text[self._at : self._at + 1] != "{":
            return None
        try:
            value, end = _scan_quickly(self._text, self._at)
        except (StopIteration, ValueError, RecursionError):
            return None
        text = self._text[self._at : end]
        if text.count('":') != len(value) or "\\u" in text or len(text) > self._limits.row_length:
            return None
        if text.count("[") + text.count("{") > self._limits.depth or SPACED_COLON.search(text):
            return None
        self._at, self._is_inside = end, False
        return value

    def _checked(self, value: object, end: int) -> object:
        text = self._text[self._at : end]
        self._at, self._is_inside = end, False
        if len(text) > self._limits.row_length:
            return Flaw(f"longer than {self._limits.row_length:,} characters", shown(text))
        reason = flaw_in(text, value, self._limits)
        return value if reason is None else Flaw(reason, shown(text))

    def fail_here(self, what: str) -> NoReturn:
        """Raise BrokenSyntax with the line and column of the cursor."""
        self.fail(what, self._at)

    def fail(self, what: str, at: int) -> NoReturn:
        """Raise BrokenSyntax with the line and column of the text at `at`."""
        before = self._text[:at]
        n_lines = self._n_lines + before.count("\n")
        column = len(before) - before.rfind("\n") if "\n" in before else self._column + len(before) + 1
        if at >= len(self._text) and not self._fill():
            what = what if what.startswith("the file ends") else "the file ends in the middle"
        sentence = f"The file is not valid JSON: {what} (line {n_lines + 1:,}, column {column:,})."
        if what.startswith("the file ends"):
            raise CutShort(sentence, is_inside=self._is_inside)
        raise BrokenSyntax(sentence)

    def _explain(self, error: Exception) -> Flaw:
        if isinstance(error, StopIteration | json.JSONDecodeError):
            at = error.value if isinstance(error, StopIteration) else error.pos
            what = "a value is missing or is not JSON" if isinstance(error, StopIteration) else _lower_first(error.msg)
            too_long = len(self._text) - self._at > self._limits.row_length
            if what.startswith("unterminated") and not too_long:
                what, at = "the file ends inside a text", len(self._text)
            if not too_long or not (what.startswith("unterminated") or at >= len(self._text) - 10):
                self.fail(what, at)
            reason = f"longer than {self._limits.row_length:,} characters"
        elif isinstance(error, RecursionError):
            reason = f"nested deeper than {self._limits.depth} levels"
        else:
            reason = str(error) if isinstance(error, _Unusable) else "an integer has too many digits"
        start = self._text[self._at : self._at + 1000]
        n_before = self._n_gone + self._at
        self._skip(reason)
        self._is_inside = False
        return Flaw(reason, shown(start[: self._n_gone + self._at - n_before]))

    def _skip(self, reason: str) -> None:
        """Step over a value without building it, however long or deep it is."""
        if self.peek() not in "[{":
            found = BARE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            return
        depth = 0
        while True:
            for found in STRING_OR_BRACKET.finditer(self._text, self._at):
                if found["open"] is not None:
                    self._at = found.start()
                    break
                self._at = found.end()
                depth += (found[0] in "[{") - (found[0] in "]}")
                if depth == 0:
                    return
            else:
                self._at = len(self._text)
            if len(self._text) - self._at > 8 * self._limits.row_length or not self._fill():
                self.fail(f"a value that is {reason} does not end", self._at)

    def _fill(self) -> bool:
        if self._ended:
            return False
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            return False
        gone = self._text[: self._at]
        if "\n" in gone:
            self._n_lines += gone.count("\n")
            self._column = len(gone) - gone.rfind("\n") - 1
        else:
            self._column += len(gone)
        self._n_gone += len(gone)
        self._text, self._at = self._text[self._at :] + chunk, 0
        return True


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
