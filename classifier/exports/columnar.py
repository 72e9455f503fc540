"""A table as Parquet: typed columns, one row group at a time, streamed as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classifier.exports.table import Cells, Column, Kind, Table, told

GROUP_ROWS = 50_000


class Drain:
    """A file that is written and handed on in pieces; never read."""

    def __init__(self) -> None:
        self.closed = False
        self._held: list[bytes] = []
        self._at = 0

    def write(self, piece: Any) -> int:
        """Take bytes."""
        self._held.append(bytes(piece))
        self._at += len(self._held[-1])
        return len(self._held[-1])

    def tell(self) -> int:
        """Return how much was written."""
        return self._at

    def writable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return False."""
        return False

    def seekable(self) -> bool:
        """Return False."""
        return False

    def flush(self) -> None:
        """Do nothing: what was written is in `drained`."""

    def close(self) -> None:
        """Take nothing more."""
        self.closed = True

    def drained(self) -> bytes:
        """Give what was written since the last call."""
        held, self._held = b"".join(self._held), []
        return held


def stream_parquet(table: Table, told_with: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """Yield the file, a row group at a time; told_with is kept in the file's metadata. Moments are UTC."""
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    schema = pyarrow.schema([(c.name, arrow_type(c.kind)) for c in table.columns], metadata=dict(told_with or {}))
    drain = Drain()
    with parquet.ParquetWriter(drain, schema, compression="zstd") as writer:
        for rows in _groups(table):
            writer.write_table(pyarrow.table(_arrays(table.columns, rows), schema=schema), row_group_size=GROUP_ROWS)
            yield drain.drained()
    yield drain.drained()


def arrow_type(kind: Kind) -> Any:
    """Return the Arrow type of a kind; open values are JSON texts."""
    import pyarrow

    known = {Kind.INTEGER: pyarrow.int64(), Kind.REAL: pyarrow.float64(), Kind.BOOLEAN: pyarrow.bool_(),
             Kind.MOMENT: pyarrow.timestamp("us", tz="UTC")}  # fmt: skip
    return known.get(kind, pyarrow.string())


def array_of(kind: Kind, values: Sequence[Any]) -> Any:
    """Make one column's array."""
    import pyarrow

    if kind in (Kind.TEXT, Kind.OPEN):
        values = [None if value is None else _sound(told(value)) for value in values]
    return pyarrow.array(values, type=arrow_type(kind))


def _sound(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _groups(table: Table) -> Iterator[list[Cells]]:
    held: list[Cells] = []
    for rows in table.pages():
        held.extend(rows)
        if len(held) >= GROUP_ROWS:
            yield held
            held = []
    if held:
        yield held


def _arrays(columns: Sequence[Column], rows: Sequence[Cells]) -> list[Any]:
    return [array_of(column.kind, [row[n] for row in rows]) for n, column in enumerate(columns)]
