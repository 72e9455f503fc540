"""Results as files: every format holds the same rows, typed, harmless in a spreadsheet, and in pieces."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_maker import finished_job, new_services, products
from pyarrow import parquet

from classifier.bootstrap import Services
from classifier.delivery import FORMATS, Format, pieces_of, pieces_of_comparison
from classifier.export import NotFinished
from classifier.exports.guard import FORMULA, guarded, unguarded
from classifier.exports.table import PIECE_BYTES, Column, Kind, Table, in_pieces
from classifier.exports.workbook import stream_workbook
from classifier.products import Product, parse
from storage import ItemFilter, Job


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def job(services: Services) -> Job:
    rows = [Product(0, "=1+1", "007", "0101", {"stock": "-5", "note": "-a", "n": 3, "status": "x"}),
            Product(1, "leche fails"), Product(2, "nothing"), Product(3, "queso\u0001", "1e5", "0102")]  # fmt: skip
    return finished_job(services, rows)


def made(services: Services, job: Job, form: Format, **asked: object) -> bytes:
    return b"".join(pieces_of(services, job, form, **asked))  # type: ignore[arg-type]


def test_indented_json_says_the_same_as_compact_json(services: Services, job: Job) -> None:
    assert json.loads(made(services, job, "json", pretty=True)) == json.loads(made(services, job, "json"))
    assert made(services, job, "json", pretty=True).startswith(b'{\n  "job_id"')


def test_csv_guards_texts_leaves_plain_numbers_and_keeps_the_analyst_s_fields(services: Services, job: Job) -> None:
    raw = made(services, job, "csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    first = next(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    told = {name: first[name] for name in ("search_text", "product_id", "stock", "note", "n", "status", "file:status")}
    assert told == {"search_text": "'=1+1", "product_id": "007", "stock": "-5", "note": "'-a", "n": "3",
                    "status": "success", "file:status": "x"}  # fmt: skip


def test_a_workbook_has_typed_cells_a_frozen_header_and_two_sheets_of_figures(services: Services, job: Job) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made(services, job, "xlsx", language="en")))
    sheet = book["Products"]
    names = [cell.value for cell in sheet[1]]
    first = dict(zip(names, sheet[2], strict=True))
    assert book.sheetnames == ["Products", "Categories", "Summary"]
    assert sheet.freeze_panes == "A2"
    assert (first["search_text"].value, first["search_text"].data_type) == ("=1+1", "s")
    assert (first["product_id"].value, first["product_id"].data_type) == ("007", "s")
    assert (first["confidence"].value, first["index"].value) == (0.9, 0)
    assert isinstance(first["timestamp"].value, dt.datetime)
    assert sheet.cell(5, names.index("search_text") + 1).value == "queso"


def test_a_full_sheet_goes_on_in_the_next_one() -> None:
    table = Table((Column("n", Kind.INTEGER),), lambda: iter([[(n,) for n in range(25)]]))
    raw = b"".join(stream_workbook(table, "Rows", sheet_rows=11))
    book = openpyxl.load_workbook(io.BytesIO(raw))
    assert book.sheetnames == ["Rows", "Rows 2", "Rows 3"]
    assert [row[0] for sheet in book for row in list(sheet.iter_rows(values_only=True))[1:]] == list(range(25))


def test_parquet_is_typed_and_names_its_job(services: Services, job: Job) -> None:
    found = parquet.read_table(io.BytesIO(made(services, job, "parquet")))
    types = {field.name: str(field.type) for field in found.schema}
    assert (types["index"], types["product_id"], types["timestamp"]) == ("int64", "string", "timestamp[us, tz=UTC]")
    assert types["n"] == "int64"
    assert found.schema.metadata[b"anaquel_job"] == job.id.encode()


@pytest.mark.parametrize("form", FORMATS)
def test_a_filter_s_file_holds_only_what_it_finds(services: Services, job: Job, form: Format) -> None:
    raw = made(services, job, form, only=ItemFilter(status="failed"))
    if form == "json":
        told = json.loads(raw)
        assert (told["total"], told["successful"], told["failed"]) == (1, 0, 1)
    found = [row for row in parse(io.BytesIO(raw)) if isinstance(row, Product)]
    assert [row.text for row in found if "leche" in row.text] == ["leche fails"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "jsonl"])
def test_two_jobs_stand_side_by_side(services: Services, job: Job, form: Format) -> None:
    other = finished_job(services, products("=1+1", "leche fails", "otra"), lambda item: {"notation": "0102"})
    raw = b"".join(pieces_of_comparison(services, job, other, form, "en"))
    rows = [row for row in parse(io.BytesIO(raw)) if isinstance(row, Product)]
    assert len(rows) == 2  # the third product is another one
    assert {str(row.metadata["is_same_answer"]).lower() for row in rows} == {"false"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_job_that_has_not_completed_has_no_file(services: Services, job: Job, form: Format) -> None:
    running = Job(**{**job.model_dump(), "status": "processing"})
    with pytest.raises(NotFinished):
        next(pieces_of(services, running, form))


@given(st.lists(st.binary(max_size=40_000), max_size=20))
def test_pieces_are_large_and_lose_nothing(chunks: list[bytes]) -> None:
    pieces = list(in_pieces(chunks))
    assert b"".join(pieces) == b"".join(chunks)
    assert all(len(piece) >= PIECE_BYTES for piece in pieces[:-1])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.builds(str.__add__, st.sampled_from((*FORMULA, "'", "'=", "''-")), st.text())))
def test_a_guarded_text_never_starts_like_a_formula_and_comes_back(text: str) -> None:
    assert not guarded(text).startswith(FORMULA)
    assert unguarded(guarded(text)) == text
