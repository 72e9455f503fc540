"""The analyst's own Parquet file with columns added: its schema and values as they were."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from classifier.exports.columnar import GROUP_ROWS, Drain, array_of, arrow_type
from classifier.exports.own_rows import ADDED, NAMES, OwnRow


def stream_own_parquet(content: BinaryIO, rows: Iterator[OwnRow]) -> Iterator[bytes]:
    """Yield the file, a row group at a time; columns of an earlier export are replaced."""
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    source = parquet.ParquetFile(content)
    kept = [name for name in source.schema_arrow.names if name not in NAMES]
    fields = [source.schema_arrow.field(name) for name in kept]
    schema = pyarrow.schema([*fields, *((c.name, arrow_type(c.kind)) for c in ADDED)])
    drain = Drain()
    with parquet.ParquetWriter(drain, schema, compression="zstd") as writer:
        for batch in source.iter_batches(batch_size=GROUP_ROWS, columns=kept):
            cells = [cells for _, _, _, cells in islice(rows, batch.num_rows)]
            added = [array_of(c.kind, [row[n] for row in cells]) for n, c in enumerate(ADDED)]
            writer.write_table(pyarrow.Table.from_arrays([*batch.columns, *added], schema=schema))
            yield drain.drained()
    yield drain.drained()
