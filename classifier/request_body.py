"""The body of POST /classify/async: read strictly after the contract, in pieces, with memory that does not grow.

The body is read twice: first all of it is checked and the options are taken, then the products are accepted. Faults
are told in the form of FastAPI's detail list, whose types and messages are pydantic's.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from classifier.errors import BrokenSyntax, ClassifierError
from classifier.products import FieldMapping, Limits, Problem, Product
from classifier.products.acceptance import Acceptance
from classifier.products.json_cursor import Cursor, Flaw
from classifier.products.json_rows import rows_of_list
from classifier.spec import ENGINES

N_FAULTS = 20  # told in one answer
PIECE = 1 << 16
ID_LENGTH = 2_000
NAME_LENGTH = 200
PRODUCTS = "products"
Loc = tuple[str | int, ...]
Fault = dict[str, Any]


class InvalidRequest(ClassifierError):
    """The body breaks the contract; faults is FastAPI's detail list."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(str(faults[0]["msg"]))
        self.faults = faults


class TooManyProducts(ClassifierError):
    """The body has more products than the server takes."""


@dataclass
class RequestOptions:
    """What a body asks for beside its products; None where it does not say."""

    n_products: int = 0
    priority: int | None = None
    callback_url: str | None = None
    taxonomy: str | None = None
    engine: str | None = None
    model: str | None = None
    budget_usd: Decimal | None = None
    threshold: float | None = None
    learn: bool | None = None
    learn_expected: bool | None = None


@dataclass
class _Check:
    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: str, loc: Loc, msg: str, value: object = None, **ctx: Any) -> None:
        if len(self.faults) >= N_FAULTS:
            raise InvalidRequest(self.faults)
        fault: Fault = {"type": kind, "loc": ["body", *loc], "msg": msg, "input": _echo(value)}
        self.faults.append(fault | ({"ctx": ctx} if ctx else {}))


def fault(kind: str, loc: Loc, msg: str, value: object = None, **ctx: Any) -> Fault:
    """Make one entry of FastAPI's detail list."""
    check = _Check()
    check.add(kind, loc, msg, value, **ctx)
    return check.faults[0]


def read_options(stream: BinaryIO, limits: Limits) -> RequestOptions:
    """Check the whole body and return its options; raises InvalidRequest, TooManyProducts."""
    check, options = _Check(), RequestOptions()
    seen: object = None  # the products: a list, or what stands in its place
    is_told = False
    try:
        for name, number, value in _entries(stream, limits):
            if number is not None:
                options.n_products += 1
                if options.n_products > limits.n_rows:
                    raise TooManyProducts(f"The request has more than {limits.n_rows:,} products.")
                _check_product(check, number, value)
            elif name == PRODUCTS:
                _check_list(check, value, is_told)
                seen, is_told = value, True
            elif name in READERS:
                setattr(options, name, READERS[name](check, name, value))
    except BrokenSyntax as error:
        broken = fault("json_invalid", (0,), "JSON decode error", {}, error=str(error))
        raise InvalidRequest([broken]) from error
    if not is_told:
        check.add("missing", (PRODUCTS,), "Field required", {})
    elif isinstance(seen, list) and not options.n_products:
        check.add("too_short", (PRODUCTS,), "List should have at least 1 item after validation, not 0", [],
                  field_type="List", min_length=1, actual_length=0)  # fmt: skip
    if check.faults:
        raise InvalidRequest(check.faults)
    return options


def read_products(stream: BinaryIO, limits: Limits) -> Iterator[Product | Problem]:
    """Yield the products of a body that `read_options` has accepted: text and id exactly as they were sent."""
    acceptance = Acceptance(FieldMapping(("text",), "product_id", "expected"), limits)
    position = 0
    for _, number, value in _entries(stream, limits):
        if number is None:
            continue
        assert isinstance(value, dict)
        text, product_id = value["text"][: limits.text_length], value.get("product_id")
        product = Product(position, text, product_id)
        for found in acceptance.row("products[%d]", number, {**value, "product_id": None}):
            if isinstance(found, Product):
                product = found._replace(position=position, text=text, product_id=product_id)
            elif text.strip():
                yield found
        yield product
        position += 1


def _entries(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str, int | None, object]]:
    """Yield (name, None, value) for each field, with [] for a list of products, then (name, number, value) for each."""
    cursor = Cursor(_text(stream), limits, is_strict=True)
    if not cursor.peek():
        cursor.fail_here("the body is empty")
    if cursor.peek() != "{":
        value = cursor.value()
        _end(cursor)
        raise InvalidRequest([not_an_object(value)])
    cursor.take("{")
    if cursor.peek() == "}":
        cursor.take("}")
        _end(cursor)
        return
    while True:
        if cursor.peek() != '"':
            cursor.fail_here("expected a name in double quotes")
        told = cursor.value()
        name = told if isinstance(told, str) else ""
        cursor.take(":")
        if name == PRODUCTS and cursor.peek() == "[":
            yield name, None, []
            for _, number, value in rows_of_list(cursor):
                yield name, number, value
        else:
            yield name, None, cursor.value()
        if cursor.take(",", "}") == "}":
            break
    _end(cursor)


def not_an_object(value: object, loc: Loc = ()) -> Fault:
    """Make the entry for a value that should have been an object."""
    msg = "Input should be a valid dictionary or object to extract fields from"
    return fault("model_attributes_type", loc, msg, value)


def _end(cursor: Cursor) -> None:
    if cursor.peek():
        cursor.fail_here("something follows the object")


def _text(stream: BinaryIO) -> Iterator[str]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while piece := stream.read(PIECE):
            if text := decoder.decode(piece):
                yield text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BrokenSyntax("The body is not UTF-8 text.") from error


def _check_list(check: _Check, value: object, is_second: bool) -> None:
    if is_second:
        check.add("value_error", (PRODUCTS,), "Value error, products is given twice")
    elif not isinstance(value, list):
        check.add("list_type", (PRODUCTS,), "Input should be a valid list", value)


def _check_product(check: _Check, number: int, value: object) -> None:
    loc: Loc = (PRODUCTS, number)
    if isinstance(value, Flaw):
        check.add("value_error", loc, f"Value error, {value.reason}", value.raw)
    elif not isinstance(value, dict):
        check.faults.append(not_an_object(value, loc))
        if len(check.faults) >= N_FAULTS:
            raise InvalidRequest(check.faults)
    else:
        if "text" not in value:
            check.add("missing", (*loc, "text"), "Field required", {})
        elif not isinstance(value["text"], str):
            check.add("string_type", (*loc, "text"), "Input should be a valid string", value["text"])
        _check_text(check, (*loc, "product_id"), value.get("product_id"), ID_LENGTH)


def _check_text(check: _Check, loc: Loc, value: object, length: int) -> str | None:
    if value is None:
        return None
    if isinstance(value, Flaw):
        check.add("value_error", loc, f"Value error, {value.reason}", value.raw)
        return None
    if not isinstance(value, str):
        check.add("string_type", loc, "Input should be a valid string", value)
        return None
    if len(value) > length:
        check.add("string_too_long", loc, f"String should have at most {length} characters", value[:50],
                  max_length=length)  # fmt: skip
    return value


def _priority(check: _Check, name: str, value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        check.add("int_type", (name,), "Input should be a valid integer", value)
    elif value < 1:
        check.add("greater_than_equal", (name,), "Input should be greater than or equal to 1", value, ge=1)
    else:
        check.add("less_than_equal", (name,), "Input should be less than or equal to 5", value, le=5)
    return None


def _engine(check: _Check, name: str, value: object) -> str | None:
    if value is None or value in ENGINES:
        return value
    wanted = " or ".join(repr(engine) for engine in ENGINES)
    check.add("literal_error", (name,), f"Input should be {wanted}", value, expected=wanted)
    return None


def _budget(check: _Check, name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        check.add("decimal_type", (name,), "Input should be a number of USD", value)
    elif value <= 0:
        check.add("greater_than", (name,), "Input should be greater than 0", value, gt=0)
    elif value > 1_000_000:
        check.add("less_than_equal", (name,), "Input should be less than or equal to 1000000", value, le=1_000_000)
    else:
        return Decimal(str(value))
    return None


def _share(check: _Check, name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        check.add("float_type", (name,), "Input should be a valid number", value)
    elif not value >= 0:
        check.add("greater_than_equal", (name,), "Input should be greater than or equal to 0", value, ge=0)
    elif value > 1:
        check.add("less_than_equal", (name,), "Input should be less than or equal to 1", value, le=1)
    else:
        return float(value)
    return None


def _switch(check: _Check, name: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    check.add("bool_type", (name,), "Input should be a valid boolean", value)
    return None


def _short(check: _Check, name: str, value: object) -> str | None:
    return _check_text(check, (name,), value, NAME_LENGTH) or None  # an empty name is none


def _url(check: _Check, name: str, value: object) -> str | None:
    return _check_text(check, (name,), value, ID_LENGTH) or None


READERS: dict[str, Callable[[_Check, str, object], Any]] = {
    "priority": _priority, "callback_url": _url, "taxonomy": _short, "engine": _engine, "model": _short,
    "budget_usd": _budget, "threshold": _share, "learn": _switch, "learn_expected": _switch,
}  # fmt: skip


def _echo(value: object) -> object:
    """Give back what was sent where it is small."""
    if value is None or isinstance(value, bool | float) or value in ({}, []):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    return value[:200] if isinstance(value, str) else None
