"""The analyst's own file with columns added: its order, its format, its other columns as they were.

The file is read again as it was kept. Where it was not kept (REST, another machine) or is an archive of several tables,
a CSV is made of what the record holds: id, text and the other fields. Delimited files are written as UTF-8 with a byte
order mark, packed ones unpacked.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from classifier import originals
from classifier.bootstrap import Services
from classifier.exports.delimited import BOM, stream_csv
from classifier.exports.guard import guarded
from classifier.exports.own_rows import ADDED, NAMES, OwnRow, added_cells, own_rows
from classifier.exports.result_table import READ, fields_of
from classifier.exports.table import Column, Table, in_pieces, told
from classifier.products import Limits
from classifier.products.acceptance import storable
from classifier.products.dialect import Dialect
from classifier.products.packed import unpacked
from classifier.products.reading import Reading
from storage import Job

ROWS_A_CHUNK = 2_000
ENDINGS = {"JSON": "json", "JSON Lines": "jsonl", "XLSX": "xlsx", "Parquet": "parquet", "TSV": "tsv"}


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file name's ending, and the bytes in pieces of 64 KB and more."""

    ending: str
    pieces: Iterator[bytes]


def own_file(services: Services, job: Job) -> OwnFile:
    """Give the file that the job was read from, with the results beside its rows.

    The pieces raise OtherFile or UnreadableFile when the kept file was changed.
    """
    path = originals.find(services.settings, job.id)
    source = (job.import_report or {}).get("source")
    if path is None or source is None:
        return OwnFile("csv", in_pieces(stream_csv(_rebuilt(services, job))))
    stream = path.open("rb")
    limits = Limits(n_bytes=services.settings.max_upload_bytes)
    reading = Reading(stream, limits)
    if reading.has_tables:
        stream.close()
        return OwnFile("csv", in_pieces(stream_csv(_rebuilt(services, job))))
    results = added_cells(services.store, job, services.builder.taxonomy(job.taxonomy_id))
    rows = own_rows(reading, originals.mapping_of(source), limits, results)
    first = list(islice(rows, 1))  # the format is known once a row was read
    written = _closing(_written(reading, chain(first, rows), path, limits), stream)
    return OwnFile(ENDINGS.get(reading.format, "csv"), in_pieces(written))


def _closing(pieces: Iterator[bytes], stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        yield from pieces


def _written(reading: Reading, rows: Iterator[OwnRow], path: Path, limits: Limits) -> Iterator[bytes]:
    if reading.format == "JSON":
        return _json(rows)
    if reading.format == "JSON Lines":
        return (_lines(some) for some in _batches(rows))
    if reading.format == "XLSX":
        from classifier.exports.own_workbook import stream_own_workbook

        return _of_content(stream_own_workbook, rows, path, limits)
    if reading.format == "Parquet":
        from classifier.exports.own_parquet import stream_own_parquet

        return _of_content(stream_own_parquet, rows, path, limits)
    assert reading.dialect is not None
    return _delimited(reading.dialect, rows)


def _of_content(write: Callable[[BinaryIO, Iterator[OwnRow]], Iterator[bytes]], rows: Iterator[OwnRow], path: Path,
                limits: Limits) -> Iterator[bytes]:  # fmt: skip
    """Read the file a second time, in step with the rows, for the values that a row does not keep."""
    with path.open("rb") as stream, unpacked(stream, limits) as content:
        yield from write(content, rows)


def _rebuilt(services: Services, job: Job) -> Table:
    store, taxonomy = services.store, services.builder.taxonomy(job.taxonomy_id)
    known = (Column("product_id"), Column("text"), Column("expected"))
    fields = fields_of(store, job.id, None, [*(c.name for c in known), *NAMES])

    def pages() -> Iterator[Sequence[Any]]:
        cells = added_cells(store, job, taxonomy)
        for page in store.stream_items(job.id, columns=READ):
            yield [[row.product_id, row.text, row.expected, *fields.cells(row.extra), *next(cells)[1:]] for row in page]

    return Table((*known, *fields.columns, *ADDED), pages)


def _delimited(dialect: Dialect, rows: Iterator[OwnRow]) -> Iterator[bytes]:
    """Write the header and the rows; cells beyond the header come last."""
    header = [name for name in dialect.header if name not in NAMES]
    yield (BOM + _table([[*map(guarded, header), *NAMES]], dialect)).encode()
    for some in _batches(rows):
        yield _table([_cells(value, header, cells) for _, _, value, cells in some], dialect).encode("utf-8", "replace")


def _cells(value: object, header: Sequence[str], cells: Sequence[Any]) -> list[str]:
    added = [guarded(told(cell)) if isinstance(cell, str) else told(cell) for cell in cells]
    if not isinstance(value, dict):  # a row that could not be read
        return [guarded(getattr(value, "raw", ""))[:200], *[""] * (len(header) - 1), *added]
    own = [guarded(told(value.get(name)), numbers=True) for name in header]
    beyond = [guarded(told(cell), numbers=True) for name, cell in value.items() if name not in {*header, *NAMES}]
    return [*own, *added, *beyond]


def _table(rows: Iterable[Sequence[str]], dialect: Dialect) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=dialect.delimiter or ",", lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def _json(rows: Iterator[OwnRow]) -> Iterator[bytes]:
    """Write the list under the names that led to it; what stood beside it in the outer object is left out."""
    first = next(rows, None)
    names = first[0].removesuffix("[%d]").replace("%%", "%").split(".") if first and first[0].endswith("[%d]") else []
    names = [name for name in names if name]
    yield "".join(f"{{{json.dumps(name, ensure_ascii=False)}: " for name in names).encode() + b"[\n"
    separator = ""
    for some in _batches(chain([first] if first else [], rows)):
        yield (separator + ",\n".join(_object(row) for row in some)).encode("utf-8", "surrogatepass")
        separator = ",\n"
    yield b"\n]" + b"}" * len(names) + b"\n"


def _lines(rows: Sequence[OwnRow]) -> bytes:
    return "".join(_object(row) + "\n" for row in rows).encode("utf-8", "surrogatepass")


def _object(row: OwnRow) -> str:
    _, _, value, cells = row
    if not isinstance(value, dict):
        value = {"text" if isinstance(value, str) else "anaquel_raw": getattr(value, "raw", value)}
    written = {**value, **dict(zip(NAMES, cells, strict=True))}
    try:
        return json.dumps(written, ensure_ascii=False, allow_nan=False)
    except ValueError:  # NaN, which the file had and JSON has not
        return json.dumps(storable(written), ensure_ascii=False)


def _batches(rows: Iterator[OwnRow]) -> Iterator[list[OwnRow]]:
    while some := list(islice(rows, ROWS_A_CHUNK)):
        yield some
