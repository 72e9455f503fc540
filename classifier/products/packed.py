"""Files packed in .gz or .zip, unpacked as a stream with a limit on how much may come out."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO, cast

from classifier.errors import UnreadableFile
from classifier.products.product import Limits, shown

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MOST_DEFLATED = 1032  # bytes that DEFLATE can make of one (zlib's technical notes)
MAX_TABLES = 200
FREE_BYTES = 10_000_000  # a small file may grow more than the ratio
TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet")
DAMAGED = (EOFError, zlib.error, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, KeyError)


class Unpacked(io.RawIOBase):
    """A packed stream read as its content; raises UnreadableFile when it is damaged or grows beyond the limits."""

    def __init__(self, inner: BinaryIO, n_packed: int, limits: Limits) -> None:
        self._inner = inner
        self._most = most_bytes(n_packed, limits)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Only to the start, by unpacking again."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the unpacked bytes."""
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the unpacked bytes."""
        return self._inner.tell()

    def readinto(self, buffer: object) -> int:
        """Fill the buffer with unpacked bytes."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            chunk = self._inner.read(len(view))
        except DAMAGED as error:
            raise UnreadableFile("The packed file is damaged or cut short.") from error
        if self._inner.tell() > self._most:
            raise _too_large(self._most)
        view[: len(chunk)] = chunk
        return len(chunk)


def most_bytes(n_packed: int, limits: Limits) -> int:
    """Return how many bytes may come out of this many packed ones."""
    return min(limits.n_bytes, FREE_BYTES + n_packed * limits.unpack_ratio)


def _too_large(most: int) -> UnreadableFile:
    return UnreadableFile(f"The packed file grows beyond the limit of {most:,} bytes when unpacked.")


def _refuse_bomb(n_claimed: int, n_packed: int, limits: Limits) -> None:
    """Refuse by the size that the archive itself tells, before anything is unpacked."""
    if n_claimed > (most := most_bytes(n_packed, limits)):
        raise _too_large(most)


def _gzip_claims(stream: BinaryIO) -> int:
    """Return the size in the last four bytes (RFC 1952, ISIZE); 0 where zeros were appended."""
    n_packed = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, n_packed - 4))
    n_claimed = int.from_bytes(stream.read(4), "little")
    stream.seek(0)
    return n_claimed if n_claimed <= n_packed * MOST_DEFLATED else 0  # else these bytes are no size


def unpacked(stream: BinaryIO, limits: Limits, level: int = 0) -> BinaryIO:
    """Return the stream itself, or the content of the one file that is packed in it.

    A workbook (XLSX) is returned as it is, though it is a zip. Raises UnreadableFile when the archive is damaged,
    locked, nested, or holds more or less than one file of products.
    """
    stream.seek(0)
    head = stream.read(4)
    n_packed = stream.seek(0, os.SEEK_END) if not level else 0
    if n_packed > limits.n_bytes:
        raise UnreadableFile(f"The file is larger than the limit of {limits.n_bytes:,} bytes.")
    stream.seek(0)
    if head[:2] == GZIP:
        _refuse_bomb(_gzip_claims(stream), n_packed, limits)
        inner = cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb"))
    elif head == ZIP or head == b"PK\x05\x06":
        member = _member(stream, limits)
        if member is None:
            return stream
        inner, n_packed = member
    else:
        return stream
    if level:
        raise UnreadableFile("The archive holds another archive; unpack it first.")
    content = cast(BinaryIO, io.BufferedReader(Unpacked(inner, n_packed, limits), 1 << 20))
    return _seekable_workbook(unpacked(content, limits, level + 1))


def tables_in(stream: BinaryIO, limits: Limits) -> list[tuple[str, BinaryIO]]:
    """Return name and content of each table in a zip that holds more than one; none for any other stream.

    Raises UnreadableFile when they are too many, locked, damaged, or too large together.
    """
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    if head != ZIP:
        return []
    try:
        archive = zipfile.ZipFile(stream)
        names = set(archive.namelist())
        files = _files(archive)
        tables = [entry for entry in files if entry.filename.lower().endswith(TABLES)]
        if len(tables) < 2 or "[Content_Types].xml" in names or "mimetype" in names:
            return []
        if len(tables) > MAX_TABLES:
            raise _too_many(tables)
        n_packed = sum(entry.compress_size for entry in tables)
        _refuse_bomb(sum(entry.file_size for entry in tables), n_packed, limits)
        return [(entry.filename, _content(archive, entry, limits)) for entry in tables]
    except UnreadableFile:
        raise
    except DAMAGED as error:
        raise UnreadableFile("The archive is damaged or cut short.") from error


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> BinaryIO:
    if entry.flag_bits & 1:
        raise UnreadableFile("The archive is locked with a password.")
    inner = cast(BinaryIO, archive.open(entry))
    content = cast(BinaryIO, io.BufferedReader(Unpacked(inner, entry.compress_size, limits), 1 << 16))
    return _seekable_workbook(unpacked(content, limits, level=1))


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [entry for entry in archive.infolist() if not entry.is_dir() and not _is_clutter(entry.filename)]


def _too_many(files: Sequence[zipfile.ZipInfo]) -> UnreadableFile:
    listed = ", ".join(shown(entry.filename)[:60] for entry in files[:3]) + (" ..." if len(files) > 3 else "")
    return UnreadableFile(f"The archive holds {len(files):,} files ({listed}); pack just one.")


def _member(stream: BinaryIO, limits: Limits) -> tuple[BinaryIO, int] | None:
    """Open the one file of products in a zip; None when the zip is a workbook."""
    try:
        archive = zipfile.ZipFile(stream)
        names = set(archive.namelist())
        if "[Content_Types].xml" in names or "mimetype" in names:
            return None
        files = _files(archive)
        tables = [entry for entry in files if entry.filename.lower().endswith(TABLES)]
        files = tables if len(tables) == 1 else files  # beside a table, a note on it or a picture is no riddle
        if len(files) > 1:
            raise _too_many(files)
        if not files:
            raise UnreadableFile("The archive holds no file.")
        if files[0].flag_bits & 1:
            raise UnreadableFile("The archive is locked with a password.")
        _refuse_bomb(files[0].file_size, files[0].compress_size, limits)
        return cast(BinaryIO, archive.open(files[0])), files[0].compress_size
    except UnreadableFile:
        raise
    except DAMAGED as error:
        raise UnreadableFile("The archive is damaged or cut short.") from error


def _is_clutter(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return name.startswith("__MACOSX/") or last.startswith(".") or last in ("Thumbs.db", "desktop.ini")


def _seekable_workbook(stream: BinaryIO) -> BinaryIO:
    """Hold formats in memory that are read from their end: seeking in packed bytes would unpack again and again."""
    head = stream.read(4)
    stream.seek(0)
    return io.BytesIO(stream.read()) if head in (ZIP, b"PAR1") else stream
