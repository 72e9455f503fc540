"""What the paid engine promises, over whole jobs: the record and the bill at the end, not the engine by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from classifier import jobs
from classifier.products import Product
from classifier.prompt import MAX_TEXT_CHARS
from storage import Job
from storage.tables import items
from tests.batch_server import BatchServer, Course
from tests.faults.bench import Bench, working_bench
from tests.injections import INJECTIONS
from tests.llm_faults import Row
from tests.llm_server import Asked, Faults, LLMServer, by_rate, first, shelf, sound_rows

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "supermarket_200.json"
NEIGHBOURS = [f"{name} {i}" for i in range(len(INJECTIONS)) for name in ("galletas", "arroz", "sal")]


def classified(bench: Bench, texts: Sequence[str], **options: object) -> tuple[Job, Mapping[str, str | None]]:
    """Put texts through a job; gives it and the notation that the record holds for each text that was classified."""
    asked = jobs.Submission("job", bench.taxonomy_id, "openai", "gpt-4o-mini", options, reuse=False)
    job_id = jobs.submit(bench.services, asked, (Product(i, text) for i, text in enumerate(texts)))
    bench.until_ended(job_id, patience_s=120.0)
    with bench.store._read() as connection:
        rows = connection.execute(select(items).where(items.c.job_id == job_id)).all()
    return bench.job(job_id), {row.text: row.notation for row in rows if row.status == "classified"}


def assert_bill(job: Job, server: LLMServer) -> None:
    assert (job.input_tokens, job.output_tokens) == (server.ledger.input_tokens, server.ledger.output_tokens)


@pytest.mark.parametrize(
    ("batch_size", "faults"), [(1, by_rate({"nojson": 0.1})), (25, first("nojson"))], ids=["1", "25"]
)
def test_of_the_sample_with_a_tenth_of_answers_without_json_all_200_are_classified_and_every_retry_is_billed(
    tmp_path: Path, batch_size: int, faults: Faults
) -> None:
    texts = [row["text"] for row in json.loads(SAMPLE.read_text(encoding="utf-8"))]
    with LLMServer(faults=faults) as server, working_bench(tmp_path, server) as bench:
        job, answers = classified(bench, texts, batch_size=batch_size)
        assert (job.status, job.n_classified, job.n_failed) == ("completed", 200, 0)
        assert answers == {text: shelf(text, bench.taxonomy.assignable) for text in texts}
        n_faults = server.ledger.faults["nojson"]
        assert n_faults > 0
        assert job.n_failed_attempts == n_faults
        assert job.n_attempts == len(server.asked)
        assert job.wasted_usd > 0
        assert_bill(job, server)


@pytest.mark.parametrize("provider_batch", [False, True])
@pytest.mark.parametrize("said", ["0105", "ZZ-99"])
def test_a_service_that_obeys_injections_changes_no_neighbour_and_brings_nothing_off_the_list_into_the_record(
    tmp_path: Path, said: str, provider_batch: bool
) -> None:
    hostile = {text[:MAX_TEXT_CHARS] for text in INJECTIONS}

    def obey(asked: Asked) -> list[Row]:
        rows = sound_rows(asked)
        obeys = any(product["text"] in hostile for product in asked.products)
        return [row | {"notation": said} for row in rows] if obeys else rows

    mixed = [text for i, text in enumerate(INJECTIONS) for text in (*NEIGHBOURS[3 * i : 3 * i + 3], text)]
    with BatchServer(respond=obey, courses=[Course(0.1)]) as server, working_bench(tmp_path, server) as bench:
        job, answers = classified(bench, mixed, batch_size=25, provider_batch=provider_batch)
        notations = bench.taxonomy.assignable
        assert len(INJECTIONS) >= 40
        assert {text: answers[text] for text in NEIGHBOURS} == {text: shelf(text, notations) for text in NEIGHBOURS}
        assert set(answers.values()) <= set(notations)
        assert job.n_failed == (len(INJECTIONS) if said not in notations else 0)
        assert_bill(job, server)
