"""One contract for the Store, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from storage import Store
from storage.database import Database
from tests.conftest import TEST_DATABASE_URL
from tests.postgres_server import postgres_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if TEST_DATABASE_URL and TEST_DATABASE_URL.startswith("postgres"):
        yield make_url(TEST_DATABASE_URL).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    with postgres_server() as server:
        _wait_until_leases_end(server.url)
        yield server.url


def _wait_until_leases_end(url: str) -> None:
    """Wait out the seconds after a start in which no lease counts as lost: tests of leases would see none end."""
    database = Database(url)
    with database._read() as connection:
        while database.lease_clock(connection)[1] == 0.0:
            time.sleep(0.1)
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """An empty database of its own for each test."""
    name = f"t{secrets.token_hex(6)}"
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'anaquel.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def open_store(url: str) -> Iterator[Callable[[], Store]]:
    """Opens stores on one database: each call stands for a process of its own."""
    opened: list[Store] = []

    def opener() -> Store:
        opened.append(Store(url))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()
