"""Thousands of generated requests against the served OpenAPI document: no crash, no answer outside the schema."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import Served

N_CASES = 2_000
# an unknown taxonomy's name is a sound string and refused all the same, so "positive_data_acceptance" does not apply
EXCLUDED = "positive_data_acceptance"
STREAM = "/classify/events/{job_id}"  # never ends while its job is paused; test_events.py reads it


@pytest.mark.timeout(900)
def test_generated_requests_find_no_crash_and_no_schema_violation(server: Served, tmp_path: Path) -> None:
    st = shutil.which("st", path=str(Path(sys.executable).parent))
    assert st is not None
    ran = subprocess.run(
        [st, "run", f"{server.base}/openapi.json", "--seed", "5", "-n", "150", "--checks", "all", "--exclude-checks",
         EXCLUDED, "--exclude-path", STREAM,
         "--request-timeout", "60", "--workers", "1", "--generation-database", "none"],
        capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"NO_PROXY": "*"}, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]
    told = re.search(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert told is not None, ran.stdout[-2_000:]
    assert int(told[1]) >= N_CASES
