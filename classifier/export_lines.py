"""A job's result line by line: JSON Lines for programs; items are those of classifier.export, with their key."""

from __future__ import annotations

import json
from collections.abc import Iterator

from classifier.export import ResultWriter, is_final
from classifier.exports.table import KEY, Table, key_of, told
from storage import ItemFilter, Job, Store


def stream_jsonl(store: Store, job: Job, writer: ResultWriter, wanted: ItemFilter | None = None) -> Iterator[bytes]:
    """Yield one JSON object a line for each item, many lines a piece; "reviewed" is what a person said, or null."""
    for page in store.stream_items(job.id, wanted):
        rows = [row for row in page if is_final(row)]
        labels = store.find_labels(job.taxonomy_id, {row.text_key for row in rows})
        items = (writer.item(row) | {"reviewed": labels.get(row.text_key), KEY: key_of(job.id, row.position)}
                 for row in rows)  # fmt: skip
        yield "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()


def stream_table_lines(table: Table) -> Iterator[bytes]:
    """Yield a table as JSON Lines; moments are ISO 8601."""
    names = [column.name for column in table.columns]
    for rows in table.pages():
        objects = (dict(zip(names, row, strict=True)) for row in rows)
        yield "".join(json.dumps(one, ensure_ascii=False, default=told) + "\n" for one in objects).encode()
