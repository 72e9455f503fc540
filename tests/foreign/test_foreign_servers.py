"""The whole flow against two services that nobody here wrote: PyPI's llmock and the LiteLLM proxy with mock responses.

    ANAQUEL_TEST_FOREIGN=1 uv run pytest tests/foreign

Each is started by `uv tool run` in an environment of its own (LiteLLM pins an older openai client than ours): it needs
uv and PyPI, and the first run downloads some hundred megabytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from classifier.bootstrap import build
from classifier.engines.openai_check import check_connection
from classifier.engines.options import Credentials
from classifier.settings import Settings
from classifier.taxonomies import ensure_built_in
from storage import Job
from tests.served import clean_env, free_port, run_cli

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not os.environ.get("ANAQUEL_TEST_FOREIGN"), reason="ANAQUEL_TEST_FOREIGN=1 runs it"),
    pytest.mark.skipif(shutil.which("uv") is None, reason="uv starts the foreign services"),
]

KEY = "sk-foreign-0123456789"
LLMOCK, LITELLM = "llmock==0.2.2", "litellm[proxy]==1.100.5"
START_S = 400.0  # with the download
TEXTS = [f"producto número {n}" for n in range(10)]


@dataclass(frozen=True)
class Shelves:
    """Where the products of this test belong, in the taxonomy that comes along."""

    taxonomy_id: str
    notations: Sequence[str]

    def answer(self, keys: Sequence[int]) -> str:
        rows = [{"product_id": str(k), "notation": self.notations[k % 3], "confidence": 0.9} for k in keys]
        return json.dumps({"answers": rows})


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Shelves:
    services = build(Settings.from_env({"ANAQUEL_HOME": str(tmp_path_factory.mktemp("shelves"))}))
    taxonomy_id = ensure_built_in(services)
    notations = sorted(services.builder.taxonomy(taxonomy_id).assignable)[:3]
    services.store.close()
    return Shelves(taxonomy_id, notations)


@contextmanager
def running(folder: Path, package: str, *command: str, alive: str, **env: str) -> Iterator[str]:
    """Start a tool on a free port; alive: a path that answers 200 when it is ready. Gives the address."""
    port = free_port()
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["uv", "tool", "run", "--isolated", "--from", package, *command, "--host", "127.0.0.1", "--port",
             str(port)], env=clean_env(folder, **env), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}{alive}", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            if requests.get(url, timeout=10, headers={"authorization": f"Bearer {KEY}"}).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise AssertionError(log.read_text()[-4_000:])


def classify(home: Path, base: str, *more: str) -> tuple[dict[str, Any], Job]:
    """Put the products through the command line; gives the result file and the job in the record."""
    home.mkdir(exist_ok=True)
    source, out = home / "products.json", home / "result.json"
    source.write_text(json.dumps([{"product_id": f"P{n}", "text": text} for n, text in enumerate(TEXTS)]))
    done = run_cli(home, "classify", str(source), "-o", str(out), "--engine", "openai", "--model", "gpt-4o-mini", *more,
                   OPENAI_API_KEY=KEY, OPENAI_BASE_URL=f"{base}/v1")  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    services = build(Settings.from_env({"ANAQUEL_HOME": str(home)}))
    try:
        return json.loads(out.read_text()), services.store.jobs()[0]
    finally:
        services.store.close()


def assert_sound(result: dict[str, Any], job: Job, shelves: Shelves) -> None:
    assert job.status == "completed"
    assert [row["product_id"] for row in result["results"]] == [f"P{n}" for n in range(10)]
    assert [row["classification"]["notation"] for row in result["results"]] == [
        shelves.notations[n % 3] for n in range(10)
    ]
    assert job.input_tokens + job.output_tokens > 0
    assert job.cost_usd > 0
    assert job.n_unpriced_attempts == 0


def script(base: str, *behaviors: dict[str, Any]) -> None:
    answer = requests.post(f"{base}/_llmock/scenario", json={"behaviors": behaviors}, timeout=10)
    assert answer.status_code == 201, answer.text


def test_llmock_with_limits_errors_and_prose_loses_nothing_and_finds_no_fault_with_the_client(
    tmp_path: Path, shelves: Shelves
) -> None:
    with running(tmp_path, LLMOCK, "llmock", "serve", alive="/v1/models") as base:
        script(base, {"type": "fail", "status": 429, "retry_after": 1}, {"type": "fail", "status": 500},
               {"type": "reply", "text": "I could not decide."},
               {"type": "reply", "text": f"Sure ```json\n{shelves.answer(range(10))}\n```", "times": None})  # fmt: skip
        result, job = classify(tmp_path / "home", base)
        assert_sound(result, job, shelves)
        assert job.n_failed_attempts == 3
        verdict = requests.get(f"{base}/_llmock/verdict", timeout=10).json()
        assert (verdict["passed"], verdict["faults_injected"], verdict["findings"]) == (True, 2, [])


def test_llmock_has_a_batch_api_too_and_the_answers_come_at_half_the_price(tmp_path: Path, shelves: Shelves) -> None:
    with running(tmp_path, LLMOCK, "llmock", "serve", alive="/v1/models") as base:
        script(base, {"type": "reply", "text": shelves.answer(range(10)), "times": None})
        result, job = classify(tmp_path / "home", base, "--batch")
        assert_sound(result, job, shelves)


def test_the_litellm_proxy_serves_the_whole_flow_and_the_connection_test_names_its_models(
    tmp_path: Path, shelves: Shelves
) -> None:
    config = tmp_path / "litellm.json"  # JSON is YAML
    params = {"model": "openai/gpt-4o-mini", "api_key": "sk-none", "mock_response": shelves.answer(range(10))}
    config.write_text(json.dumps({"model_list": [{"model_name": "gpt-4o-mini", "litellm_params": params}]}))
    env = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "DISABLE_ADMIN_UI": "True"}
    with running(tmp_path, LITELLM, "litellm", "--config", str(config), alive="/v1/models", **env) as base:
        result, job = classify(tmp_path / "home", base)
        assert_sound(result, job, shelves)
        report = asyncio.run(check_connection(Credentials(KEY, f"{base}/v1"), "gpt-4o-mini"))
        assert report.models == ("gpt-4o-mini",)
        refused = asyncio.run(check_connection(Credentials("sk-wrong-0123456789", f"{base}/v1"), "gpt-4o-mini"))
        assert not refused.works
        assert refused.problem
