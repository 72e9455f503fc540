"""The .zip of a bundle: which files it has, how large they may be, and whether they are what the manifest says.

Nothing is ever unpacked to a path: files are read by the names that are known here, so that no name can lead outside.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from classifier.errors import ClassifierError

FORMAT, VERSION = "anaquel-bundle", 1
MANIFEST = "manifest.json"
DOCUMENTS = ("job.json", "taxonomy.json", "prompt.json", "prices.json", "sums.json")
LINES = ("items.jsonl", "attempts.jsonl", "events.jsonl")
NAMES = (*DOCUMENTS, *LINES)
MAX_BYTES = 8 << 30  # of all files, unpacked
MAX_DOCUMENT_BYTES = 256 << 20
MAX_LINE_BYTES = 4 << 20
FREE_BYTES, RATIO = 10 << 20, 200  # a small file may grow more than the ratio
PIECE_BYTES = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, KeyError)


class BadBundle(ClassifierError):
    """The file is no bundle that can be imported; the message is one sentence that says why."""


class BundleReader:
    """Reads a bundle that was verified when this was built; raises BadBundle."""

    def __init__(self, stream: BinaryIO, max_bytes: int = MAX_BYTES) -> None:
        try:
            self._zip = zipfile.ZipFile(stream)
            self._entries = self._known(max_bytes)
            self.manifest = self._manifest()
            self._verify()
        except DAMAGED as error:
            raise BadBundle("The file is no bundle, or it is damaged.") from error

    def document(self, name: str) -> Any:
        """Read one of DOCUMENTS."""
        if self._entries[name].file_size > MAX_DOCUMENT_BYTES:
            raise BadBundle(f"{name} is larger than a bundle's may be.")
        return _parsed(b"".join(self._pieces(name)), name)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Read one of LINES, one object a line."""
        held = b""
        for piece in self._pieces(name):
            *whole, held = (held + piece).split(b"\n")
            if len(held) > MAX_LINE_BYTES:
                raise BadBundle(f"A line of {name} is longer than a bundle's may be.")
            for line in whole:
                row = _parsed(line, name)
                if not isinstance(row, dict):
                    raise BadBundle(f"A line of {name} is no object.")
                yield row
        if held:
            raise BadBundle(f"{name} breaks off in the middle of a line.")

    def _known(self, max_bytes: int) -> dict[str, zipfile.ZipInfo]:
        entries = self._zip.infolist()
        names = sorted(entry.filename for entry in entries)
        if names != sorted((*NAMES, MANIFEST)):
            raise BadBundle("The file is a .zip, but its files are not those of a bundle.")
        n_bytes, n_packed = (sum(getattr(e, size) for e in entries) for size in ("file_size", "compress_size"))
        if n_bytes > min(max_bytes, FREE_BYTES + n_packed * RATIO):
            raise BadBundle(f"The bundle would grow to {n_bytes:,} bytes when unpacked, beyond the limit.")
        if any(e.flag_bits & 1 or e.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for e in entries):
            raise BadBundle("The bundle is locked by a password or packed in a way that is not used for bundles.")
        return {entry.filename: entry for entry in entries}

    def _manifest(self) -> Mapping[str, Any]:
        if self._entries[MANIFEST].file_size > MAX_LINE_BYTES:
            raise BadBundle("The manifest is larger than a bundle's may be.")
        told = _parsed(b"".join(self._pieces(MANIFEST)), MANIFEST)
        if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("files"), dict):
            raise BadBundle("The manifest is not that of a bundle.")
        if told.get("version") != VERSION:
            raise BadBundle("The bundle was made by a newer program: update this one, then import it.")
        return told

    def _verify(self) -> None:
        """Compare every file with its SHA-256."""
        for name in NAMES:
            digest = hashlib.sha256()
            for piece in self._pieces(name):
                digest.update(piece)
            told = self.manifest["files"].get(name)
            if not isinstance(told, dict) or told.get("sha256") != digest.hexdigest():
                raise BadBundle(f"The bundle was changed: {name} is not the file that its manifest tells of.")

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Read a file, never more of it than the archive says it has."""
        entry, n_bytes = self._entries[name], 0
        try:
            with self._zip.open(entry) as source:
                while piece := source.read(PIECE_BYTES):
                    n_bytes += len(piece)
                    if n_bytes > entry.file_size:
                        raise BadBundle(f"{name} is larger than the archive says.")
                    yield piece
        except DAMAGED as error:
            raise BadBundle(f"The bundle is damaged: {name} cannot be read.") from error


def _parsed(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadBundle(f"{name} holds what is not JSON.") from error


def _no_constant(told: str) -> None:
    raise ValueError(told)
