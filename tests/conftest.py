"""What every test may rely on: an environment without secrets and a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SCRUBBED = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "DATABASE_URL", "ANAQUEL_HOME")
TEST_DATABASE_URL = os.environ.get("DATABASE_URL")  # a system server that the storage suite may use


@pytest.fixture(autouse=True)
def scrubbed_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key of the desk reaches a test, and nothing is written outside its folder."""
    for name in (*SCRUBBED, *(n for n in os.environ if n.startswith("ANAQUEL_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANAQUEL_HOME", str(tmp_path / "home"))
