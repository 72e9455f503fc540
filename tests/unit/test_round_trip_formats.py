"""The same products written in any format come in as the same products."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence

import openpyxl
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from classifier.products import FieldMapping, Product, parse

Row = dict[str, str]
MAPPING = FieldMapping(("text",), "product_id", "expected")
# what every format can hold: XLSX no control characters, and nothing that is blank at either end
LETTER = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Zs", "Cn", "Co"])
WORD = st.text(LETTER, min_size=1, max_size=12)
TEXT = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
ROW = st.fixed_dictionaries({"product_id": WORD, "text": TEXT, "expected": WORD, "brand": TEXT})
ROWS = st.lists(ROW, min_size=1, max_size=12)


def as_json(rows: Sequence[Row]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def as_wrapped_json(rows: Sequence[Row]) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps({"made": "2026", "products": rows}, indent=1).encode()


def as_lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in rows).encode()


def as_delimited(delimiter: str, encoding: str) -> Callable[[Sequence[Row]], bytes]:
    def write(rows: Sequence[Row]) -> bytes:
        buffer = io.StringIO()
        table = csv.DictWriter(buffer, list(rows[0]), delimiter=delimiter, quoting=csv.QUOTE_ALL)
        table.writeheader()
        table.writerows(rows)
        return buffer.getvalue().encode(encoding)

    return write


def as_excel(text: str) -> str:
    """Escape what would read as a character's code, as Excel itself does and openpyxl does not (ECMA-376 18.4.12)."""
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)


def as_workbook(rows: Sequence[Row]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Productos")
    sheet.append(list(rows[0]))
    for row in rows:
        cells = [openpyxl.cell.WriteOnlyCell(sheet, value=as_excel(row[name])) for name in rows[0]]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_parquet(rows: Sequence[Row]) -> bytes:
    target = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), target)
    return target.getvalue()


def as_gzip(rows: Sequence[Row]) -> bytes:
    return gzip.compress(as_lines(rows))


def as_zip(rows: Sequence[Row]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("productos.csv", as_delimited(";", "utf-8")(rows))
    return target.getvalue()


FORMATS = {
    "json": as_json, "wrapped": as_wrapped_json, "lines": as_lines, "comma": as_delimited(",", "utf-8-sig"),
    "semicolon": as_delimited(";", "utf-16"), "tab": as_delimited("\t", "utf-8"), "pipe": as_delimited("|", "utf-8"),
    "xlsx": as_workbook, "parquet": as_parquet, "gz": as_gzip, "zip": as_zip,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_every_format_gives_the_same_products(form: str, rows: list[Row]) -> None:
    found = [row for row in parse(io.BytesIO(FORMATS[form](rows)), mapping=MAPPING) if isinstance(row, Product)]
    told = [(p.position, p.text, p.product_id, p.expected, p.metadata["brand"]) for p in found]
    assert told == [(n, r["text"], r["product_id"], r["expected"], r["brand"]) for n, r in enumerate(rows)]


def as_columns(rows: Sequence[Row]) -> object:
    return {name: [row[name] for row in rows] for name in rows[0]}


def as_indexed_columns(rows: Sequence[Row]) -> object:
    return {name: {str(n): row[name] for n, row in enumerate(rows)} for name in rows[0]}


def as_objects_by_id(rows: Sequence[Row]) -> object:
    return {row["product_id"]: {name: row[name] for name in ("text", "expected", "brand")} for row in rows}


def as_groups(rows: Sequence[Row]) -> object:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["expected"], []).append({name: row[name] for name in ("product_id", "text", "brand")})
    return groups


def as_names_and_rows(rows: Sequence[Row]) -> object:
    return {"columns": list(rows[0]), "data": [[row[name] for name in rows[0]] for row in rows]}


def as_rows_under_names(rows: Sequence[Row]) -> object:
    return [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]


def as_pages(rows: Sequence[Row]) -> object:
    return [{"page": at // 2, "found": list(rows[at : at + 2])} for at in range(0, len(rows), 2)]


def as_nested_list(rows: Sequence[Row]) -> object:
    return {"status": 200, "answer": {"n": len(rows), "found": {"items": list(rows)}}}


SHAPES: dict[str, tuple[Callable[[Sequence[Row]], object], FieldMapping]] = {
    "columns": (as_columns, MAPPING), "indexed columns": (as_indexed_columns, MAPPING),
    "by id": (as_objects_by_id, FieldMapping(("text",), "id", "expected")),
    "by group": (as_groups, FieldMapping(("text",), "product_id", "category")),
    "names and rows": (as_names_and_rows, MAPPING), "rows under names": (as_rows_under_names, MAPPING),
    "pages": (as_pages, MAPPING), "nested": (as_nested_list, MAPPING),
}  # fmt: skip
KEYS = (lambda row: row["product_id"], lambda row: row["expected"])
NUMBERED = st.lists(ROW, min_size=3, max_size=12, unique_by=KEYS)


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25, deadline=None)
@given(rows=NUMBERED)
def test_every_shape_of_json_gives_the_same_products(shape: str, rows: list[Row]) -> None:
    write, mapping = SHAPES[shape]
    document = json.dumps(write(rows), ensure_ascii=False).encode()
    found = [row for row in parse(io.BytesIO(document), mapping=mapping) if isinstance(row, Product)]
    told = [(p.position, p.text, p.product_id, p.expected, p.metadata["brand"]) for p in found]
    assert told == [(n, r["text"], r["product_id"], r["expected"], r["brand"]) for n, r in enumerate(rows)]
