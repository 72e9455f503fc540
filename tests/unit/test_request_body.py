"""The body of POST /classify/async, read in pieces: never looser or stricter than the old system's model."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifier.products import Limits, Product
from classifier.request_body import TooManyProducts, read_options, read_products
from classifier.request_faults import InvalidRequest


class OldProduct(BaseModel):
    model_config = ConfigDict(strict=True)
    text: str
    product_id: str | None = None


class OldRequest(BaseModel):
    model_config = ConfigDict(strict=True)
    products: list[OldProduct] = Field(min_length=1)
    priority: int | None = Field(1, ge=1, le=5)
    callback_url: str | None = None


safe_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-10, 10) | safe_text
product = st.dictionaries(st.sampled_from(["text", "product_id", "brand"]), scalars, max_size=3)
good = st.fixed_dictionaries({"text": safe_text}, optional={"product_id": st.none() | safe_text})
bodies = st.dictionaries(
    st.sampled_from(["products", "priority", "callback_url", "other"]),
    scalars | st.lists(good | product | scalars, max_size=4), max_size=4,
)  # fmt: skip
bodies |= st.fixed_dictionaries({"products": st.lists(good, min_size=1, max_size=4)}, optional={"priority": scalars})


@given(bodies)
def test_a_body_is_accepted_exactly_when_the_old_model_accepts_it(body: dict[str, Any]) -> None:
    stream = io.BytesIO(json.dumps(body).encode())
    try:
        wanted = OldRequest.model_validate(body)
    except ValidationError as error:
        by_fastapi = {"model_type": "model_attributes_type"}  # FastAPI validates from attributes
        wrong = {(by_fastapi.get(fault["type"], fault["type"]), *fault["loc"]) for fault in error.errors()}
        with pytest.raises(InvalidRequest) as told:
            read_options(stream, Limits())
        assert {(fault["type"], *fault["loc"][1:]) for fault in told.value.faults} == wrong
        return
    options = read_options(stream, Limits())
    assert (options.priority or 1) == (wanted.priority or 1)
    found = [row for row in read_products(stream, Limits()) if isinstance(row, Product)]
    assert [(p.text, p.product_id) for p in found] == [(p.text, p.product_id) for p in wanted.products]
    assert [p.position for p in found] == list(range(len(found)))


@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_the_reader(body: bytes) -> None:
    try:
        read_options(io.BytesIO(body), Limits())
    except InvalidRequest as error:
        assert "body" in json.dumps(error.faults)  # noqa: PT017


def test_options_may_stand_before_and_after_the_products() -> None:
    body = b'{"priority": 3, "products": [{"text": "a"}], "engine": "local", "budget_usd": 1.5, "model": ""}'
    options = read_options(io.BytesIO(body), Limits())
    assert (options.priority, options.engine, str(options.budget_usd), options.model) == (3, "local", "1.5", None)


def test_more_products_than_the_limit_are_told_apart_from_a_broken_rule() -> None:
    with pytest.raises(TooManyProducts):
        read_options(io.BytesIO(b'{"products": [{"text": "a"}, {"text": "b"}]}'), Limits(n_rows=1))


def test_a_long_text_is_cut_and_the_report_says_so() -> None:
    body = json.dumps({"products": [{"text": "x" * 5_000}]}).encode()
    product, *problems = sorted(read_products(io.BytesIO(body), Limits()), key=lambda row: not isinstance(row, Product))
    assert isinstance(product, Product)
    assert len(product.text) == 2_000
    assert problems
