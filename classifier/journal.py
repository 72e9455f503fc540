"""A worker's journal: answers that are paid for, kept on this host until the record has them.

What write(2) took survives a kill -9 (only a power cut loses it), so a call's place is free as soon as its answer
stands here, and the transaction follows at leisure. A worker holds a lock on its file as long as it lives: a file
whose lock is free was left by one that is gone, whatever became of its process number.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import orjson

from storage import AttemptRow, Claim, Result

if sys.platform != "win32":
    import fcntl

log = logging.getLogger("anaquel.journal")

MOST_BYTES = 4 * 2**20  # a larger file is written anew without what the record has
ENDING = ".jsonl"
Record = Callable[[str, Sequence["Entry"]], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one call brought; seq: the chunk's number that the flush with it must find (storage.recording)."""

    claim: Claim
    seq: int
    spec_key: str | None
    results: Sequence[Result]
    attempt: AttemptRow


class Journal:
    """One for each worker; its file is there only while it holds something that the record may lack."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.n_bytes = 0
        self._path = folder / (quote(worker, safe="") + ENDING)
        self._fd: int | None = None
        self._is_told = False

    def append(self, entry: Entry) -> bool:
        """Keep an entry; False when that cannot be done (no room, no right, no such system)."""
        try:
            line = b"\n" + orjson.dumps(entry, default=str)  # the newline comes first: it ends a torn line before
            if self._fd is None:
                self._fd = self._begin(b"")
            n_written = os.write(self._fd, line)
        except (OSError, orjson.JSONEncodeError) as error:
            self._tell(error)
            return False
        self.n_bytes += n_written
        return n_written == len(line)

    def forget(self, n_bytes: int) -> None:
        """Drop the first n_bytes, which the record has now; what came after them stays."""
        if self._fd is None or not self.n_bytes:
            return
        try:
            if n_bytes >= self.n_bytes:
                os.ftruncate(self._fd, 0)
                self.n_bytes = 0
            elif self.n_bytes > MOST_BYTES:
                self._begin_anew(os.pread(self._fd, self.n_bytes - n_bytes, n_bytes))
        except OSError as error:
            self._tell(error)

    def remove(self) -> None:
        """End the journal: the record has everything."""
        if self._fd is not None:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._fd)
            self._fd = None

    def _begin_anew(self, rest: bytes) -> None:
        old, self._fd = self._fd, self._begin(rest)
        self.n_bytes = len(rest)
        if old is not None:
            os.close(old)

    def _begin(self, content: bytes) -> int:
        """Make the file; it gets its name when it is locked and whole, so that nobody takes it for one left behind."""
        if sys.platform == "win32":
            raise OSError(errno.ENOTSUP, "no file locks")
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if content and os.write(fd, content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            new.rename(self._path)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _tell(self, error: Exception) -> None:
        if not self._is_told:
            log.warning("answers cannot be journalled (%s): calls wait until each is in the database", error)
            self._is_told = True


def hand_over(folder: Path, record: Record) -> tuple[set[str], set[str]]:
    """Give what vanished workers left to `record`, journal by journal, and remove it; what it raises passes through.

    Returns the workers whose journals were recorded, and those whose journals somebody holds: the worker itself or a
    process that records them at this moment.
    """
    recorded, held = set[str](), set[str]()
    for path in sorted(folder.glob("*" + ENDING)) if sys.platform != "win32" else ():
        worker = unquote(path.name.removesuffix(ENDING))
        with _locked(path) as content:
            if content is None:
                held.add(worker)
                continue
            record(worker, list(entries_of(content)))
            path.unlink(missing_ok=True)
            recorded.add(worker)
    return recorded, held


@contextmanager
def _locked(path: Path) -> Iterator[bytes | None]:
    """Read a journal that nobody holds, and hold it meanwhile; None: somebody does, or it is another file by now."""
    try:
        file = path.open("rb")
    except OSError as error:
        log.warning("a journal cannot be read (%s)", error)
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_same = os.path.samestat(os.fstat(file.fileno()), path.stat())
        except OSError:
            is_same = False
        yield file.read() if is_same else None


def entries_of(content: bytes) -> Iterator[Entry]:
    """Read a journal's entries in order; a line that its writer did not live to end is left out."""
    for line in content.split(b"\n"):
        if not line:
            continue
        try:
            told = orjson.loads(line)
            yield Entry(
                _made(Claim, told["claim"]), told["seq"], told["spec_key"],
                [_result_of(row) for row in told["results"]], _attempt_of(told["attempt"]),
            )  # fmt: skip
        except (ValueError, LookupError, TypeError) as error:
            log.warning("a line of a journal is torn (%s)", type(error).__name__)


def _made(kind: Any, told: dict[str, Any]) -> Any:
    """Build a value from what this version of the program knows of it."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in told.items() if name in known})


def _result_of(told: dict[str, Any]) -> Result:
    told |= {"cost_usd": Decimal(told["cost_usd"]), "finished_at": datetime.fromisoformat(told["finished_at"]),
             "expected_of": tuple(told["expected_of"])}  # fmt: skip
    result: Result = _made(Result, told)
    return result


def _attempt_of(told: dict[str, Any]) -> AttemptRow:
    cost_usd = told["cost_usd"]
    told |= {"started_at": datetime.fromisoformat(told["started_at"]), "wasted_usd": Decimal(told["wasted_usd"]),
             "cost_usd": None if cost_usd is None else Decimal(cost_usd)}  # fmt: skip
    attempt: AttemptRow = _made(AttemptRow, told)
    return attempt
