"""From a row to a product, or to the reason why it is none."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping

from classifier.errors import UnreadableFile
from classifier.products.json_cursor import Flaw
from classifier.products.json_rows import Row
from classifier.products.mapping import FieldMapping, guess_mapping, lookup
from classifier.products.product import JSON, UNSAFE, Limits, Problem, Product, Severity, shown

INT64 = 2**63
MAX_SHAPES = 1_000


class _Rejected(Exception):
    """The row is none that can be classified, for this reason."""


class _NoText(_Rejected):
    """The row has none of the text fields."""


class Acceptance:
    """Accepts rows one after the other and numbers the products."""

    def __init__(self, mapping: FieldMapping, limits: Limits) -> None:
        self.n_accepted = 0
        self.n_rows = 0
        self.first_refusal = ""  # why the first refused row was refused
        self._limits = limits
        self._fields = Fields(mapping, limits)
        self._by_shape: dict[tuple[str, ...], Fields] = {}

    def use(self, mapping: FieldMapping) -> None:
        """Read the rows from here on by another mapping."""
        self._fields = Fields(mapping, self._limits)

    def rows(self, rows: Iterable[Row]) -> Iterator[Product | Problem]:
        """Yield what `row` returns of each; raises UnreadableFile when there are more rows than the limit."""
        for place, number, value in rows:
            if self.n_rows >= self._limits.n_rows:
                raise UnreadableFile(f"The file has more than the limit of {self._limits.n_rows:,} rows.")
            found = self.row(place, number, value)
            if len(found) == 1:
                yield found[0]
            else:
                yield from found

    def row(self, place: str, number: int, value: object) -> list[Product | Problem]:
        """Return the row's product and what was cut from it, or one problem with severity REJECTED."""
        self.n_rows += 1
        cuts: list[str] = []
        try:
            if isinstance(value, dict):
                product = self._of_object(value, cuts)
            elif isinstance(value, Flaw):
                self.first_refusal = self.first_refusal or value.reason
                return [Problem(place % number, value.reason, value.raw)]
            elif isinstance(value, str):
                product = Product(self.n_accepted, self._fields.cut(sound(value), cuts))
            else:
                raise _Rejected(f"{_kind(value)}, neither an object nor a text")
        except _Rejected as refusal:
            self.first_refusal = self.first_refusal or str(refusal)
            return [Problem(place % number, str(refusal), shown(value))]
        self.n_accepted += 1
        if not cuts:
            return [product]
        return [product, *(Problem(place % number, reason, shown(value), Severity.CUT) for reason in cuts)]

    def _of_object(self, row: dict[str, JSON], cuts: list[str]) -> Product:
        try:
            return self._fields.product(self.n_accepted, row, cuts)
        except _NoText:
            if not self._fields.mapping.guessed:
                raise
        return self._by_its_own_names(row).product(self.n_accepted, row, cuts)

    def _by_its_own_names(self, row: dict[str, JSON]) -> Fields:
        """Find the fields of a row that has not the guessed text field: by well-known names only, no wild guess."""
        shape = tuple(row)
        if shape not in self._by_shape:
            if len(self._by_shape) > MAX_SHAPES:
                self._by_shape.clear()
            mapping = guess_mapping([row], by_name_only=True)
            self._by_shape[shape] = Fields(mapping, self._limits) if mapping.text else self._fields
        return self._by_shape[shape]


class Fields:
    """Takes products out of objects by one mapping."""

    def __init__(self, mapping: FieldMapping, limits: Limits) -> None:
        self.mapping, self._limits = mapping, limits
        names = (*mapping.text, mapping.product_id, mapping.expected, mapping.language)
        self._mapped = {name.split(".")[0] for name in names if name} | {name for name in names if name}
        self._text_name = mapping.text[0] if len(mapping.text) == 1 else ""  # the usual case, made fast
        self._is_inside = any("." in name for name in self._mapped)  # of an object whose other fields are kept
        self._find = _found if self._is_inside else _at_once

    def product(self, position: int, row: dict[str, JSON], cuts: list[str]) -> Product:
        """Make a product of a row and say what was cut; raises _Rejected, _NoText when the fields are missing."""
        mapping = self.mapping
        text = row.get(self._text_name)
        text = sound(text) if isinstance(text, str) and text else self._text(row)
        if len(text) > self._limits.text_length:
            text = self.cut(text, cuts)
        find = self._find
        identity, expected = find(row, mapping.product_id), find(row, mapping.expected)
        language = find(row, mapping.language) if mapping.language else None
        metadata = self._metadata(row, cuts)
        if isinstance(expected, list | dict) and mapping.expected in row:
            metadata[mapping.expected] = storable(expected)
        return Product(
            position, text, None if identity is None else self._identity(identity),
            self._expected(expected, cuts) if expected else None, metadata,
            language.strip()[:35] or None if isinstance(language, str) else None,
        )  # fmt: skip

    def _expected(self, value: object, cuts: list[str]) -> str | None:
        label = _label(value)
        if label is not None and len(label) > self._limits.expected_length:
            longest = self._limits.expected_length
            cuts.append(f"the expected category is longer than {longest} characters and was left out")
            return None
        return label

    def _text(self, row: Mapping[str, object]) -> str:
        found = [(name, lookup(row, name)) for name in self.mapping.text]
        if all(value is None for _, value in found):
            raise _NoText("no text" + (f" (the field {shown(found[0][0])!r} is missing)" if found else ""))
        return sound(" ".join(part for name, value in found if (part := _words(value, name))))

    def cut(self, text: str, cuts: list[str]) -> str:
        """Cut a text to the limit and say so."""
        if len(text) <= self._limits.text_length:
            return text
        cuts.append(f"the text has {len(text):,} characters and was cut to {self._limits.text_length:,}")
        return text[: self._limits.text_length].rstrip()

    def _identity(self, value: object) -> str | None:
        if value is None or value != value:  # NaN
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _Rejected(f"the id is {_kind(value)}, not a text or a number")
        identity = value.strip() if isinstance(value, str) else _digits(value)
        if len(identity) > self._limits.id_length:
            raise _Rejected(f"the id is longer than {self._limits.id_length} characters")
        return identity or None

    def _metadata(self, row: dict[str, JSON], cuts: list[str]) -> dict[str, JSON]:
        kept = row.copy()
        for name in self._mapped:
            kept.pop(name, None)
        room = self._limits.metadata_length - sum(map(len, kept)) - 20 * len(kept)
        for value in kept.values():
            if value.__class__ is str:  # twice as fast as isinstance, and most of what is done here
                room -= len(value)
            elif value is not None and not _is_plain_number(value):
                return self._looked_into(row, cuts)
        return self._looked_into(row, cuts) if room < 0 or self._is_inside else kept

    def _looked_into(self, row: dict[str, JSON], cuts: list[str]) -> dict[str, JSON]:
        """Keep what can be stored: numbers that JSON has, and objects of which only a part is mapped."""
        kept: dict[str, JSON] = {}
        room = self._limits.metadata_length
        for name, value in row.items():
            if isinstance(value, list | dict):
                value = storable(value)  # noqa: PLW2901
                room -= _weight(value)
            elif name in self._mapped:
                continue
            elif isinstance(value, str):
                room -= len(value)
            elif isinstance(value, float) and not math.isfinite(value):
                cuts.append(f"the field {shown(name[:50])!r} is {value} and was left empty: JSON has no such number")
                value = None  # noqa: PLW2901
            elif not isinstance(value, bool | None):
                value = storable(value)  # noqa: PLW2901
            room -= len(name) + 20
            kept[name] = value
        return kept if room >= 0 else _within(kept, self._limits.metadata_length, cuts)


def _found(row: dict[str, JSON], name: str | None) -> JSON:
    if name is None:
        return None
    return row[name] if name in row else lookup(row, name)


def _at_once(row: dict[str, JSON], name: str | None) -> JSON:
    return row.get(name)  # type: ignore[arg-type]


def _words(value: object, name: str) -> str:
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Rejected(f"the text ({shown(name)!r}) is {_kind(value)}, not a text")
    return _digits(value)


def sound(text: str) -> str:
    """Give a text without outer space; raises _Rejected when nothing is left or it cannot be stored."""
    text = text.strip()
    if text and text.isprintable():
        return text
    if not UNSAFE.sub("", text).strip():
        raise _Rejected("the text is empty")
    if "\0" in text:
        raise _Rejected("the text holds a NUL character")
    return text


def _digits(number: int | float) -> str:
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return str(number)


def _label(value: object) -> str | None:
    """Give an expected category as text; a list of texts is a path from the top down."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = " > ".join(part.strip() for part in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value != value:
        return None
    label = value.strip() if isinstance(value, str) else _digits(value)
    return label.replace("\0", "") or None


def storable(value: JSON) -> JSON:
    """Keep what every database and JSON writer can hold: integers beyond 64 bits become their digits."""
    if isinstance(value, int) and not -INT64 <= value < INT64:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {name: storable(item) for name, item in value.items()}
    return value


def _is_plain_number(value: object) -> bool:
    return -INT64 <= value < INT64 if isinstance(value, int | float) else False


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
