"""A real server over app.py, on a port and in a home folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
START_S = 120.0


def clean_env(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("OPENAI_", "ANAQUEL_", "DATABASE_"))}  # fmt: skip
    return kept | {"ANAQUEL_HOME": str(home), "PYTHONPATH": str(ROOT), "NO_PROXY": "*"} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Served:
    base: str
    home: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.base + path, timeout=60, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return requests.post(self.base + path, timeout=120, **more)

    def submit(self, products: list[dict[str, Any]], headers: dict[str, str] | None = None, **fields: Any) -> str:
        answer = self.post("/classify/async", json={"products": products, **fields}, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job_id"])

    def wait(self, job_id: str, *states: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Poll until the job is in one of the states (by default: ended)."""
        wanted = states or ("completed", "failed", "cancelled")
        for _ in range(600):
            status: dict[str, Any] = self.get(f"/classify/status/{job_id}", headers=headers).json()
            if status["status"] in wanted:
                return status
            time.sleep(0.2)
        raise AssertionError(f"job {job_id} is still {status}")

    def cli(self, *words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return run_cli(self.home, *words, stdin=stdin)


def run_cli(home: Path, *words: str, stdin: bytes | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "cli.main", *words], input=stdin, capture_output=True, cwd=ROOT,
                          env=clean_env(home, **env), timeout=240, check=False)  # fmt: skip


@contextmanager
def served(home: Path, **env: str) -> Iterator[Served]:
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}",
             "--server.address=127.0.0.1"],
            cwd=ROOT, env=clean_env(home, **env), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    server = Served(f"http://127.0.0.1:{port}", home, process)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(server: Served) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s:
        try:
            if server.get("/readyz").status_code == 200:
                return
        except requests.ConnectionError:
            pass
        assert server.process.poll() is None, (server.home / "server.log").read_text()
        time.sleep(0.2)
    raise AssertionError((server.home / "server.log").read_text())
