"""Jobs that ask a paid service: costs in the contract's shape, failed products and their retry."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from classifier.pricing import find_price
from tests.batch_server import BatchServer, Course
from tests.llm_server import Asked
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
    service: BatchServer


def refuse_bad(asked: Asked) -> str | None:
    """What is impossible no model answers, what is hard only the stronger one does."""
    is_weak = asked.body["model"] == "gpt-4o-mini"
    hard = ("imposible", "difícil") if is_weak else ("imposible",)
    return "nojson" if any(word in product["text"] for product in asked.products for word in hard) else None


@dataclass(frozen=True)
class Spent:
    """What the service charged while something ran: tokens, and USD at the price of a call by itself."""

    input_tokens: int
    output_tokens: int
    usd: Decimal


@contextmanager
def spending(service: BatchServer, model: str = "gpt-4o-mini") -> Iterator[list[Spent]]:
    """Gives a list that holds what was spent once the block has ended."""
    ledger, found = service.ledger, list[Spent]()
    before = (ledger.input_tokens, ledger.cached_tokens, ledger.output_tokens)
    yield found
    n_input, n_cached, n_output = (
        now - then for now, then in zip((ledger.input_tokens, ledger.cached_tokens, ledger.output_tokens), before,
                                        strict=True)
    )  # fmt: skip
    price = find_price(model, datetime.now(UTC).date())
    assert price is not None
    usd = (n_input - n_cached) * price.input_usd + n_cached * price.cached_input_usd + n_output * price.output_usd
    found.append(Spent(n_input, n_output, usd))


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paid]:
    models = ("gpt-4o-mini", "gpt-4o")
    with BatchServer(faults=refuse_bad, models=models, courses=[Course(0.1)] * 3) as service:
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


def test_a_batch_asked_for_over_rest_ends_and_costs_half_in_every_place_that_tells_it(paid: Paid) -> None:
    n_live = paid.service.n_live
    with spending(paid.service) as spent:
        rows = [{"text": f"queso curado {n}", "product_id": f"Q{n}"} for n in range(60)]
        job_id = paid.server.submit(rows, batch=True)
        status = paid.server.wait(job_id)
        result = paid.server.get(f"/classify/result/{job_id}").json()
    assert status["status"] == "completed"
    assert paid.service.n_live == n_live
    assert status["cost_usd"] == pytest.approx(float(spent[0].usd / 2), rel=1e-9)
    told = result["openai_cost_info"]
    assert told["usage"]["total_tokens"] == spent[0].input_tokens + spent[0].output_tokens
    assert told["cost_usd"]["total"] == pytest.approx(float(spent[0].usd / 2), rel=1e-6)
    assert told["cost_usd"]["prompt"] + told["cost_usd"]["completion"] == pytest.approx(told["cost_usd"]["total"])
    assert told["cost_breakdown"]["completion_cost_per_1m_tokens"] == pytest.approx(0.6 / 2)
    assert told["cost_usd"]["completion"] == pytest.approx(spent[0].output_tokens * 0.3e-6)
    each = [item["classification"]["openai_cost"]["cost_usd"]["total"] for item in result["results"]]
    assert len(each) == 60
    assert sum(each) == pytest.approx(float(spent[0].usd / 2), rel=1e-6)


def test_a_stronger_model_asked_for_over_rest_answers_what_the_other_cannot_and_is_on_the_bill(paid: Paid) -> None:
    with spending(paid.service) as spent:
        rows = [{"text": f"aceite {n}"} for n in range(20)] + [{"text": "aceite difícil"}]
        job_id = paid.server.submit(rows, stronger_model="gpt-4o", model="gpt-4o-mini")
        status = paid.server.wait(job_id)
        result = paid.server.get(f"/classify/result/{job_id}").json()
    assert (status["status"], result["failed"]) == ("completed", 0)
    assert paid.service.asked[-1].body["model"] == "gpt-4o"
    usage = result["openai_cost_info"]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (spent[0].input_tokens, spent[0].output_tokens)
    assert status["cost_usd"] > float(spent[0].usd)  # gpt-4o is dearer than all of it at gpt-4o-mini's price


def test_a_stronger_model_that_the_key_does_not_have_is_refused_over_rest_and_at_the_shell(paid: Paid) -> None:
    asked = {"products": [{"text": "pan"}], "stronger_model": "gpt-none"}
    answer = paid.server.post("/classify/async", json=asked)
    assert answer.status_code == 422
    [fault] = answer.json()["detail"]
    assert fault["loc"] == ["body", "stronger_model"]
    assert "'gpt-none' is not among the models" in fault["msg"]
    done = at_shell(paid, "--stronger-model", "gpt-none", rows=b"pan\n")
    assert done.returncode == 2
    assert b"'gpt-none' is not among the models" in done.stderr
    assert b"Traceback" not in done.stderr


def at_shell(paid: Paid, *words: str, rows: bytes) -> subprocess.CompletedProcess[bytes]:
    env = {"OPENAI_API_KEY": "sk-test-canary", "OPENAI_BASE_URL": paid.service.base_url}
    return run_cli(paid.server.home.parent / "cli-options", "classify", "-", "-o", "-", "-q", *words, stdin=rows, **env)


def test_a_batch_and_a_stronger_model_at_the_shell_end_with_the_right_bill(paid: Paid) -> None:
    with spending(paid.service) as spent:
        done = at_shell(paid, "--batch", rows="".join(f"arroz {n}\n" for n in range(40)).encode())
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)["openai_cost_info"]
    assert cost["cost_usd"]["total"] == pytest.approx(float(spent[0].usd / 2), rel=1e-6)
    with spending(paid.service) as spent:
        done = at_shell(
            paid, "--stronger-model", "gpt-4o", "--model", "gpt-4o-mini", rows="sal\nsal difícil\n".encode()
        )
    assert done.returncode == 0, done.stderr
    usage = json.loads(done.stdout)["openai_cost_info"]["usage"]
    assert usage["total_tokens"] == spent[0].input_tokens + spent[0].output_tokens


def test_the_key_is_in_no_answer_no_log_and_no_record(paid: Paid) -> None:
    for path in paid.server.home.rglob("*"):
        if path.is_file():
            assert b"sk-test-canary" not in path.read_bytes(), path
    assert "sk-test-canary" not in paid.server.get("/metrics").text
    assert 'outcome="ok"' in paid.server.get("/metrics").text
