"""Jobs that ask a paid service: costs in the contract's shape, failed products and their retry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.llm_server import Asked, LLMServer
from tests.served import Served, run_cli, served

COST = {
    "model": str, "usage": {"prompt_tokens": int, "completion_tokens": int, "total_tokens": int},
    "cost_usd": {"prompt": float, "completion": float, "total": float},
    "cost_breakdown": {"base_model_for_pricing": str, "prompt_cost_per_1m_tokens": float,
                       "completion_cost_per_1m_tokens": float, "calculation_timestamp": str},
    "api_calls": int,
}  # fmt: skip


def has_shape(value: object, shape: object) -> bool:
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and set(value) == set(shape)
            and all(has_shape(value[name], inner) for name, inner in shape.items())
        )
    return isinstance(value, shape)  # type: ignore[arg-type]


@dataclass
class Paid:
    server: Served
    service: LLMServer


def refuse_bad(asked: Asked) -> str | None:
    return "nojson" if any("imposible" in product["text"] for product in asked.products) else None


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paid]:
    with LLMServer(faults=refuse_bad) as service:
        env = {"OPENAI_API_KEY": "sk-test-canary", "OPENAI_BASE_URL": service.base_url}
        with served(tmp_path_factory.mktemp("paid") / "home", **env) as server:
            yield Paid(server, service)


def test_with_a_key_the_paid_engine_is_the_default_and_costs_have_every_key(paid: Paid) -> None:
    job_id = paid.server.submit([{"text": "yogur natural", "product_id": "A"}, {"text": "arroz"}], model="gpt-4o-mini")
    status = paid.server.wait(job_id)
    result = paid.server.get(f"/classify/result/{job_id}").json()
    assert has_shape(result["openai_cost_info"], COST), result["openai_cost_info"]
    for item in result["results"]:
        assert has_shape(item["classification"]["openai_cost"], COST)
    total = sum(item["classification"]["openai_cost"]["cost_usd"]["total"] for item in result["results"])
    assert total == pytest.approx(result["openai_cost_info"]["cost_usd"]["total"])
    assert status["cost_usd"] == pytest.approx(total)
    assert result["openai_cost_info"]["usage"]["prompt_tokens"] == paid.service.ledger.input_tokens


def test_what_a_failed_product_cost_is_counted_and_a_retry_names_its_parent(paid: Paid) -> None:
    before = paid.service.ledger.input_tokens
    job_id = paid.server.submit([{"text": "producto imposible", "product_id": "X"}], engine="openai")
    assert paid.server.wait(job_id)["status"] == "completed"
    result = paid.server.get(f"/classify/result/{job_id}").json()
    assert result["results"][0]["status"] == "failed"
    assert result["results"][0]["error"]
    assert result["openai_cost_info"]["usage"]["prompt_tokens"] == paid.service.ledger.input_tokens - before > 0
    answer = paid.server.post(f"/classify/retry/{job_id}")
    assert answer.status_code == 200
    child = answer.json()
    assert child["total_products"] == 1
    paid.server.wait(child["job_id"])
    listed = {job["job_id"]: job for job in paid.server.get("/jobs").json()["jobs"]}
    assert listed[child["job_id"]]["parent_id"] == job_id


def test_the_command_line_exits_with_one_when_too_many_products_failed(paid: Paid) -> None:
    env = {"OPENAI_API_KEY": "sk-test-canary", "OPENAI_BASE_URL": paid.service.base_url}
    home = paid.server.home.parent / "cli"
    words = ("classify", "-", "-o", "-", "-q")
    rows = b"producto imposible\narroz\n"
    assert run_cli(home, *words, stdin=rows, **env).returncode == 1
    assert run_cli(home, *words, "--max-failures", "1", stdin=rows, **env).returncode == 0


def test_the_key_is_in_no_answer_no_log_and_no_record(paid: Paid) -> None:
    for path in paid.server.home.rglob("*"):
        if path.is_file():
            assert b"sk-test-canary" not in path.read_bytes(), path
    assert "sk-test-canary" not in paid.server.get("/metrics").text
    assert 'outcome="ok"' in paid.server.get("/metrics").text
