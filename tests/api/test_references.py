"""The references are written from the code, and every command in them works."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import ROOT, Served, clean_env

PAGES = runpy.run_path(str(ROOT / "docs" / "references.py"))["PAGES"]


def commands_in(page: str) -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_what_the_code_says_now(name: str) -> None:
    written = (ROOT / "docs" / name).read_text()
    assert written == PAGES[name](), "run: python docs/references.py"


def test_every_command_line_of_the_reference_works(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    commands = commands_in("cli.md")
    assert len(commands) > 5
    for words in commands:
        assert words[0] == "anaquel"
        ran = subprocess.run([sys.executable, "-m", "cli.main", *words[1:]], cwd=tmp_path, capture_output=True,
                             env=clean_env(tmp_path / "home"), timeout=200, check=False)  # fmt: skip
        assert ran.returncode == 0, (words, ran.stderr)


def test_every_request_of_the_reference_works(server: Served) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for words in commands_in("rest.md"):
        real = [word.replace("http://localhost:8000", server.base) for word in words]
        ran = subprocess.run([*real, "--fail"], capture_output=True, timeout=60, check=False)
        assert ran.returncode == 0, (words, ran.stderr)
        assert ran.stdout.startswith(b"{")
