"""The contract that existing clients rely on, word by word."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.served import Served, clean_env

PAN = {"products": [{"text": "pan"}]}
JSON = {"content-type": "application/json"}


def test_a_client_written_for_the_old_system_runs_unchanged(server: Served) -> None:
    script = Path(__file__).parent / "old_client.py"
    ran = subprocess.run([sys.executable, script, "3", "5", "200"], capture_output=True, text=True, check=False,
                         env=clean_env(server.home, OLD_CLIENT_BASE=server.base), timeout=240)  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith("ok\n")


@pytest.mark.parametrize(
    ("body", "kind", "loc"),
    [
        ("{}", "missing", ["body", "products"]),
        ('{"products": []}', "too_short", ["body", "products"]),
        ('{"products": "pan"}', "list_type", ["body", "products"]),
        ('{"products": null}', "list_type", ["body", "products"]),
        ('{"products": [{"product_id": "A1"}]}', "missing", ["body", "products", 0, "text"]),
        ('{"products": [{"text": null}]}', "string_type", ["body", "products", 0, "text"]),
        ('{"products": [{"text": 5}]}', "string_type", ["body", "products", 0, "text"]),
        ('{"products": [{"text": "pan", "product_id": 7}]}', "string_type", ["body", "products", 0, "product_id"]),
        ('{"products": [3]}', "model_attributes_type", ["body", "products", 0]),
        ('{"products": [{"text": "pan"}], "priority": 9}', "less_than_equal", ["body", "priority"]),
        ('{"products": [{"text": "pan"}], "priority": 0}', "greater_than_equal", ["body", "priority"]),
        ('{"products": [{"text": "pan"}], "priority": "high"}', "int_type", ["body", "priority"]),
        ('{"products": [{"text": "pan"}], "callback_url": 5}', "string_type", ["body", "callback_url"]),
        ('{"products": [{"text": "pan"}], "engine": "oracle"}', "literal_error", ["body", "engine"]),
        ('{"products": [{"text": "pan"}], "taxonomy": "none such"}', "value_error", ["body", "taxonomy"]),
        ("[]", "model_attributes_type", ["body"]),
        ("", "missing", ["body"]),
    ],
)
def test_a_broken_rule_is_told_as_fastapi_tells_it(server: Served, body: str, kind: str, loc: list[object]) -> None:
    answer = server.post("/classify/async", data=body, headers=JSON)
    assert answer.status_code == 422
    fault = answer.json()["detail"][0]
    assert (fault["type"], fault["loc"]) == (kind, loc)
    assert fault["msg"]


def test_every_fault_is_told_but_at_most_twenty(server: Served) -> None:
    answer = server.post("/classify/async", json={"products": [{"text": i} for i in range(50)]})
    assert [fault["loc"][2] for fault in answer.json()["detail"]] == list(range(20))


@pytest.mark.parametrize("body", ["{nope", '{"products": [{"text": "pan"}', '{"products": [{"text": NaN}]}', "\x00"])
def test_a_body_that_is_not_json_is_422(server: Served, body: str) -> None:
    answer = server.post("/classify/async", data=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] in ("json_invalid", "value_error")


def test_a_body_that_is_not_sent_as_json_is_422(server: Served) -> None:
    plain = {"content-type": "text/plain"}
    answer = server.post("/classify/async", data='{"products":[{"text":"pan"}]}', headers=plain)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "model_attributes_type"


def test_a_wrong_method_is_405(server: Served) -> None:
    assert server.get("/classify/async").status_code == 405
    assert server.get("/classify/async").json() == {"detail": "Method Not Allowed"}


def test_an_unknown_path_is_answered_in_json(server: Served) -> None:
    for path in ("/classify/nothing", "/classify", "/jobs/a/b"):
        assert server.get(path).status_code == 404
        assert server.get(path).json() == {"detail": "Not Found"}


@pytest.mark.parametrize(
    "path",
    ["/classify/status/nope", "/classify/result/nope", "/classify/events/nope", "/classify/status/%01",
     "/classify/status/..%0a", "/classify/result/" + "x" * 500],
)  # fmt: skip
def test_an_unknown_job_is_404_with_a_sentence(server: Served, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 404
    assert "no encontrado" in answer.json()["detail"]


def test_unknown_fields_are_ignored_and_null_priority_is_one(server: Served) -> None:
    job_id = server.submit([{"text": "pan", "brand": "x"}], priority=None, foo={"a": [1]}, callback_url=None)
    found = [job for job in server.get("/jobs").json()["jobs"] if job["job_id"] == job_id]
    assert found[0]["priority"] == 1


def test_duplicates_and_odd_texts_are_kept_as_they_were_sent_in_their_order(server: Served) -> None:
    products = [{"text": "pan", "product_id": "D"}, {"text": "pan", "product_id": "D"}, {"text": ""}, {"text": " \t "},
                {"text": "  pan  ", "product_id": " 7 "}, {"text": "=1+1"}, {"text": "🥖" * 50}]  # fmt: skip
    job_id = server.submit(products)
    server.wait(job_id)
    results = server.get(f"/classify/result/{job_id}").json()["results"]
    sent = [(product["text"], product.get("product_id")) for product in products]
    assert [(result["search_text"], result["product_id"]) for result in results] == sent
    assert [r["index"] for r in results] == list(range(len(products)))
    assert results[0]["classification"]["product_id"] == "D"
    assert results[2]["status"] == "failed"
    assert results[2]["error"]


def test_every_time_is_utc_with_its_zone(server: Served) -> None:
    answer = server.post("/classify/async", json=PAN).json()
    status = server.wait(answer["job_id"])
    result = server.get(answer["result_url"]).json()
    names = ("created_at", "started_at", "completed_at", "estimated_completion_time")
    told = [answer["created_at"], answer["estimated_completion_time"], *(status[name] for name in names),
            result["completed_at"], result["results"][0]["timestamp"]]  # fmt: skip
    for moment in told:
        assert datetime.fromisoformat(moment).utcoffset() == timedelta(0), moment


def test_progress_never_runs_ahead_and_the_estimate_is_revised(server: Served) -> None:
    job_id = server.submit([{"text": f"yogur natural {i}"} for i in range(4_000)])
    seen = []
    while True:
        status = server.get(f"/classify/status/{job_id}").json()
        seen.append(status)
        if status["status"] == "completed":
            break
        if status["progress"] is not None:
            assert status["progress"]["current"] <= 4_000
    assert seen[-1]["progress"]["percentage"] == 100.0
    assert len({status["estimated_completion_time"] for status in seen}) > 1
    assert seen[-1]["estimated_completion_time"] == seen[-1]["completed_at"]


def test_the_openapi_document_shows_every_route_and_refusal(server: Served) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    assert {"200", "401", "409", "413", "422", "429", "503"} <= set(paths["/classify/async"]["post"]["responses"])
    assert {"/jobs", "/jobs/{job_id}", "/healthz", "/readyz", "/metrics"} <= set(paths)


def test_the_docs_page_needs_no_internet(server: Served) -> None:
    page = server.get("/docs").text
    wanted = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert wanted
    for address in wanted:
        assert address.startswith("/docs-files/")
        assert server.get(address).status_code == 200


def test_the_dashboard_is_served_beside_it(server: Served) -> None:
    assert "<!doctype html" in server.get("/").text.lower()
