"""A job's result into a file or stream, in the format that its name asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from classifier.bootstrap import Services
from classifier.export import ResultWriter
from classifier.export_lines import stream_csv, stream_jsonl
from storage import Job

Format = Literal["json", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("json", "jsonl", "csv")


def format_of(name: str) -> Format:
    """Return the format that a file name asks for; JSON when it does not say."""
    ending = name.rsplit(".", 1)[-1].lower()
    return next((known for known in FORMATS if known == ending), "json")


def pieces_of(services: Services, job: Job, wanted: Format, *, partial: bool = False) -> Iterator[bytes]:
    """Yield the result in pieces of many items; raises NotFinished at the first one (see classifier.export)."""
    writer = ResultWriter(services.store, job, services.builder.taxonomy(job.taxonomy_id))
    if wanted == "jsonl":
        return stream_jsonl(services.store, job, writer, partial=partial)
    if wanted == "csv":
        return stream_csv(services.store, job, writer, partial=partial)
    return writer.stream(partial=partial)
