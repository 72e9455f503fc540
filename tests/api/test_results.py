"""Results as they stream out: whole, by lines, as a table, and before a job has ended."""

from __future__ import annotations

import csv
import io
import json
import re
import time

from tests.served import ROOT, Served

MANY = [{"text": f"arroz blanco {i}"} for i in range(8_000)]


def test_an_unfinished_job_has_no_result_but_a_partial_one(server: Served) -> None:
    job_id = server.submit(MANY)
    answer = server.get(f"/classify/result/{job_id}")
    assert answer.status_code == 409
    assert re.search(r"Estado actual: (queued|processing)\.", answer.json()["detail"])
    partial = server.get(f"/classify/result/{job_id}?partial=true")
    assert partial.status_code == 200
    assert len(partial.json()["results"]) <= len(MANY)
    server.post(f"/classify/cancel/{job_id}")
    server.wait(job_id)
    kept = server.get(f"/classify/result/{job_id}?partial=true").json()
    assert kept["status"] == "cancelled"
    assert server.get(f"/classify/result/{job_id}").status_code == 409


def test_the_three_formats_tell_the_same(server: Served) -> None:
    job_id = server.submit([{"text": "yogur natural", "product_id": "=A1"}, {"text": "arroz"}, {"text": ""}])
    server.wait(job_id)
    items = server.get(f"/classify/result/{job_id}").json()["results"]
    lines = server.get(f"/classify/result/{job_id}?format=jsonl")
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    told = [json.loads(line) for line in lines.text.splitlines()]
    assert [{name: line[name] for name in item} for line, item in zip(told, items, strict=True)] == items
    table = server.get(f"/classify/result/{job_id}?format=csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["notation"] for row in rows] == [i.get("classification", {}).get("notation", "") for i in items]
    assert rows[0]["product_id"] == "'=A1"
    assert server.get(f"/classify/result/{job_id}?format=xml").status_code == 422


def test_the_result_comes_in_pieces_of_many_items(server: Served) -> None:
    job_id = server.submit(MANY)
    server.wait(job_id)
    with server.get(f"/classify/result/{job_id}", stream=True) as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.headers["content-encoding"] == "identity"
        pieces = list(answer.iter_content(chunk_size=None))
    assert len(json.loads(b"".join(pieces))["results"]) == len(MANY)


def test_page_rest_and_command_line_give_the_same_bytes(server: Served) -> None:
    sample = ROOT / "data" / "samples" / "supermarket_200.json"
    by_rest = server.submit(json.loads(sample.read_text()))
    server.wait(by_rest)
    ran = server.cli("classify", str(sample), "-o", "-", "--quiet", "--engine", "local")
    assert ran.returncode == 0, ran.stderr
    rest = server.get(f"/classify/result/{by_rest}").content
    page = server.get(f"/export/{by_rest}.json").content
    assert page == rest
    assert server.cli("export", by_rest).stdout == rest
    assert _timeless(ran.stdout) == _timeless(rest)


def _timeless(result: bytes) -> bytes:
    result = re.sub(rb'"(job_id|timestamp|created_at|started_at|completed_at)": "[^"]*"', rb'"\1": ""', result)
    return re.sub(rb'"processing_time_seconds": [0-9.]+', b'"processing_time_seconds": 0', result)


def test_other_requests_are_answered_while_a_large_result_streams(server: Served) -> None:
    job_id = server.submit(MANY)
    server.wait(job_id)
    with server.get(f"/classify/result/{job_id}", stream=True) as answer:
        next(answer.iter_content(1024))
        assert server.get(f"/classify/status/{job_id}").status_code == 200  # while the first is not read further
        time.sleep(0.1)
        assert server.get("/healthz").json()["status"] == "ok"


def test_corrections_and_bundles_come_back_over_rest(server: Served) -> None:
    job_id = server.submit([{"text": "yogur natural", "product_id": "1"}, {"text": "arroz", "product_id": "2"}])
    server.wait(job_id)
    lines = server.get(f"/classify/result/{job_id}?format=jsonl").text.splitlines()
    first = json.loads(lines[0]) | {"reviewed": "0104"}
    told = server.post(
        f"/jobs/{job_id}/corrections", data=json.dumps(first).encode() + b"\n" + lines[1].encode()
    ).json()
    assert (told["n_rows"], told["n_kept"], told["n_unchanged"], told["problems"]) == (2, 1, 1, [])
    assert server.post(f"/jobs/{job_id}/corrections", data=b"%PDF-1.7").status_code == 400
    packed = server.get(f"/jobs/{job_id}/bundle")
    assert packed.headers["content-type"] == "application/zip"
    again = server.post("/jobs/bundle", data=packed.content).json()
    assert (again["total_products"], again["status"]) == (2, "completed")
    assert again["job_id"] != job_id
    refused = server.post("/jobs/bundle", data=b"PK no bundle")
    assert (refused.status_code, "bundle" in refused.json()["detail"]) == (400, True)
