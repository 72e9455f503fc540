"""A job's result line by line: JSON Lines for programs, CSV for spreadsheets; items are those of classifier.export."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from classifier.export import NotFinished, ResultWriter, is_final
from storage import Job, JobStatus, Store

COLUMNS = ("index", "product_id", "search_text", "status", "outcome", "notation", "prefLabel", "concept_uri", "level",
           "confidence", "error", "expected", "timestamp")  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def stream_jsonl(store: Store, job: Job, writer: ResultWriter, *, partial: bool = False) -> Iterator[bytes]:
    """Yield one JSON object a line for each item, many lines a piece. Raises NotFinished."""
    for rows in _pages(store, job, partial):
        yield "".join(json.dumps(writer.item(row), ensure_ascii=False) + "\n" for row in rows).encode()


def stream_csv(store: Store, job: Job, writer: ResultWriter, *, partial: bool = False) -> Iterator[bytes]:
    """Yield a CSV table (RFC 4180, UTF-8 with a byte order mark for Excel), many rows a piece. Raises NotFinished.

    Texts that a spreadsheet would run as a formula get an apostrophe in front.
    """
    pages = _pages(store, job, partial)
    yield ("\ufeff" + ",".join(COLUMNS) + "\r\n").encode()
    for rows in pages:
        buffer = io.StringIO()
        table = csv.writer(buffer, lineterminator="\r\n")
        table.writerows(_cells(writer.item(row)) for row in rows)
        yield buffer.getvalue().encode()


def _pages(store: Store, job: Job, partial: bool) -> Iterator[list[Any]]:
    if not partial and job.status != JobStatus.COMPLETED:
        raise NotFinished(f"Job {job.id} is {job.status}.")
    return (rows for page in store.stream_items(job.id) if (rows := [row for row in page if is_final(row)]))


def _cells(item: dict[str, Any]) -> list[Any]:
    found = {"outcome": "concept"} | item | item.get("classification", {})
    return [_safe(found.get(name)) for name in COLUMNS]


def _safe(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value
