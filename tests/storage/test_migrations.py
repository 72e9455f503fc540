"""Bringing a database up to date: by several processes at once, never backwards, with a backup first."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from storage import NewerDatabase, Store
from storage.schema import MIGRATIONS, upgrade
from tests.storage.recordkeeping import assert_counters_equal_recount, finish, new_job

HEAD = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))

NEXT = f'''
import time
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{HEAD}"


def upgrade():
    with op.batch_alter_table("job") as job:
        job.add_column(sa.Column("colour", sa.String(), server_default="red"))
        job.alter_column("name", type_=sa.Text())
    time.sleep(PAUSE_S)
    op.create_table("shelf", sa.Column("id", sa.Integer(), primary_key=True))
'''

UPGRADE = """
import sys
from pathlib import Path
from storage.schema import MIGRATIONS, upgrade
upgrade(sys.argv[1], MIGRATIONS / "versions", *map(Path, sys.argv[2:]))
"""


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """A folder with a revision that follows the program's newest."""
    return write_next(tmp_path / "next", pause_s=0.0)


def write_next(folder: Path, pause_s: float) -> Path:
    folder.mkdir()
    (folder / "9999_next.py").write_text(NEXT.replace("PAUSE_S", str(pause_s)), encoding="utf-8")
    return folder


def process(url: str, *folders: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", UPGRADE, url, *map(str, folders)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, cwd=MIGRATIONS.parents[1])


def revision(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return str(found)


def test_four_processes_that_start_at_once_make_one_schema(url: str) -> None:
    started = [process(url) for _ in range(4)]
    errors = [child.communicate(timeout=60)[1].decode() for child in started]
    assert [child.returncode for child in started] == [0] * 4, errors
    assert revision(url) == HEAD
    store = Store(url)
    job_id = new_job(store, 5)
    finish(store)
    assert_counters_equal_recount(store, job_id)
    store.close()


def test_a_migration_keeps_every_row_though_tables_refer_to_each_other(url: str, next_version: Path) -> None:
    store = Store(url)
    job_id = new_job(store, 12)
    finish(store)
    before = store.job(job_id).model_dump()
    store.close()
    upgrade(url, MIGRATIONS / "versions", next_version)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT colour FROM job")).scalar_one() == "red"
        assert connection.execute(text("SELECT count(*) FROM item")).scalar_one() == 12
        assert connection.execute(text("SELECT n_classified FROM job")).scalar_one() == before["n_classified"]
        assert "shelf" in inspect(connection).get_table_names()
    engine.dispose()


def test_a_newer_database_is_refused_with_a_sentence_and_left_as_it_is(url: str, next_version: Path) -> None:
    Store(url).close()
    upgrade(url, MIGRATIONS / "versions", next_version)
    with pytest.raises(NewerDatabase, match=r"written by a newer Anaquel \(revision 9999\).*nothing was changed"):
        Store(url)
    assert revision(url) == "9999"


def test_a_backup_of_the_file_is_taken_before_a_migration_and_none_without(tmp_path: Path, next_version: Path) -> None:
    url = f"sqlite:///{tmp_path / 'anaquel.db'}"
    store = Store(url)
    job_id = new_job(store, 5)
    store.close()
    Store(url).close()
    assert list(tmp_path.glob("*.backup")) == []
    upgrade(url, MIGRATIONS / "versions", next_version)
    (backup,) = tmp_path.glob("*.backup")
    assert revision(f"sqlite:///{backup}") == HEAD
    with sqlite3.connect(backup) as connection:
        assert connection.execute("SELECT id FROM job").fetchone() == (job_id,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_migration_that_is_killed_leaves_the_old_schema_whole_and_is_done_at_the_next_start(
    url: str, tmp_path: Path
) -> None:
    store = Store(url)
    job_id = new_job(store, 5)
    store.close()
    slow = write_next(tmp_path / "slow", pause_s=30.0)
    child = process(url, slow)
    time.sleep(1.5)  # in the middle: tables are rebuilt, the pause has begun
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=10)
    assert revision(url) == HEAD
    store = Store(url)
    assert store.job(job_id).name == "a job"
    store.close()
    upgrade(url, MIGRATIONS / "versions", write_next(tmp_path / "quick", pause_s=0.0))
    assert revision(url) == "9999"


def test_the_migrations_make_what_the_tables_say(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from sqlmodel import SQLModel

    Store(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
