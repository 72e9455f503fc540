"""From a row to a product, or to the reason why it is none."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

from classifier.products.json_cursor import Flaw
from classifier.products.mapping import TEXT_NAMES, FieldMapping, flat, lookup, plain
from classifier.products.product import JSON, UNSAFE, Limits, Problem, Product, Severity, shown

INT64 = 2**63


class _Rejected(Exception):
    """The row is none that can be classified, for this reason."""


class Acceptance:
    """Accepts rows one after the other and numbers the products."""

    def __init__(self, mapping: FieldMapping, limits: Limits) -> None:
        self.n_accepted = 0
        self.n_rows = 0
        self._mapping, self._limits = mapping, limits
        names = {
            name.split(".")[0]
            for name in (*mapping.text, mapping.product_id, mapping.expected, mapping.language)
            if name
        }
        self._mapped = names
        self._text_name = mapping.text[0] if len(mapping.text) == 1 else ""  # the usual case, made fast

    def row(self, place: str, number: int, value: object) -> Iterator[Product | Problem]:
        """Yield the row's product and what was cut from it, or one problem with severity REJECTED."""
        self.n_rows += 1
        try:
            if isinstance(value, dict):
                product, cuts = self._of_object(value)
            elif isinstance(value, Flaw):
                yield Problem(place % number, value.reason, value.raw)
                return
            elif isinstance(value, str):
                product, cuts = self._of_text(value)
            else:
                raise _Rejected(f"{_kind(value)}, neither an object nor a text")
        except _Rejected as refusal:
            yield Problem(place % number, str(refusal), shown(value))
            return
        self.n_accepted += 1
        yield product
        for reason in cuts:
            yield Problem(place % number, reason, shown(value), Severity.CUT)

    def _of_text(self, value: str) -> tuple[Product, list[str]]:
        cuts: list[str] = []
        return Product(self.n_accepted, self._cut(self._sound(value), cuts)), cuts

    def _of_object(self, row: dict[str, JSON]) -> tuple[Product, list[str]]:
        cuts: list[str] = []
        mapping = self._mapping
        text = row.get(self._text_name)
        text = self._sound(text) if isinstance(text, str) and text else self._text(row)
        expected = _label(lookup(row, mapping.expected)) if mapping.expected else None
        if expected is not None and len(expected) > self._limits.expected_length:
            cuts.append(
                f"the expected category is longer than {self._limits.expected_length} characters and was left out"
            )
            expected = None
        language = lookup(row, mapping.language) if mapping.language else None
        product = Product(
            self.n_accepted,
            self._cut(text, cuts),
            self._identity(lookup(row, mapping.product_id)) if mapping.product_id else None,
            expected,
            self._metadata(row, cuts),
            language.strip()[:35] or None if isinstance(language, str) else None,
        )
        return product, cuts

    def _text(self, row: Mapping[str, object]) -> str:
        parts = [_words(lookup(row, name), name) for name in self._mapping.text]
        text = " ".join(part for part in parts if part)
        if not text and self._mapping.guessed:
            text = _by_another_name(row)
        if not text and all(lookup(row, name) is None for name in self._mapping.text):
            raise _Rejected(
                "no text" + (f" (the field {self._mapping.text[0]!r} is missing)" if self._mapping.text else "")
            )
        return self._sound(text)

    @staticmethod
    def _sound(text: str) -> str:
        text = text.strip()
        if text and text.isprintable():
            return text
        if not UNSAFE.sub("", text).strip():
            raise _Rejected("the text is empty")
        if "\0" in text:
            raise _Rejected("the text holds a NUL character")
        return text

    def _cut(self, text: str, cuts: list[str]) -> str:
        if len(text) <= self._limits.text_length:
            return text
        cuts.append(f"the text has {len(text):,} characters and was cut to {self._limits.text_length:,}")
        return text[: self._limits.text_length].rstrip()

    def _identity(self, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _Rejected(f"the id is {_kind(value)}, not a text or a number")
        identity = value.strip() if isinstance(value, str) else _digits(value)
        if len(identity) > self._limits.id_length:
            raise _Rejected(f"the id is longer than {self._limits.id_length} characters")
        return identity or None

    def _metadata(self, row: dict[str, JSON], cuts: list[str]) -> dict[str, JSON]:
        kept: dict[str, JSON] = {}
        room = self._limits.metadata_length
        mapped = self._mapped
        for name, value in row.items():
            if isinstance(value, str):
                if name in mapped:
                    continue
                room -= len(value)
            elif isinstance(value, list | dict):
                value = _storable(value)  # noqa: PLW2901
                room -= _weight(value)
            elif name in mapped:
                continue
            elif not isinstance(value, bool | None):
                value = _storable(value)  # noqa: PLW2901
            room -= len(name) + 20
            kept[name] = value
        return kept if room >= 0 else _within(kept, self._limits.metadata_length, cuts)


def _words(value: object, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Rejected(f"the text ({shown(name)!r}) is {_kind(value)}, not a text")
    return _digits(value)


def _by_another_name(row: Mapping[str, object]) -> str:
    by_name = {plain(name.rsplit(".", 1)[-1]): value for name, value in flat(row).items() if isinstance(value, str)}
    return next((text for name in TEXT_NAMES if (text := by_name.get(name, ""))), "")


def _digits(number: int | float) -> str:
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return str(number)


def _label(value: object) -> str | None:
    """Give an expected category as text; a list of texts is a path from the top down."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = " > ".join(part.strip() for part in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    label = value.strip() if isinstance(value, str) else _digits(value)
    return label.replace("\0", "") or None


def _storable(value: JSON) -> JSON:
    """Keep what every database and JSON writer can hold: integers beyond 64 bits become their digits."""
    if isinstance(value, int) and not -INT64 <= value < INT64:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {name: _storable(item) for name, item in value.items()}
    return value


def _weight(value: JSON) -> int:
    if isinstance(value, str):
        return len(value) + 20
    return len(json.dumps(value, ensure_ascii=False)) + 20 if isinstance(value, dict | list) else 20


def _within(kept: dict[str, JSON], room: int, cuts: list[str]) -> dict[str, JSON]:
    small: dict[str, JSON] = {}
    for name, value in kept.items():
        room -= _weight(value) + len(name)
        if room >= 0:
            small[name] = value
        else:
            room += _weight(value) + len(name)
            cuts.append(f"the field {shown(name[:50])!r} was left out: the row's other fields are too long")
            if len(cuts) >= 5:
                break
    return small


def _kind(value: object) -> str:
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
        type(None): "null",
        str: "a text",
    }
    return names.get(type(value), type(value).__name__)
