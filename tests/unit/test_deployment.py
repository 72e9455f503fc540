"""What the deployment files say is true of the program: commands, settings, routes, users."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from api.app import Rest
from cli.main import app

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/anaquel.yaml").read_text(encoding="utf-8")))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
METRIC = re.compile(r"\banaquel_[a-z_]+\b")


def _containers() -> dict[str, Any]:
    return {
        c["name"]: c
        for found in KUBERNETES if found["kind"] == "Deployment"
        for c in found["spec"]["template"]["spec"]["containers"]
    }  # fmt: skip


def test_every_command_of_the_files_is_one_of_the_program() -> None:
    commands = [COMPOSE["services"]["worker"]["command"], _containers()["worker"]["command"]]
    commands += [re.search(r"ExecStart=\S+/(anaquel .*)", unit.read_text()).group(1).split() for unit in UNITS]  # type: ignore[union-attr]
    commands.append(re.findall(r'"([^"]+)"', DOCKERFILE.splitlines()[-1]))
    assert len(commands) == 5
    for name, command, *options in commands:
        told = CliRunner().invoke(app, [command, "--help"])
        assert (name, told.exit_code) == ("anaquel", 0)
        assert all(option in told.output for option in options if option.startswith("--"))


def test_every_setting_of_the_files_is_read_by_the_program() -> None:
    read = "".join(path.read_text() for path in (ROOT / "classifier").glob("*.py"))
    names = {
        *COMPOSE["services"]["app"]["environment"],
        *re.findall(r"Environment=(\w+)=", "".join(map(Path.read_text, UNITS))),
    }
    assert "DATABASE_URL" in names
    assert [name for name in names if f'"{name}"' not in read] == []


def test_probes_ask_for_routes_that_exist() -> None:
    dashboard = _containers()["dashboard"]
    paths = {dashboard[probe]["httpGet"]["path"] for probe in ("readinessProbe", "livenessProbe", "startupProbe")}
    assert paths | {"/readyz"} <= Rest.PATHS
    assert "/readyz" in DOCKERFILE


def test_nothing_runs_as_root_and_every_unit_comes_back_whatever_ended_it() -> None:
    assert DOCKERFILE.index("USER 10001") < DOCKERFILE.index('CMD ["anaquel"')
    for found in KUBERNETES:
        if found["kind"] == "Deployment":
            assert found["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
    for unit in UNITS:
        assert {"Restart=always", "User=anaquel"} <= set(unit.read_text().splitlines())
    assert {COMPOSE["services"][name]["restart"] for name in COMPOSE["services"]} == {"always"}


@pytest.mark.parametrize("path", ["docs/operations.md", "deploy/kubernetes/anaquel.yaml", "compose.yaml"])
def test_every_metric_that_is_named_is_told(path: str) -> None:
    told = (ROOT / "api/health.py").read_text()
    named = set(METRIC.findall((ROOT / path).read_text(encoding="utf-8")))
    assert named
    assert [name for name in named if f'"{name}"' not in told] == []


def test_files_that_are_linked_are_there() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (ROOT / "docs" / link).exists(), link
