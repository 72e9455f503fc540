"""The body of POST /classify/async: read strictly after the contract, in pieces, with memory that does not grow.

The body is read twice: first all of it is checked and the options are taken, then the products are accepted. Faults
are told in the form of FastAPI's detail list, whose types and messages are pydantic's.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from classifier.errors import BrokenSyntax, ClassifierError
from classifier.products import FieldMapping, Limits, Problem, Product
from classifier.products.acceptance import Acceptance
from classifier.products.json_cursor import Cursor, Flaw
from classifier.products.json_rows import rows_of_list
from classifier.request_faults import N_FAULTS, Check, InvalidRequest, Loc, check_text, fault, not_an_object
from classifier.request_options import ID_LENGTH, READERS, RequestOptions

PIECE = 1 << 16
PRODUCTS = "products"


class TooManyProducts(ClassifierError):
    """The body has more products than the server takes."""


def read_options(stream: BinaryIO, limits: Limits) -> RequestOptions:
    """Check the whole body and return its options; raises InvalidRequest, TooManyProducts."""
    check, options = Check(), RequestOptions()
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


def _check_list(check: Check, value: object, is_second: bool) -> None:
    if is_second:
        check.add("value_error", (PRODUCTS,), "Value error, products is given twice")
    elif not isinstance(value, list):
        check.add("list_type", (PRODUCTS,), "Input should be a valid list", value)


def _check_product(check: Check, number: int, value: object) -> None:
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
        check_text(check, (*loc, "product_id"), value.get("product_id"), ID_LENGTH)
