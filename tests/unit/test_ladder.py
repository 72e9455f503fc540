"""A stronger model as the last rung, over whole jobs: when it is asked, what it costs, what the record says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from classifier.outcomes import Usage
from classifier.pricing import cost_usd, find_price
from storage.tables import attempts
from tests.faults.bench import bench_at
from tests.llm_server import Asked, LLMServer

STRONGER = {"stronger_model": "gpt-4o"}


def weak_fails(asked: Asked) -> str | None:
    hard = any("7" in product["text"] for product in asked.products)
    return "nojson" if hard and asked.body["model"] == "gpt-4o-mini" else None


def test_what_the_model_cannot_answer_goes_back_with_the_fault_then_alone_then_to_the_stronger_model(
    tmp_path: Path,
) -> None:
    with LLMServer(faults=weak_fails) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(10, batch_size=10, options=STRONGER)
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        job = bench.job(job_id)
        assert (job.status, job.n_classified) == ("completed", 10)
        hard = [asked for asked in server.asked if any("7" in product["text"] for product in asked.products)]
        assert [asked.body["model"] for asked in hard[:-1]] == ["gpt-4o-mini"] * (len(hard) - 1)
        assert hard[-1].body["model"] == "gpt-4o"
        assert (len(hard[0].products), len(hard[-2].products), len(hard[-1].products)) == (10, 1, 1)
        assert all("no JSON" in asked.products[0]["feedback"] for asked in hard[1:])
        with bench.store._read() as connection:
            rows = connection.execute(select(attempts).where(attempts.c.job_id == job_id)).all()
        assert [row.model for row in rows].count("gpt-4o-2024-07-18") == 1
        on = job.created_at.date()
        for row in rows:
            price = find_price("gpt-4o" if row.model.startswith("gpt-4o-2024") else "gpt-4o-mini", on)
            assert price is not None
            used = Usage(row.input_tokens, row.cached_input_tokens, row.output_tokens, row.reasoning_tokens)
            assert row.cost_usd == cost_usd(used, price)
        assert job.cost_usd == sum((row.cost_usd for row in rows), Decimal(0))
        assert (job.input_tokens, job.output_tokens) == (server.ledger.input_tokens, server.ledger.output_tokens)


def test_a_stronger_model_without_a_known_price_makes_the_cost_unknown_and_never_zero(tmp_path: Path) -> None:
    with LLMServer(faults=weak_fails) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(10, batch_size=10, options={"stronger_model": "casa-grande-1"})
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        assert bench.job(job_id).n_classified == 10
        assert bench.job(job_id).n_unpriced_attempts == 1
