"""Bytes to text, as people's files need it: byte order marks, UTF-16, and Windows-1252 among UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from classifier.errors import UnreadableFile
from classifier.products.product import Limits

CHUNK = 1 << 20
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(head: bytes) -> str:
    """Guess from a file's first bytes: utf-8 (perhaps mixed with Windows-1252), utf-16 or utf-32 in some order.

    Raises UnreadableFile when the bytes are not text at all.
    """
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    sample = head[:4000]
    if b"\0" not in sample:
        return "utf-8"
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if len(sample) >= 4 and odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if len(sample) >= 4 and even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    n_control = sum(byte < 32 and byte not in b"\t\n\r\f\0" for byte in sample)
    if sample.count(0) <= 1 + len(sample) // 20 and n_control * 50 <= len(sample):
        return "utf-8"  # text with a stray NUL, which is refused where it stands
    raise UnreadableFile("The file holds binary bytes, not text, and is no format that can be read here.")


def tolerant(raw: bytes) -> tuple[str, int]:
    """Decode UTF-8, reading each byte that is not UTF-8 as Windows-1252; also say how many bytes those were."""
    parts: list[str] = []
    n_mended = 0
    while raw:
        try:
            parts.append(raw.decode("utf-8"))
            break
        except UnicodeDecodeError as error:
            parts.append(raw[: error.start].decode("utf-8"))
            stray = raw[error.start : error.end]
            parts.append(_windows_1252(stray))
            n_mended += len(stray)
            raw = raw[error.end :]
            if n_mended > 1000:  # hardly UTF-8 at all: one pass instead of one exception a byte
                parts.append(_windows_1252(raw))
                n_mended += len(raw) - sum(byte < 128 for byte in raw)
                break
    return "".join(parts), n_mended


def _windows_1252(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:  # five byte values have no character there
        return raw.decode("latin-1")


class Decoded:
    """The text of a binary stream in chunks of about 1 MiB; n_mended counts bytes read as Windows-1252."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.n_mended = 0
        self._stream, self._limits = stream, limits

    def chunks(self) -> Iterator[str]:
        """Yield text without its byte order mark; raises UnreadableFile on wrong UTF-16 or beyond the byte limit."""
        first = self._stream.read(CHUNK)
        encoding = encoding_of(first)
        first = first.removeprefix(codecs.BOM_UTF8) if encoding == "utf-8" else first
        decode = self._utf_8 if encoding == "utf-8" else self._other
        yield from decode(self._bounded(first), encoding)

    def _bounded(self, chunk: bytes) -> Iterator[bytes]:
        n_bytes = 0
        while chunk:
            n_bytes += len(chunk)
            if n_bytes > self._limits.n_bytes:
                raise UnreadableFile(f"The file is larger than the limit of {self._limits.n_bytes:,} bytes.")
            yield chunk
            chunk = self._stream.read(CHUNK)

    def _utf_8(self, chunks: Iterator[bytes], _encoding: str) -> Iterator[str]:
        held = b""
        for chunk in chunks:
            whole, held = _split_utf_8(held + chunk)
            yield self._mend(whole)
        if held:
            yield self._mend(held)

    def _mend(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            text, n_mended = tolerant(raw)
            self.n_mended += n_mended
            return text

    @staticmethod
    def _other(chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for chunk in chunks:
                yield decoder.decode(chunk)
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise UnreadableFile(f"The file says that it is {encoding.upper()} but is damaged or cut short.") from error


def _split_utf_8(raw: bytes) -> tuple[bytes, bytes]:
    """Split off a last character that the next chunk may complete."""
    for n_back in range(1, min(4, len(raw) + 1)):
        byte = raw[-n_back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return (raw[:-n_back], raw[-n_back:]) if needed > n_back else (raw, b"")
        if byte < 0x80:
            break
    return raw, b""
