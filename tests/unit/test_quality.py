"""The house rules, checked by the tools that know them: style, types, layers, sizes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("classifier", "storage", "pages", "api", "cli")
SOURCES = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "versions" not in p.parts]
MAX_MODULE_LINES, MAX_FUNCTION_LINES = 300, 60


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["check", "."], ["format", "--check", "."]], ids=["check", "format"])
def test_ruff_has_nothing_to_say(arguments: list[str]) -> None:
    told = run("ruff", *arguments)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_type_holds() -> None:
    told = run("mypy")
    assert told.returncode == 0, told.stdout + told.stderr


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    told = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_no_module_is_longer_than_a_review_bears() -> None:
    long = {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > MAX_MODULE_LINES}
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert not long


def test_no_vague_names() -> None:
    vague = {"utils", "util", "manager", "helper", "helpers", "data", "info", "misc", "common"}
    assert not [p for p in SOURCES if p.stem in vague]
