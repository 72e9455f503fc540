"""A job's result into a file or stream, in the format that its name asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Literal

from classifier.bootstrap import Services
from classifier.errors import ClassifierError
from classifier.export import NotFinished, ResultWriter
from classifier.export_lines import stream_jsonl, stream_table_lines
from classifier.exports.comparison_table import comparison_table
from classifier.exports.delimited import stream_csv
from classifier.exports.result_table import result_table
from classifier.exports.table import Table, in_pieces
from classifier.exports.wording import word
from classifier.spec import Spec
from storage import ItemFilter, Job, JobStatus

Format = Literal["json", "jsonl", "csv", "xlsx", "parquet"]
FORMATS: tuple[Format, ...] = ("json", "jsonl", "csv", "xlsx", "parquet")
MEDIA: dict[Format, str] = {
    "json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}  # fmt: skip


class UnknownFormat(ClassifierError):
    """There is no such format."""


def format_of(name: str) -> Format:
    """Return the format that a file name's ending asks for; JSON without an ending. Raises UnknownFormat."""
    ending = PurePath(name).suffix.lower().removeprefix(".")
    found = next((known for known in FORMATS if known == (ending or "json")), None)
    if found is None:
        raise UnknownFormat(f"There is no format {ending!r}: choose {', '.join(FORMATS)}.")
    return found


def pieces_of(services: Services, job: Job, wanted: Format, *, partial: bool = False, pretty: bool = False,
              only: ItemFilter | None = None, language: str | None = None) -> Iterator[bytes]:  # fmt: skip
    """Yield the result in pieces of 64 KB and more; raises NotFinished at the first one (see classifier.export).

    only: the items that this filter finds. language: of a workbook's sheets, by default the job's.
    """
    return in_pieces(_chunks(services, job, wanted, partial, pretty, only, language))


def pieces_of_comparison(services: Services, first: Job, second: Job, wanted: Format,
                         language: str | None = None) -> Iterator[bytes]:  # fmt: skip
    """Yield two jobs side by side, product by product; "json" gives JSON Lines."""
    table = comparison_table(services, first, second)
    tongue = language or Spec.from_record(first.spec or {}).language
    return in_pieces(_of_table(table, wanted, word("Products", tongue), {"anaquel_jobs": f"{first.id} {second.id}"}))


def _chunks(services: Services, job: Job, wanted: Format, partial: bool, pretty: bool, only: ItemFilter | None,
            language: str | None) -> Iterator[bytes]:  # fmt: skip
    if not partial and job.status != JobStatus.COMPLETED:
        raise NotFinished(f"Job {job.id} is {job.status}.")
    store, taxonomy = services.store, services.builder.taxonomy(job.taxonomy_id)
    writer = ResultWriter(store, job, taxonomy, only)
    if wanted == "json":
        yield from writer.stream(partial=partial, pretty=pretty)
    elif wanted == "jsonl":
        yield from stream_jsonl(store, job, writer, only)
    else:
        table = result_table(store, job, taxonomy, only)
        if wanted == "xlsx":
            yield from _workbook(services, job, table, language or Spec.from_record(job.spec or {}).language)
        else:
            yield from _of_table(table, wanted, "", {"anaquel_job": job.id})


def _workbook(services: Services, job: Job, table: Table, language: str) -> Iterator[bytes]:
    from classifier.exports.figures import figures_of  # scipy: a second that the other formats need not wait
    from classifier.exports.workbook import stream_workbook

    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    figures = figures_of(job, taxonomy, services.store.tallies(job.id), language)
    return stream_workbook(table, word("Products", language), figures)


def _of_table(table: Table, wanted: Format, title: str, told_with: dict[str, str]) -> Iterator[bytes]:
    if wanted == "csv":
        return stream_csv(table)
    if wanted == "parquet":
        from classifier.exports.columnar import stream_parquet

        return stream_parquet(table, told_with)
    if wanted == "xlsx":
        from classifier.exports.workbook import stream_workbook

        return stream_workbook(table, title)
    return stream_table_lines(table)
