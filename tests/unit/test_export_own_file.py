"""The analyst's own file comes back with columns added: its order, its format, nothing of it lost."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow
import pytest
from job_maker import TAXONOMY, finish, finished_job, new_services, products
from pyarrow import parquet

from classifier import jobs
from classifier.bootstrap import Services
from classifier.corrections import apply_corrections, read
from classifier.exports.own_file import OwnFile, own_file
from classifier.exports.own_rows import NAMES, OtherFile
from storage import Job

DAY = dt.datetime(2026, 1, 2)  # noqa: DTZ001 - a workbook's dates have no zone


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path / "home")
    yield made
    made.store.close()


def job_of(services: Services, path: Path) -> Job:
    asked = jobs.Submission("mi lista", TAXONOMY.fingerprint, "local")
    return finish(services, jobs.submit_file(services, asked, path))


def given(services: Services, folder: Path, name: str, raw: bytes) -> tuple[Job, OwnFile, bytes]:
    path = folder / name
    path.write_bytes(raw)
    job = job_of(services, path)
    path.unlink()  # what goes out does not need the analyst's copy
    own = own_file(services, job)
    return job, own, b"".join(own.pieces)


def test_a_semicolon_csv_keeps_its_columns_order_and_refused_rows(services: Services, tmp_path: Path) -> None:
    raw = 'Stock;Código;Producto;Nota\n-5;007;leche entera;"a;b"\n3;008;;vacío\n1;009;=queso;ñ\n'.encode("cp1252")
    job, own, out = given(services, tmp_path, "lista.csv", raw)
    rows = list(csv.reader(io.StringIO(out.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert own.ending == "csv"
    assert rows[0] == ["Stock", "Código", "Producto", "Nota", *NAMES]
    assert [row[:4] for row in rows[1:]] == [["-5", "007", "leche entera", "a;b"], ["3", "008", "", "vacío"],
                                            ["1", "009", "'=queso", "ñ"]]  # fmt: skip
    assert [row[4] for row in rows[1:]] == ["success", "rejected", "success"]
    assert rows[2][9] == "the text is empty"
    assert rows[3][-1] == f"{job.id}:1"


def test_json_keeps_its_list_s_name_and_nested_fields(services: Services, tmp_path: Path) -> None:
    told = {"products": [{"text": "leche", "brand": {"name": "Luz", "tags": [1, 2]}}, {"id": 3}, "queso"]}
    _, own, out = given(services, tmp_path, "x.json", json.dumps(told).encode())
    found = json.loads(out)["products"]
    assert own.ending == "json"
    assert found[0] | {"text": "leche", "brand": {"name": "Luz", "tags": [1, 2]}} == found[0]
    assert [row["anaquel_status"] for row in found] == ["success", "rejected", "success"]
    assert found[2]["text"] == "queso"


def test_packed_json_lines_come_back_unpacked(services: Services, tmp_path: Path) -> None:
    raw = b'{"text": "leche"}\n{broken\n{"text": "queso"}\n'
    _, own, out = given(services, tmp_path, "x.jsonl.gz", gzip.compress(raw))
    rows = [json.loads(line) for line in out.decode().split("\n") if line]
    assert (own.ending, [row["anaquel_status"] for row in rows]) == ("jsonl", ["success", "rejected", "success"])
    assert rows[1]["anaquel_raw"] == "{broken"


def test_a_workbook_keeps_its_sheets_titles_and_dates(services: Services, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Lácteos"
    header = ("SKU", "Producto", "Fecha", "Precio")
    for row in (("Informe",), (), header, ("007", "leche", DAY, 1.5), (None, None), ("008", "=1+1", None, 2)):
        book.active.append(row)
    book.active["B6"].data_type = "s"
    book.create_sheet("Otros").append(("producto",))
    book["Otros"].append(("jabón",))
    raw = io.BytesIO()
    book.save(raw)
    job, own, out = given(services, tmp_path, "x.xlsx", raw.getvalue())
    found = openpyxl.load_workbook(io.BytesIO(out))
    rows = list(found["Lácteos"].iter_rows(values_only=True))
    assert (own.ending, found.sheetnames) == ("xlsx", ["Lácteos", "Otros"])
    assert rows[2] == ("SKU", "Producto", "Fecha", "Precio", *NAMES)
    assert rows[3][:5] == ("007", "leche", DAY, 1.5, "success")
    assert (rows[5][1], rows[5][-1], found["Lácteos"]["B6"].data_type) == ("=1+1", f"{job.id}:1", "s")
    assert list(found["Otros"].iter_rows(values_only=True))[1][-1] == f"{job.id}:2"


def test_parquet_keeps_its_schema(services: Services, tmp_path: Path) -> None:
    table = pyarrow.table({"ean": pyarrow.array([1, 2], pyarrow.int32()), "name": ["leche", "queso"],
                           "on": [dt.date(2026, 1, 1), None]})  # fmt: skip
    raw = io.BytesIO()
    parquet.write_table(table, raw)
    _, _, out = given(services, tmp_path, "x.parquet", raw.getvalue())
    found = parquet.read_table(io.BytesIO(out))
    assert found.select(["ean", "name", "on"]).equals(table)
    assert found["anaquel_notation"].to_pylist() == ["0101", "0101"]


def test_a_correction_in_the_own_file_comes_back_as_a_label(services: Services, tmp_path: Path) -> None:
    # "notation" and "reviewed" are the analyst's own columns here and say nothing about ours
    raw = b"producto,notation,reviewed\nleche,x,y\nfails,x,y\n"
    job, _, out = given(services, tmp_path, "x.csv", raw)
    rows = list(csv.DictReader(io.StringIO(out.decode("utf-8-sig"))))
    rows[1]["anaquel_reviewed"] = "Quesos"
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    report = apply_corrections(services, job.id, read(io.BytesIO(text.getvalue().encode())), "ana")
    assert (report.n_kept, report.n_unchanged, report.problems) == (1, 1, [])


def test_without_the_kept_file_a_csv_is_made_of_the_record(services: Services) -> None:
    job = finished_job(services, products("leche", "=queso", metadata={"brand": "Luz"}))
    own = own_file(services, job)
    rows = list(csv.DictReader(io.StringIO(b"".join(own.pieces).decode("utf-8-sig"))))
    assert own.ending == "csv"
    assert [(r["product_id"], r["text"], r["brand"], r["anaquel_notation"]) for r in rows] == [
        ("000", "leche", "Luz", "0101"), ("001", "'=queso", "Luz", "0101")]  # fmt: skip


def test_a_kept_file_that_was_changed_is_refused_with_a_sentence(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text\nleche\nqueso\n")
    job = job_of(services, path)
    (services.settings.home / "originals" / job.id).write_text("text\nleche\njabón\n")
    with pytest.raises(OtherFile, match="does not hold its products"):
        b"".join(own_file(services, job).pieces)


def test_the_files_of_jobs_that_are_gone_are_removed(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text\nleche\nqueso\n")
    gone = job_of(services, path)
    services.store.drop_job(gone.id)
    kept = job_of(services, path)
    assert [p.name for p in (services.settings.home / "originals").iterdir()] == [kept.id]
