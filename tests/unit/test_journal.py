"""A worker's journal: what stands there survives the worker, and a line it did not live to end harms no other."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from classifier.journal import ENDING, MOST_BYTES, Entry, Journal, entries_of, hand_over
from classifier.settings import Secret, Settings
from storage import AttemptRow, Claim, Result

CLAIM = Claim("job", 3, 0, 499, 2, 5)
NOW = datetime(2026, 11, 26, 3, 4, 5, 678, tzinfo=UTC)


def entry(n: int, raw: str = "{}", **changes: object) -> Entry:
    result = Result(n, "classified", "concept", "A", 0.93, None, [["B", 0.05]], None, None, 1, False, 10, 2,
                    Decimal("0.000000000001"), NOW, ("A", None), "0123456789abcdef")  # fmt: skip
    attempt = AttemptRow(f"w-{n}", [n], 1, "m", "ok", NOW, 0.5, 200, input_tokens=10, cost_usd=Decimal("0.01"), raw=raw)
    values: dict[str, object] = {"claim": CLAIM, "seq": 5, "spec_key": "spec", "results": [result], "attempt": attempt}
    return Entry(**values | changes)  # type: ignore[arg-type]


def path_of(folder: Path) -> Path:
    (path,) = folder.glob("*" + ENDING)
    return path


def die(journal: Journal) -> None:
    """What the system does for a process that is killed: its files are closed, and with them their locks."""
    assert journal._fd is not None
    os.close(journal._fd)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal", "host/4026531836:17:99:ab")


def test_what_is_appended_is_read_back_to_the_last_pico_dollar_and_microsecond(
    journal: Journal, tmp_path: Path
) -> None:
    told = [entry(1), entry(2, "ñandú \u2028 \n line", seq=6), entry(3, results=[])]
    assert all(map(journal.append, told))
    assert list(entries_of(path_of(tmp_path / "journal").read_bytes())) == told


def test_the_file_is_for_its_owner_alone_and_is_not_there_before_the_first_answer(
    journal: Journal, tmp_path: Path
) -> None:
    assert not (tmp_path / "journal").exists()
    journal.append(entry(1))
    assert stat.S_IMODE(path_of(tmp_path / "journal").stat().st_mode) == 0o600


@pytest.mark.parametrize("n_left", [1, 40, -1])
def test_a_line_that_its_writer_did_not_live_to_end_is_left_out(journal: Journal, tmp_path: Path, n_left: int) -> None:
    journal.append(entry(1))
    n_whole = journal.n_bytes
    journal.append(entry(2))
    content = path_of(tmp_path / "journal").read_bytes()
    torn = content[: n_whole + n_left] if n_left > 0 else content[:n_left]
    assert list(entries_of(torn)) == [entry(1)]


@contextmanager
def room_for(n_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: a write stops in the middle, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_what_came_before_and_comes_after_is_kept(journal: Journal, tmp_path: Path) -> None:
    assert journal.append(entry(1))
    with room_for(journal.n_bytes + 50):
        assert [journal.append(entry(2)), journal.append(entry(2))] == [False, False]
    assert journal.append(entry(3))
    assert list(entries_of(path_of(tmp_path / "journal").read_bytes())) == [entry(1), entry(3)]


def test_a_folder_that_cannot_be_written_is_told_and_told_again_when_it_can(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    journal = Journal(tmp_path / "journal", "w")
    assert not journal.append(entry(1))
    (tmp_path / "journal").unlink()
    assert journal.append(entry(1))


def test_text_that_is_no_text_is_told_and_harms_nothing(journal: Journal) -> None:
    assert not journal.append(entry(1, "half a pair \ud800"))
    assert journal.append(entry(2))


def test_what_the_record_has_is_dropped_and_what_came_since_stays(journal: Journal, tmp_path: Path) -> None:
    journal.append(entry(1, "x" * MOST_BYTES))
    n_recorded = journal.n_bytes
    journal.append(entry(2))
    journal.forget(n_recorded)
    path = path_of(tmp_path / "journal")
    assert list(entries_of(path.read_bytes())) == [entry(2)]
    assert path.stat().st_size == journal.n_bytes < 2_000
    journal.append(entry(3))
    assert list(entries_of(path.read_bytes())) == [entry(2), entry(3)]
    journal.forget(journal.n_bytes)
    assert path.stat().st_size == 0
    journal.remove()
    assert not path.exists()


def test_a_living_worker_s_journal_is_left_alone_and_a_dead_one_s_handed_over_once(
    journal: Journal, tmp_path: Path
) -> None:
    folder, seen = tmp_path / "journal", list[tuple[str, Sequence[Entry]]]()
    journal.append(entry(1, "x" * MOST_BYTES))
    n_recorded = journal.n_bytes
    journal.append(entry(2))
    journal.forget(n_recorded)  # the file is another one now, and locked as the first was

    def record(worker: str, told: Sequence[Entry]) -> None:
        seen.append((worker, told))

    name = "host/4026531836:17:99:ab"
    assert hand_over(folder, record) == (set(), {name})
    assert seen == []
    die(journal)
    assert hand_over(folder, record) == ({name}, set())
    assert hand_over(folder, record) == (set(), set())
    assert seen == [(name, [entry(2)])]


def test_a_journal_stays_when_it_cannot_be_recorded(journal: Journal, tmp_path: Path) -> None:
    journal.append(entry(1))
    die(journal)

    def refuse(worker: str, told: Sequence[Entry]) -> None:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        hand_over(tmp_path / "journal", refuse)
    assert list(entries_of(path_of(tmp_path / "journal").read_bytes())) == [entry(1)]


def test_each_database_has_journals_of_its_own_and_no_password_in_their_place(tmp_path: Path) -> None:
    def folder(url: str) -> Path:
        return Settings(tmp_path, url, Secret("")).journals

    first = folder("postgresql+psycopg://ana:secret@db:5432/anaquel")
    assert first == folder("postgresql+psycopg://ana:changed@db:5432/anaquel")
    assert first != folder("postgresql+psycopg://ana:secret@db:5432/other")
    assert folder("sqlite:////a/anaquel.db") != folder("sqlite:////b/anaquel.db")
    assert "secret" not in str(first)
