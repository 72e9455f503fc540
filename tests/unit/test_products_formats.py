"""Products out of tables and packed files: the same products, whatever the format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile

import openpyxl  # type: ignore[import-untyped]
import pyarrow  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from classifier.products import ImportReport, Limits, Problem, Product, Severity, UnreadableFile, parse, preview

Rows = list[dict[str, str]]


def read(raw: bytes, limits: Limits | None = None) -> tuple[list[Product], list[Problem]]:
    items = list(parse(io.BytesIO(raw), limits or Limits()))
    return [i for i in items if isinstance(i, Product)], [i for i in items if isinstance(i, Problem)]


def refusal(raw: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(raw, limits)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def as_csv(rows: Rows, delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_xlsx(sheets: dict[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_parquet(columns: dict[str, list[object]]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def as_zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def in_every_format(rows: Rows) -> dict[str, bytes]:
    header = list(rows[0])
    document = json.dumps(rows).encode()
    table = [header, *([row[name] for name in header] for row in rows)]
    return {
        "json": document,
        "products": json.dumps({"version": 1, "products": rows}, indent=1, ensure_ascii=False).encode(),
        "jsonl": "\n".join(json.dumps(row) for row in rows).encode(),
        "csv": as_csv(rows).encode(),
        "semicolon with a mark": as_csv(rows, ";").encode("utf-8-sig"),
        "tsv in utf-16": as_csv(rows, "\t").encode("utf-16"),
        "pipe": as_csv(rows, "|").encode(),
        "xlsx": as_xlsx({"Hoja 1": [list(line) for line in table]}),
        "parquet": as_parquet({name: [row[name] for row in rows] for name in header}),
        "gz": gzip.compress(document),
        "zip": as_zip(products=as_csv(rows).encode()),
    }


SAFE = st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"))
WORDS = (
    st.text(SAFE, min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda t: t and t.isprintable() and "_x" not in t and t[0] != "=")
)
ROWS = st.lists(
    st.fixed_dictionaries({"product_id": WORDS, "text": WORDS.map(lambda t: "uva " + t), "brand": WORDS}),
    min_size=2,
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_the_same_products_come_out_of_every_format(rows: Rows) -> None:
    wanted = [(n, row["text"], row["product_id"], {"brand": row["brand"]}) for n, row in enumerate(rows)]
    for name, raw in in_every_format(rows).items():
        products, problems = read(raw)
        assert [(p.position, p.text, p.product_id, dict(p.metadata)) for p in products] == wanted, name
        assert problems == [], name


def test_a_table_keeps_every_cell_as_it_was_written() -> None:
    products, _ = read(b"id;texto;esperado;nota\n007;NA;null;1e5\n1,5;1e5;;\n")
    assert [(p.product_id, p.text, p.expected) for p in products] == [("007", "NA", "null"), ("1,5", "1e5", None)]
    assert products[0].metadata == {"nota": "1e5"}


def test_windows_1252_and_utf_8_lines_in_one_table_are_both_read() -> None:
    products, problems = read("id,texto\n1,piña\n".encode() + "2,caña\n".encode("cp1252"))
    assert [p.text for p in products] == ["piña", "caña"]
    assert [p.severity for p in problems] == [Severity.NOTE]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(ending: str) -> None:
    products, _ = read(ending.join(["id,text", "1,a", "", "2,b"]).encode())
    assert [p.text for p in products] == ["a", "b"]


def test_a_quote_that_is_never_closed_costs_no_other_row() -> None:
    products, problems = read(b'id,text\n1,"abierto\n2,leche\n3,pan "x"\n4,"bien, si"\n5,"otra\n6,a\n')
    assert [p.text for p in products] == ["abierto", "leche", 'pan "x"', "bien, si", "otra", "a"]
    assert "2 quotes" in problems[-1].reason


def test_a_cell_over_several_lines_stays_one_cell() -> None:
    products, problems = read(b'id,text\n1,"leche\nentera, 1 L"\n2,pan\n')
    assert [p.text for p in products] == ["leche\nentera, 1 L", "pan"]
    assert problems == []


def test_a_row_with_more_cells_than_the_header_is_kept_and_told() -> None:
    products, problems = read(b"id,text\n1,arroz,largo\n2,pan\n")
    assert products[0].metadata == {"column_3": "largo"}
    assert "1 rows have more cells" in problems[0].reason


def test_a_nul_in_a_table_refuses_its_row_alone() -> None:
    products, problems = read(b"id,text\n1,a\x00b\n2,c\n")
    assert [p.text for p in products] == ["c"]
    assert [(p.place, p.severity) for p in problems] == [("line 2", Severity.REJECTED)]


def test_a_column_of_names_is_read_and_prose_is_refused() -> None:
    assert [p.text for p in read(b"arroz blanco\nleche entera\n\npan, integral\n")[0]] == [
        "arroz blanco",
        "leche entera",
        "pan, integral",
    ]
    assert [p.text for p in read(b"producto\narroz\n")[0]] == ["arroz"]
    letter = b"This is a letter to all our clients, whom we thank.\nWe hope to see you again soon, in our shops.\n"
    refusal(letter * 3)
    refusal(b"import os\nfor x in y:\n    print(x);\n")


def test_all_sheets_are_read_each_by_its_own_header() -> None:
    raw = as_xlsx(
        {
            "Enero": [
                ["Informe de ventas"],
                [],
                ["Código", "Descripción", "Precio"],
                [7, "Arroz", 1.5],
                ["007", "Pan", None],
            ],
            "Vacía": [],
            "100 %": [["sku", "producto"], [8.0, "leche"], [None, None], [9, None]],
        }
    )
    products, problems = read(raw)
    assert [(p.product_id, p.text) for p in products] == [("7", "Arroz"), ("007", "Pan"), ("8", "leche")]
    assert products[0].metadata == {"Precio": 1.5}
    assert [p.place for p in problems] == ["sheet 100 % row 4"]


def test_parquet_with_missing_and_typed_values_is_read() -> None:
    products, problems = read(
        as_parquet({"nombre": ["arroz", None, "pan"], "sku": [7, 8, 9], "p": [1.5, 2.0, float("nan")]})
    )
    assert [(p.text, p.product_id) for p in products] == [("arroz", "7"), ("pan", "9")]
    assert products[1].metadata == {"p": None}
    assert [p.place for p in problems] == ["row 2"]


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.99])
def test_packed_files_that_break_off_are_refused(cut: float) -> None:
    rows = [{"id": str(n), "text": f"producto {n * 7919}"} for n in range(500)]
    for raw in (
        gzip.compress(as_csv(rows).encode()),
        as_zip(a=as_csv(rows).encode()),
        in_every_format(rows)["xlsx"],
        in_every_format(rows)["parquet"],
    ):
        refusal(raw[: int(len(raw) * cut)])


def test_archives_say_what_is_wrong_with_them() -> None:
    assert "2 files (a, b)" in refusal(as_zip(a=b"text\nx\n", b=b"text\ny\n"))
    assert "no file" in refusal(as_zip())
    assert "another archive" in refusal(gzip.compress(gzip.compress(b"[]")))
    assert "no Excel workbook" in refusal(as_zip(**{"[Content_Types].xml": b"", "word/document.xml": b""}))


def test_what_grows_too_much_when_unpacked_is_refused() -> None:
    bomb = b"text\n" + (b"leche entera " * 8 + b"\n") * 150_000
    assert "grows beyond the limit" in refusal(gzip.compress(bomb), Limits(unpack_ratio=20))
    assert "grows beyond the limit" in refusal(as_zip(a=bomb), Limits(unpack_ratio=20))
    rows = as_xlsx({"a": [["text"], ["x"]]})
    out = io.BytesIO(rows)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b" " * 40_000_000)
    assert "grows to" in refusal(out.getvalue())


def test_a_preview_shows_fields_guess_and_first_products() -> None:
    raw = "código;descripción;categoría;marca\n".encode() + b"".join(
        f"{n};uva {n};c{n};m\n".encode() for n in range(500)
    )
    seen = preview(io.BytesIO(raw))
    assert seen.format == "CSV"
    assert list(seen.columns) == ["código", "descripción", "categoría", "marca"]
    assert (seen.mapping.text, seen.mapping.product_id, seen.mapping.expected) == (
        ("descripción",),
        "código",
        "categoría",
    )
    assert len(seen.items) == 20
    assert preview(io.BytesIO(raw[:3000])).shape == seen.shape


def test_an_import_report_counts_every_row_once_and_names_what_is_odd() -> None:
    rows = [
        {"text": "Arroz", "id": "1", "expected": "G"},
        {"text": "arroz", "id": "2"},
        {"text": "", "id": "3"},
        {"text": "8412345678901"},
        {"text": "<b>pan</b> &amp; leche"},
        {"text": "abc\u202edef"},
        {"text": "a\u0007b"},
        {"text": "x" * 3000},
        5,
    ]
    report = ImportReport()
    for item in parse(io.BytesIO(json.dumps(rows).encode())):
        report.add(item)
    assert (report.n_rows, report.n_accepted, report.n_rejected, report.n_empty, report.n_cut) == (9, 7, 2, 1, 1)
    assert (report.n_duplicates, report.n_with_id, report.n_with_expected) == (1, 2, 1)
    assert dict(report.suspicious) == {"code": 1, "html": 1, "direction": 1, "control": 1}


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"\x1f\x8b\x08", b"PK\x03\x04", b"PAR1", b"id,text\n", b'id;"text"\n1;"', b"\xff\xfe", b"sep=;\n"]
    ),
)
def test_no_bytes_in_any_format_do_more_than_raise_one_sentence(raw: bytes, start: bytes) -> None:
    try:
        list(parse(io.BytesIO(start + raw)))
    except UnreadableFile as error:
        assert str(error).endswith(".")  # noqa: PT017  # not raising is right too
