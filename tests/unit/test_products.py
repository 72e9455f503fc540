"""Products out of JSON: what is accepted, what is refused and how it is said."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from classifier.products import (
    FieldMapping,
    Limits,
    NoProducts,
    Problem,
    Product,
    Severity,
    UnreadableFile,
    guess_mapping,
    parse,
)


def read(raw: bytes | str, **options: Any) -> tuple[list[Product], list[Problem]]:
    raw = raw.encode() if isinstance(raw, str) else raw
    items = list(parse(io.BytesIO(raw), **options))
    return [i for i in items if isinstance(i, Product)], [i for i in items if isinstance(i, Problem)]


def read_all(raw: bytes | str) -> tuple[list[Product], list[Problem]]:
    """Read to the end, also when no row can be used."""
    found: list[Product | Problem] = []
    raw = raw.encode() if isinstance(raw, str) else raw
    try:
        for item in parse(io.BytesIO(raw)):
            found.append(item)  # noqa: PERF402  # what came before the refusal counts
    except NoProducts:
        pass
    return [i for i in found if isinstance(i, Product)], [i for i in found if isinstance(i, Problem)]


def refusal(raw: bytes | str, **options: Any) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(raw, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400
    return sentence


def test_a_list_of_objects_gives_products_in_order() -> None:
    products, problems = read('[{"text":"arroz","product_id":"A1","expected":"10.2","brand":"x"},{"text":"leche"}]')
    assert products == [Product(0, "arroz", "A1", "10.2", {"brand": "x"}), Product(1, "leche")]
    assert problems == []


@pytest.mark.parametrize(
    "document",
    [
        '{"products":[{"text":"a"},{"text":"b"}]}',
        '{"meta":{"page":1,"tags":["x"]},"products":[{"text":"a"},{"text":"b"}],"n":2}',
        '{"resultado":{"total":2,"filas":[{"texto":"a"},{"texto":"b"}]}}',
        '["a","b"]',
        '{"text":"a"}\n{"text":"b"}\n',
        '{"text":"a"}\r\n\r\n{"text":"b"}',
        '{\n "text": "a"\n}\n{\n "text": "b"\n}',
        '[{"producto":{"nombre":"a"}},{"producto":{"nombre":"b"}}]',
    ],
)
def test_every_usual_shape_of_json_gives_its_products(document: str) -> None:
    products, problems = read(document)
    assert [p.text for p in products] == ["a", "b"]
    assert problems == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    products, _ = read('[{"text":"piña colada"}]'.encode(encoding))
    assert products[0].text == "piña colada"


def test_windows_1252_among_utf_8_is_read_and_said() -> None:
    products, problems = read(b'[{"text":"pi\xc3\xb1a"},{"text":"ca\xf1a \x80"}]')
    assert [p.text for p in products] == ["piña", "caña €"]
    assert [(p.severity, "2 bytes" in p.reason) for p in problems] == [(Severity.NOTE, True)]


@pytest.mark.parametrize(
    ("written", "identity"),
    [('"007"', "007"), ("7", "7"), ("7.0", "7"), ("7.5", "7.5"), ("null", None), ('" "', None), ("1" * 25, "1" * 25)],
)
def test_ids_become_text_faithfully(written: str, identity: str | None) -> None:
    products, _ = read(f'[{{"text":"a","id":"x"}},{{"text":"b","id":{written}}}]')
    assert products[1].product_id == identity


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{}", "no text"),
        ('{"text":null,"id":1}', "no text"),
        ('{"text":""}', "empty"),
        ('{"text":" \\u00a0\\u200b "}', "empty"),
        ('{"text":true}', "true or false"),
        ('{"text":["a"]}', "a list"),
        ('{"text":"a","id":true}', "id is true or false"),
        ('{"text":"a","id":{"b":[]}}', "id is an object"),
        ("5", "a number"),
        ("null", "null"),
        ("[]", "a list"),
        ('{"text":"a","p":' + "9" * 5000 + "}", "too many digits"),
        ('{"text":"\\ud800"}', "surrogate"),
        ('{"text":"a","\\udc00":1}', "surrogate"),
        ('{"text":"a\\u0000"}', "NUL"),
        ('{"text":"a","text":"b"}', "appears twice"),
        ('{"text":"a","deep":' + "[" * 70 + "]" * 70 + "}", "nested deeper"),
        ("[" * 100_000 + "]" * 100_000, "nested deeper"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested deeper"),
        ('{"text":"' + "x" * 1_100_000 + '"}', "longer than"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_alone(row: str, reason: str) -> None:
    products, problems = read('[{"text":"first","id":"1"},' + row + ',{"text":"last","id":"2"}]')
    assert [p.text for p in products] == ["first", "last"]
    assert [p.position for p in products] == [0, 1]
    assert [p.place for p in problems] == ["[1]"]
    assert problems[0].severity is Severity.REJECTED
    assert reason in problems[0].reason
    assert len(problems[0].raw) <= 200


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "empty"),
        (" \n\t", "blank"),
        ("[]", "list is empty"),
        ('{"products":[]}', "list is empty"),
        ("{}", "no list"),
        ('[{"text":"a', "ends inside a text (line 1, column 12)"),
        ('{"data":[{"text":"b"', "ends in the middle (line 1, column 21)"),
        ("[" * 100_000, "ends in the middle"),
        ('{"a":' * 100_000, ""),
        ('[{"text":"a"}] x', "follows"),
        ('[{"text":"a"}, a note\n]', "line 1, column 16"),
        ('{"a":[{"t":"x"}],"b":[{"t":"y"}]}', "several lists (a, b)"),
        ('{"products":[{"text":"a"}],"products":[{"text":"b"}]}', "appears twice"),
        ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "binary"),
        ("%PDF-1.7 ...", "PDF"),
        ("<html><body>text,id</body></html>", "web page"),
        ("hello", "nothing in it looks like products"),
        ("123", "a single value"),
        ('[{"text":""},{"x":1}]', "None of the 2 rows can be used; the first: the text is empty."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_one_sentence(document: str, said: str) -> None:
    assert said in refusal(document.encode("latin-1"))


def test_a_broken_line_of_json_lines_does_not_stop_the_others() -> None:
    products, problems = read('{"text":"a"}\n{"text":"b"\n{"text":"c"} x\nnonsense\n{"text":"d"}\n')
    assert [p.text for p in products] == ["a", "d"]
    assert [p.place for p in problems] == ["line 2", "line 3", "line 4"]
    assert problems[0].raw == '{"text":"b"'


@pytest.mark.parametrize(
    ("broken", "texts"),
    [
        ('[{"text":"a"},{"text":"b"},]', ["a", "b"]),
        ('[{"text":"jamón "ibérico" curado","id":1}]', ['jamón "ibérico" curado']),
        ("[{'text':'a'},{'text':'b'}]", ["a", "b"]),
        ('[{"text":"a"} {"text":"b"}]', ["a", "b"]),
    ],
)
def test_nearly_valid_json_is_mended_and_the_report_says_so(broken: str, texts: list[str]) -> None:
    products, problems = read(broken)
    assert [p.text for p in products] == texts
    assert [p.severity for p in problems] == [Severity.NOTE]
    assert "mended" in problems[0].reason
    assert "line 1, column" in problems[0].reason


def test_a_text_over_the_limit_is_cut_and_said() -> None:
    products, problems = read(json.dumps([{"text": "x" * 3000}]))
    assert len(products[0].text) == 2000
    assert [(p.severity, p.place) for p in problems] == [(Severity.CUT, "[0]")]


def test_metadata_over_the_limit_is_left_out_and_said() -> None:
    products, problems = read(json.dumps([{"text": "a", "small": 1, "large": "y" * 30_000}]))
    assert products[0].metadata == {"small": 1}
    assert "'large' was left out" in problems[0].reason


def test_an_integer_beyond_64_bits_stays_as_its_digits() -> None:
    products, _ = read('[{"text":"a","n":18446744073709551616,"m":[9223372036854775807]}]')
    assert products[0].metadata == {"n": "18446744073709551616", "m": [2**63 - 1]}


def test_limits_on_rows_and_bytes_are_said() -> None:
    assert "2 rows" in refusal('["a","b","c"]', limits=Limits(n_rows=2))
    assert "20 bytes" in refusal('["aaaaaaaaaa","bbbbbbbbbbbbbb"]', limits=Limits(n_bytes=20))


def test_a_list_of_names_in_expected_is_a_path() -> None:
    products, _ = read('[{"title":"té verde","categories":["Bebidas","Té"]}]')
    assert products[0].expected == "Bebidas > Té"


def test_a_raw_value_is_shown_without_what_could_harm() -> None:
    _, problems = read('[{"text":"ok"},{"id":"\\u202e\\u0007\\u2028<b>"}]')
    assert problems[0].raw == '{"id": "\\u202e\\u0007\\u2028<b>"}'


@pytest.mark.parametrize(
    ("row", "text", "identity", "expected"),
    [
        ({"Código": "1", "Descripción del producto": "Arroz", "Categoría": "Granos"}, 1, 0, 2),
        ({"sku": "1", "product_name": "Rice", "category_path": "Food"}, 1, 0, 2),
        ({"search_term": "arroz", "product_id": "3"}, 0, 1, None),
        ({"item": "1234", "descripcion": "Arroz blanco"}, 1, None, None),
        ({"label": "arroz blanco", "id": 4}, 0, 1, None),
        ({"foo": "arroz blanco largo", "bar": "x1"}, 0, None, None),
    ],
)
def test_fields_are_guessed_from_their_names_and_values(
    row: dict[str, object], text: int, identity: int | None, expected: int | None
) -> None:
    names = list(row)
    guessed = guess_mapping([row])
    assert guessed.text == (names[text],)
    assert guessed.product_id == (None if identity is None else names[identity])
    assert guessed.expected == (None if expected is None else names[expected])


def test_a_chosen_mapping_joins_fields_and_keeps_the_rest() -> None:
    chosen = FieldMapping(("name", "brand.name"), product_id="ref", expected="cat", language="lang")
    raw = '[{"name":"arroz","brand":{"name":"Sos"},"ref":1,"cat":"G","lang":"es","store":"Habana"}]'
    products, _ = read(raw, mapping=chosen)
    assert products == [Product(0, "arroz Sos", "1", "G", {"brand": {"name": "Sos"}, "store": "Habana"}, "es")]


def test_rows_of_another_shape_are_read_by_their_own_names() -> None:
    products, problems = read('[{"text":"a","id":"1"},{"nombre":"leche","sku":"2"},{"brand":"x"}]')
    assert [(p.text, p.product_id) for p in products] == [("a", "1"), ("leche", "2")]
    assert [p.place for p in problems] == ["[2]"]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON_VALUES | st.fixed_dictionaries({"text": st.text(max_size=20)}), max_size=8))
def test_every_row_of_any_json_list_is_accepted_or_rejected_once(rows: list[object]) -> None:
    assume(not (rows and isinstance(rows[0], list)))  # a table written as lists has a header: tested apart
    products, problems = read_all(json.dumps(rows))
    rejected = [p for p in problems if p.severity is Severity.REJECTED]
    assert len(products) + len(rejected) == len(rows)
    assert [p.position for p in products] == list(range(len(products)))
    for product in products:
        product.text.encode()
        json.dumps(dict(product.metadata), allow_nan=False).encode()


@given(
    st.binary(max_size=300)
    | st.text(alphabet='[]{}",:\\x1eE-.tfn\n\ud800 ', max_size=200).map(lambda t: t.encode("utf-8", "ignore"))
)
def test_no_bytes_do_more_than_raise_one_sentence(raw: bytes) -> None:
    try:
        list(parse(io.BytesIO(raw)))
    except UnreadableFile as error:
        assert str(error).endswith(".")  # noqa: PT017  # not raising is right too


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(lambda t: t.strip() and t.isprintable()), min_size=1, max_size=20),
    st.integers(1, 40),
)
def test_where_chunks_end_does_not_matter(texts: list[str], size: int) -> None:
    class Dripping(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            return super().read(size if _size is None or _size > size else _size)

    raw = json.dumps([{"text": text, "n": n * 1.5} for n, text in enumerate(texts)], ensure_ascii=False).encode()
    whole, dripped = list(parse(io.BytesIO(raw))), list(parse(Dripping(raw)))
    assert whole == dripped
    assert [p.text for p in whole if isinstance(p, Product)] == [text.strip() for text in texts]
