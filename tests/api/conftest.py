"""Servers that the REST tests share: one with no setting but room for many requests, one with tokens and limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.served import Served, served

ROOMY = {"ANAQUEL_REST_PER_MINUTE": "1000000", "ANAQUEL_SUBMISSIONS_PER_MINUTE": "1000000"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("rest") / "home", **ROOMY) as running:
        yield running


@pytest.fixture(scope="session")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Bodies of at most 1 MB, 60 submissions a minute."""
    env = {"ANAQUEL_MAX_UPLOAD_MB": "1", "ANAQUEL_SUBMISSIONS_PER_MINUTE": "60", "ANAQUEL_REST_PER_MINUTE": "1000000"}
    with served(tmp_path_factory.mktemp("strict") / "home", **env) as running:
        yield running


@pytest.fixture(scope="session")
def calling_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """127.0.0.2 is allowed for callbacks, and no other private address."""
    home = tmp_path_factory.mktemp("calling") / "home"
    with served(home, **ROOMY, ANAQUEL_CALLBACK_NETWORKS="127.0.0.2/32") as running:
        yield running
