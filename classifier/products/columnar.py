"""Parquet files: rows in batches, as typed values."""

from __future__ import annotations

import base64
import datetime as dt
import math
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

from classifier.errors import UnreadableFile
from classifier.products.json_rows import Row
from classifier.products.packed import most_bytes
from classifier.products.product import Limits

BATCH = 5_000


def rows_of_parquet(stream: BinaryIO, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a Parquet file; raises UnreadableFile when it is damaged or beyond the limits."""
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    number = 0
    try:
        table = parquet.ParquetFile(stream)
        described = table.metadata
        n_bytes = sum(described.row_group(n).total_byte_size for n in range(described.num_row_groups))
        if described.num_rows > limits.n_rows:
            raise UnreadableFile(f"The file has more than the limit of {limits.n_rows:,} rows.")
        stream.seek(0, os.SEEK_END)
        most = most_bytes(stream.tell(), limits)
        _refuse_growth(n_bytes, most)
        n_bytes = 0
        for batch in table.iter_batches(batch_size=BATCH):
            n_bytes += batch.nbytes  # encodings can hold far more than the file's own figure says
            _refuse_growth(n_bytes, most)
            for row in batch.to_pylist():
                number += 1
                yield (
                    "row %d",
                    number,
                    {name: _value(cell) for name, cell in row.items() if cell is not None},
                )
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise UnreadableFile("The Parquet file is damaged or uses what cannot be read here.") from error


def _refuse_growth(n_bytes: int, most: int) -> None:
    if n_bytes > most:
        raise UnreadableFile(f"The file grows beyond the limit of {most:,} bytes when unpacked.")


def _value(cell: object) -> object:
    if isinstance(cell, float) and math.isnan(cell):
        return None  # how tables write an empty number
    if cell is None or isinstance(cell, str | bool | int | float):
        return cell
    if isinstance(cell, list):
        return [_value(item) for item in cell]
    if isinstance(cell, dict):
        return {str(name): _value(item) for name, item in cell.items()}
    if isinstance(cell, bytes):
        return _text(cell)
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, Decimal) else repr(cell)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode("ascii")
