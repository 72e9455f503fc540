"""Results go out, a person corrects them, and the corrections arrive at the right products."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_maker import TAXONOMY, finished_job, new_services, products
from pyarrow import parquet

from classifier.bootstrap import Services
from classifier.corrections import Correction, CorrectionReport, apply_corrections, read
from classifier.delivery import Format, pieces_of
from classifier.normalisation import text_key
from classifier.products import Product, parse
from storage import Job

Change = Callable[[dict[str, Any]], None]
TABLES: tuple[Format, ...] = ("csv", "xlsx", "parquet", "jsonl")
HOSTILE = ("=1+1", "+leche", "-queso", "@jabón", "＝SUM(A1)", "'=ya", "leche, \"entera\"", "a\u200bb", "línea\u2028dos",
           "tab\tdentro", "<b>x</b>", "ñandú 007", "_x0041_")  # fmt: skip


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path)
    yield made
    made.store.close()


def exported(services: Services, job: Job, form: Format) -> bytes:
    return b"".join(pieces_of(services, job, form))


def corrected(raw: bytes, form: Format, change: Change) -> bytes:
    """The file as a person would leave it: every row went through `change`."""
    if form == "jsonl":
        rows = [json.loads(line) for line in raw.decode().split("\n") if line]
        _each(rows, change)
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    if form == "csv":
        table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        _each(table, change)
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(table[0]), delimiter=";")  # as Excel saves it in Spanish
        writer.writeheader()
        writer.writerows(table)
        return buffer.getvalue().encode("utf-8-sig")
    if form == "parquet":
        found = parquet.read_table(io.BytesIO(raw))
        rows = found.to_pylist()
        _each(rows, change)
        target = io.BytesIO()
        parquet.write_table(pyarrow.Table.from_pylist(rows, schema=found.schema), target)
        return target.getvalue()
    return _corrected_workbook(raw, change)


def _corrected_workbook(raw: bytes, change: Change) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(raw))
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    for cells in sheet.iter_rows(min_row=2):
        row = {str(name): cell.value for name, cell in zip(names, cells, strict=True)}
        change(row)
        for name, cell in zip(names, cells, strict=True):
            cell.value = row[str(name)]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _each(rows: list[dict[str, Any]], change: Change) -> None:
    for row in rows:
        change(row)


def say(category: str, position: int, column: str = "reviewed") -> Change:
    def change(row: dict[str, Any]) -> None:
        if str(row["anaquel_key"]).endswith(f":{position}"):
            (row["classification"] if column != "reviewed" and "classification" in row else row)[column] = category

    return change


def come_back(services: Services, job: Job, raw: bytes) -> CorrectionReport:
    return apply_corrections(services, job.id, read(io.BytesIO(raw)), "ana")


def labels(services: Services) -> dict[str, str]:
    return {row["text"]: row["notation"] for row in services.store.labels(TAXONOMY.fingerprint, n=1_000)}


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("told", ["0102", "Quesos", "lácteos > quesos", "102"])
def test_a_category_filled_in_becomes_a_label_of_its_product(services: Services, form: Format, told: str) -> None:
    job = finished_job(services, products(*HOSTILE))
    report = come_back(services, job, corrected(exported(services, job, form), form, say(told, 1)))
    assert (report.n_rows, report.n_kept, report.n_rejected) == (len(HOSTILE), 1, 0), report.problems
    assert labels(services) == {"+leche": "0102"}


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize(("column", "told"), [("notation", "0201"), ("prefLabel", "Jabones")])
def test_an_answer_written_over_becomes_a_label(services: Services, form: Format, column: str, told: str) -> None:
    job = finished_job(services, products(*HOSTILE))
    report = come_back(services, job, corrected(exported(services, job, form), form, say(told, 3, column)))
    assert (report.n_kept, report.n_rejected) == (1, 0), report.problems
    assert labels(services) == {"@jabón": "0201"}


@pytest.mark.parametrize("form", TABLES)
def test_a_file_that_nobody_changed_brings_no_label(services: Services, form: Format) -> None:
    job = finished_job(services, products(*HOSTILE, "nothing", "fails"))
    report = come_back(services, job, exported(services, job, form))
    assert (report.n_unchanged, report.n_kept, report.n_rejected) == (len(HOSTILE) + 2, 0, 0), report.problems


@pytest.mark.parametrize("form", TABLES)
def test_a_label_goes_out_with_the_next_export(services: Services, form: Format) -> None:
    job = finished_job(services, products("leche", "queso"))
    come_back(services, job, corrected(exported(services, job, form), form, say("0102", 1)))
    rows = read(io.BytesIO(exported(services, job, form)))
    found = {c.position: c.reviewed for c in rows if isinstance(c, Correction)}
    assert found == {0: None, 1: "0102"}


def test_codes_that_lost_their_zeros_in_a_spreadsheet_are_no_corrections(services: Services) -> None:
    job = finished_job(services, products("leche", "queso"))

    def lose(row: dict[str, Any]) -> None:
        row["notation"] = row["notation"].lstrip("0")

    report = come_back(services, job, corrected(exported(services, job, "csv"), "csv", lose))
    assert report.n_unchanged == 2


def test_rows_in_another_order_and_without_most_columns_still_find_their_products(services: Services) -> None:
    job = finished_job(services, products("leche", "queso", "jabón"))
    raw = f"reviewed,anaquel_key\nJabones,{job.id}:2\nQuesos,{job.id}:1\n".encode()
    assert come_back(services, job, raw).n_kept == 2
    assert labels(services) == {"queso": "0102", "jabón": "0201"}


def test_a_row_whose_text_moved_away_from_its_key_is_refused(services: Services) -> None:
    job = finished_job(services, products("leche", "queso"))
    raw = f"search_text,reviewed,anaquel_key\nqueso,0102,{job.id}:0\n".encode()
    report = come_back(services, job, raw)
    assert (report.n_kept, report.problems[0].reason) == (0, "the text beside the key is another product's")


@pytest.mark.parametrize(("row", "reason"), [
    ("0102,{id}:9", "there is no such product in the job"),
    ("0102,aaaa:0", "the key is another job's"),
    ("Juguetes,{id}:0", "the category is not in the taxonomy"),
    ("0102,{id}:x", "the key is damaged"),
    ("0102,", "the row has no key (column anaquel_key)"),
])  # fmt: skip
def test_a_row_that_says_nothing_usable_is_told_with_its_reason(services: Services, row: str, reason: str) -> None:
    job = finished_job(services, products("leche"))
    report = come_back(services, job, ("reviewed,anaquel_key\n" + row.format(id=job.id) + "\n").encode())
    assert [problem.reason for problem in report.problems] == [reason]
    assert labels(services) == {}


def test_one_text_told_to_be_two_categories_is_refused(services: Services) -> None:
    job = finished_job(services, products("leche", "Leche"))
    raw = f"reviewed,anaquel_key\n0101,{job.id}:0\n0102,{job.id}:1\n".encode()
    report = come_back(services, job, raw)
    assert (report.n_kept, report.problems[0].reason) == (1, "the file says different categories for it")


LETTER = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])
TEXT = st.text(LETTER, min_size=1, max_size=30).map(str.strip).filter(lambda t: any(c.isalnum() for c in t))
START = st.sampled_from(("", "=", "+", "-", "@", "＝", "'", "'=", "''+"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.builds(str.__add__, START, TEXT), min_size=1, max_size=8), form=st.sampled_from(TABLES))
def test_any_text_goes_out_and_comes_back_to_its_product(services: Services, texts: list[str], form: Format) -> None:
    job = finished_job(services, products(*texts))
    raw = exported(services, job, form)
    found = [row for row in read(io.BytesIO(raw)) if isinstance(row, Correction)]
    told = [(row.position, text_key(row.text or "")) for row in found]
    assert told == [(n, text_key(text)) for n, text in enumerate(texts)]
    report = come_back(services, job, corrected(raw, form, say("0201", len(texts) - 1)))
    assert report.n_rejected == 0, report.problems


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_an_export_imported_as_a_new_list_gives_the_same_products(services: Services, form: Format) -> None:
    rows = [Product(n, text, f"0{n}", None, {"brand": "Luz", "n": n}) for n, text in enumerate(HOSTILE)]
    job = finished_job(services, rows)
    again = [row for row in parse(io.BytesIO(exported(services, job, form))) if isinstance(row, Product)]
    assert [(p.text, p.product_id) for p in again] == [(p.text, p.product_id) for p in rows]
