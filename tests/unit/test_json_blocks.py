"""Rows that are read many at once come out as they do alone."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.products import FieldMapping, NoProducts, Problem, Product, Severity, parse

MAPPING = FieldMapping(("text",), "id")
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
LEAF = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | TEXT | st.sampled_from((10**400, -(2**63), 2**64 - 1))
    | st.floats() | st.sampled_from((":", '":', "},{", '{"text": 1}', "x : y", "\ud800", "\0", "1" * 30, "\\u0000"))
)  # fmt: skip
VALUE: st.SearchStrategy[object] = (
    LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(TEXT, LEAF, max_size=2) | st.just([[["x"]]]) | st.just([{}])
)
ROW = st.dictionaries(st.sampled_from(("text", "id", "brand", "a:b", "ñ")), VALUE, max_size=5)
ODD = (
    '{"text": "leche", "text": "pan"}', '{"text" :"leche","text":"pan"}', '{"te\\u0078t":"leche","text":"pan"}',
    '{"text":"a","n":1E400}', '{"text":"a","n":12345678901234567890123}', '{"text":"a","n":[18446744073709551616]}',
    '{"text":"\\ud83d\\ude00 café"}', '{"text":"\\ud83d"}', '{"text":"a\\u0000b"}', '{"text":"a","n":-0}',
    '{"text":"a","t":["x","y"]}', '{"text":"a","t":' + "[" * 80 + "]" * 80 + "}", "{}", '{"text":"a","n":NaN}',
    '"leche"', "7", "[]",
)  # fmt: skip
PLAIN = '{"text": "arroz", "id": 7}'


def found_in(document: str) -> list[tuple[object, ...]]:
    items: list[Product | Problem] = []
    try:
        for item in parse(io.BytesIO(document.encode("utf-8", "surrogatepass")), mapping=MAPPING):
            items.append(item)  # noqa: PERF402  (what came before the refusal counts)
    except NoProducts:
        pass
    return [
        (i.text, i.product_id, repr(i.metadata)) if isinstance(i, Product) else (i.reason, i.severity) for i in items
    ]


def of_each(rows: Sequence[str]) -> list[tuple[object, ...]]:
    """Give what each row comes to alone, in a list of its own (with a plain one, so that it is no single text)."""
    return [found for row in rows for found in found_in(f"[{PLAIN}\n,{row}]")[1:]]


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(ROW, min_size=3, max_size=12), is_ascii=st.booleans(), indent=st.sampled_from((None, 1)))
def test_a_row_in_a_list_gives_what_it_gives_alone(rows: list[dict[str, object]], is_ascii: bool, indent: int | None,
                                                   ) -> None:  # fmt: skip
    plain = [json.dumps(row, ensure_ascii=False, indent=indent) for row in rows]
    is_ascii = is_ascii or any("\ud800" in text for text in plain)
    told = [json.dumps(row, indent=indent) for row in rows] if is_ascii else plain
    assert found_in(f"[{PLAIN}," + ",\n".join(told) + f",{PLAIN}]")[1:-1] == of_each(told)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_row_among_plain_ones_is_seen_as_it_is_alone(odd: str) -> None:
    alone = of_each([odd])
    for document in (f"[{PLAIN},{PLAIN},{odd},{PLAIN},{PLAIN}]", f"{PLAIN}\n{PLAIN}\n{odd}\n{PLAIN}\n{PLAIN}"):
        found = found_in(document)
        assert found[2 : 2 + len(alone)] == alone
        assert [row[0] for row in found[2 + len(alone) :]] == ["arroz", "arroz"]


@given(n=st.integers(1, 700), at=st.integers(0, 699))
@example(n=700, at=699)
@settings(max_examples=30, deadline=None)
def test_the_broken_row_of_many_is_named_by_its_own_place(n: int, at: int) -> None:
    rows = [f'{{"text": "leche {i}", "id": "{i:0120d}"}}' for i in range(n)]
    at = min(at, n - 1)
    rows[at] = f'{{"text": "leche {at}", "n": NaN, "id": "{at}", "id": "other"}}'
    items = list(parse(io.BytesIO(("[" + ",\n".join([*rows, PLAIN]) + "]").encode())))
    problems = [item for item in items if isinstance(item, Problem)]
    assert [(p.place, p.severity) for p in problems] == [(f"[{at}]", Severity.REJECTED)]
    products = [item for item in items if isinstance(item, Product)]
    assert [p.position for p in products] == list(range(n))
