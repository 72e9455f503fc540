"""Files as people really send them, one of each kind: the right rows come in, or one true sentence comes out."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Iterable

import openpyxl
import pytest

from classifier.errors import UnreadableFile
from classifier.products import Problem, Product, Severity, guess_mapping, parse
from classifier.products.repair import repaired

ROWS = [("A-1", "Leche entera", "0104"), ("A-2", "Jamón, en lonchas", "0201"), ("A-3", "Piña", "0305")]
NAMES = ("product_id", "text", "expected")
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
TEXTS = [row[1] for row in ROWS]


def read(raw: bytes | str) -> tuple[list[Product], list[Problem]]:
    items = list(parse(io.BytesIO(raw.encode() if isinstance(raw, str) else raw)))
    return [i for i in items if isinstance(i, Product)], [i for i in items if isinstance(i, Problem)]


def dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    "document",
    [
        {name: [row[n] for row in ROWS] for n, name in enumerate(NAMES)},
        {name: {str(i): row[n] for i, row in enumerate(ROWS)} for n, name in enumerate(NAMES)},
        {"columns": NAMES, "index": [0, 1, 2], "data": ROWS},
        {"schema": {"fields": [{"name": name} for name in NAMES]}, "data": OBJECTS},
        [NAMES, *ROWS],
        [OBJECTS[:1], OBJECTS[1:]],
        {row["product_id"]: {"text": row["text"], "expected": row["expected"]} for row in OBJECTS},
        {"products": {row["product_id"]: row for row in OBJECTS}},
        [{"page": 1, "items": OBJECTS[:2]}, {"page": 2, "items": OBJECTS[2:]}],
        {"data": {"items": OBJECTS, "total": 3}, "meta": {"tags": ["a", "b"]}},
        {"data": {"products": {"edges": [{"node": {"id": i, "title": t, "category": c}} for i, t, c in ROWS]}}},
        {"hits": {"hits": [{"_source": row} for row in OBJECTS]}},
    ],
    ids=range(12),
)
def test_json_of_any_shape_gives_the_same_products(document: object) -> None:
    products, problems = read(dumped(document))
    assert {p.product_id for p in products} in ({"A-1", "A-2", "A-3"}, {None})
    assert [p.text for p in products] == TEXTS
    assert not problems


def test_groups_of_products_keep_their_group() -> None:
    products, _ = read(dumped({group: [{"name": f"{group} {n}"} for n in (1, 2)] for group in ("pan", "leche", "té")}))
    assert [(p.text, p.expected) for p in products][:3] == [("pan 1", "pan"), ("pan 2", "pan"), ("leche 1", "leche")]


@pytest.mark.parametrize(
    ("raw", "n_rows"),
    [
        ("[\n// productos\n" + dumped(OBJECTS)[1:], 3),
        ("# productos\n" + dumped(OBJECTS), 3),
        (str(OBJECTS), 3),
        (str([{"text": "pan d'or", "x": None, "ok": True}, {"text": "ajo", "x": 1, "ok": False}]), 2),
        (r'[{"text":"C:\leche"},{"text":"pan"}]', 2),
        ('[{"text":"leche "entera" 1L"},{"text":"pan"}]', 2),
        ('[{"text":"leche",},{"text":"pan"},]', 2),
        (dumped(OBJECTS) + "]", 3),
        ('[{"text":"leche","price":NaN},{"text":"pan"},]', 2),
    ],
)
def test_nearly_valid_json_is_mended_and_the_report_says_where(raw: str, n_rows: int) -> None:
    products, problems = read(raw)
    assert len(products) == n_rows
    assert any("mended" in p.reason and "line" in p.reason and "column" in p.reason for p in problems)


@pytest.mark.parametrize(
    "raw",
    [
        "".join(map(dumped, OBJECTS)),
        ",\n".join(map(dumped, OBJECTS)),
        ",\n".join(map(dumped, OBJECTS)) + ",",
        dumped(OBJECTS[:1]) + "\n" + dumped(OBJECTS[1:]),
        "\n".join(dumped(list(row)) for row in [NAMES, *ROWS]),
    ],
)
def test_values_one_after_the_other_are_rows(raw: str) -> None:
    assert [p.text for p in read(raw)[0]] == TEXTS


def test_a_number_that_json_does_not_have_is_left_empty_and_told() -> None:
    products, problems = read('[{"text":"pan","price":NaN,"tax":1e400},{"text":"ajo","price":1}]')
    assert [dict(p.metadata) for p in products] == [{"price": None, "tax": None}, {"price": 1}]
    assert [(p.severity, "was left empty" in p.reason) for p in problems] == [(Severity.CUT, True)] * 2


def test_a_file_that_breaks_off_keeps_its_whole_rows_and_says_where_it_ends() -> None:
    whole = dumped(OBJECTS * 100)
    products, problems = read(whole[:-40])
    assert len(products) == 299
    assert [p.reason.startswith("the file breaks off here: line 1, column") for p in problems] == [True]


@pytest.mark.parametrize(
    "raw",
    [
        "Informe de ventas\nFecha: 2026-11-01\n\nCódigo;Descripción;Categoría\n1;Leche;a\n2;Pan;b\n",
        "Listado,,\nGenerado,2026-11-01,\n,,\nSKU,Product Name,Category\n1,Leche,a\n2,Pan,b\n",
        "# ----\n# Search terms\n# ----\n\nSearch term,Views\nLeche,10\nPan,9\n",
        "".join(f"# {n}\n" for n in range(8)) + "id;texto;marca\n1;Leche;a\n2;Pan;b\n",
        "id,text\n1,Leche\nid,text\n2,Pan\n",
        "| id | text |\n|----|------|\n| 1 | Leche |\n| 2 | Pan |\n",
        "id^text^brand\n1^Leche^x\n2^Pan^y\n",
        "id\x01text\x01brand\n1\x01Leche\x01x\n2\x01Pan\x01y\n",
        "id,text\r\n1,Leche\r\n2,Pan\r\n\x1a",
        "sep=;\r\nid;text\r\n1;Leche\r\n2;Pan\r\n",
    ],
)
def test_a_table_is_found_in_what_stands_around_it(raw: str) -> None:
    products, problems = read(raw)
    assert [p.text for p in products] == ["Leche", "Pan"]
    assert all(p.severity is Severity.NOTE for p in problems)


def test_lines_left_out_above_a_header_are_told() -> None:
    _, problems = read("Informe\n\nid;texto\n1;Leche\nid;texto\n2;Pan\n")
    assert [p.reason for p in problems] == ["2 lines above the header were left out",
                                            "1 rows repeat the header and were left out"]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"INSERT INTO p (id, text) VALUES (1, 'leche');\nINSERT INTO p (id, text) VALUES (2, 'pan');\n", "script"),
        (b"products:\n  - id: 1\n    text: leche\n  - id: 2\n    text: pan\n", "nothing in it looks like products"),
        (b'{"error":"not found","status":404}', "error message"),
        (b'"leche"', "single value"),
        (gzip.compress(bytes(1 << 26), 9), "grows beyond the limit"),
        (gzip.compress(b"id,text\n" + b"1,leche\n" * 4_000_000, 9), "grows beyond the limit"),
        (bz2.compress(b"id,text\n1,leche\n"), "binary"),
        (b"{" * 100_000, "not valid JSON"),
        (b'{"a":[{"text":"x"}],"b":[{"text":"y"}]}', "several lists (a, b)"),
    ],
)
def test_what_is_no_table_of_products_is_refused_with_one_true_sentence(raw: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(raw)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def packed(files: Iterable[tuple[str, str | bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


def test_a_note_beside_the_one_table_of_an_archive_is_no_riddle() -> None:
    products, _ = read(packed([("LEEME.txt", "hola"), ("__MACOSX/._p.csv", b"\0"), ("p.csv", "id,text\n1,Leche\n")]))
    assert [p.text for p in products] == ["Leche"]


def test_an_archive_that_tells_of_too_much_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(UnreadableFile, match="grows beyond the limit"):
        read(packed([("p.csv", b"id,text\n" + b"1,leche\n" * 4_000_000)]))


def test_text_that_would_keep_json_repair_busy_for_hours_is_given_up_in_seconds() -> None:
    assert repaired('["' + 'a"b' * 100_000 + '"]') is None


@pytest.mark.parametrize(("header", "text", "product_id", "expected"), [
    ("Nº artículo;Denominación;Estante bueno", "Denominación", "Nº artículo", "Estante bueno"),
    ("Cód. barras;Desc. artículo;Rubro", "Desc. artículo", "Cód. barras", "Rubro"),
    ("EAN;Nombre del producto (web);Sección/Familia/Subfamilia", "Nombre del producto (web)", "EAN",
     "Sección/Familia/Subfamilia"),
    ("SKU interno;Desc. art.;Subfamilia", "Desc. art.", "SKU interno", "Subfamilia"),
    ("Item No.;Item Desc;Shelf", "Item Desc", "Item No.", "Shelf"),
    ("código;nome do produto;seção", "nome do produto", "código", "seção"),
])  # fmt: skip
def test_shortened_and_odd_headers_are_understood(header: str, text: str, product_id: str, expected: str) -> None:
    order = (product_id, text, expected)
    rows = [dict(zip(order, (f"75010553000{n}", f"Pan blanco {n}", "Panadería"), strict=True)) for n in range(10, 14)]
    guessed = guess_mapping(rows)
    assert (guessed.text, guessed.product_id, guessed.expected) == ((text,), product_id, expected)
    lines = "\n".join([header, *(";".join(row[name] for name in header.split(";")) for row in rows)])
    found = [item for item in parse(io.BytesIO(lines.encode())) if isinstance(item, Product)]
    assert [(p.text, p.product_id, p.expected) for p in found] == [
        (row[text], row[product_id], row[expected]) for row in rows
    ]


def zipped(**files: bytes | str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return target.getvalue()


def test_tables_of_one_shape_in_an_archive_are_read_as_one_and_named() -> None:
    one, two = "id;texto;precio\nA-1;Leche;10\nA-2;;3\n", "texto,id,precio\nPan,B-1,4\n"
    items = list(parse(io.BytesIO(zipped(enero__csv=one, febrero__csv=two, leeme__txt="Precios de 2026"))))
    products = [item for item in items if isinstance(item, Product)]
    assert [(p.product_id, p.text, p.metadata["source_file"]) for p in products] == [
        ("A-1", "Leche", "enero.csv"), ("B-1", "Pan", "febrero.csv"),
    ]  # fmt: skip
    assert [p.place for p in items if isinstance(p, Problem)] == ["enero.csv line 3"]


@pytest.mark.parametrize(("archive", "part"), [
    (zipped(products__csv="id,text,price\n1,Leche,2\n", brands__csv="id,name\n1,Luz\n"),
     "2 tables with different fields (products.csv, brands.csv)"),
    (zipped(a__csv="id,text\n1,Leche\n", b__csv=""), "The archive's file b.csv cannot be used. The file is empty."),
    (zipped(a__csv="id,text\n1,Leche\n", b__csv=gzip.compress(b"id,text\n1,Leche\n")), "another archive"),
    (zipped(a__json="[]", b__csv=bytes(300_000_000)), "grows beyond the limit"),
    (zipped(**{f"t{n}__csv": "id,text\n1,Leche\n" for n in range(201)}), "201 files"),
])  # fmt: skip
def test_archives_of_tables_that_cannot_be_one_are_refused(archive: bytes, part: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(archive)
    assert part in str(caught.value)


def test_addresses_paths_and_constants_are_no_texts_and_flags_no_categories() -> None:
    rows = [
        {"name": f"projects/p/catalogs/c/products/{n}", "contact": f"sales@shop{n}.com", "country": "DE",
         "reviewed": n % 2 == 0, "title": f"Pan {n}"} for n in range(20)
    ]  # fmt: skip
    guessed = guess_mapping(rows)
    assert (guessed.text, guessed.expected) == (("title",), None)
    assert guess_mapping([{"country": "DE", "gtin": n} for n in range(20)]).text == ()
    images = [{"nameP": f"Televisor {n}", "images_url": f' "https://images.shop.com/large/{n}.jpg'} for n in range(20)]
    assert guess_mapping(images).text == ("nameP",)


def test_the_one_table_among_other_objects_is_found() -> None:
    groups = {f"Grupo {n}": [{"nome": f"Pão {n}", "preco": n}] for n in range(4)}
    told = {"empresa": "Loja", "images": {name: f"/img/{name}.jpg" for name in groups}, "categorias": groups}
    assert [p.text for p in read(dumped(told))[0]] == ["Pão 0", "Pão 1", "Pão 2", "Pão 3"]


def test_a_header_repeated_in_a_sheet_is_no_product() -> None:
    book = openpyxl.Workbook()
    for row in (("Código", "Descripción"), ("1", "Pan"), ("Código", "Descripción"), ("2", "Leche")):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    products, problems = read(target.getvalue())
    assert [p.text for p in products] == ["Pan", "Leche"]
    assert [(p.place, p.reason) for p in problems] == [("sheet Sheet row 3", "repeats the header")]
