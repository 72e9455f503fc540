"""A stronger model as the last rung, over whole jobs: when it is asked, what it costs, what the record says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from classifier import jobs
from classifier.outcomes import Usage
from classifier.pricing import cost_usd, find_price
from classifier.stronger_model import NoSuchModel
from storage.tables import attempts
from tests.batch_server import BatchServer, Course
from tests.faults.bench import bench_at
from tests.llm_server import Asked, LLMServer, always

STRONGER = {"stronger_model": "gpt-4o"}
MODELS = ("gpt-4o-mini", "gpt-4o", "casa-grande-1")


def weak_fails(asked: Asked) -> str | None:
    hard = any("7" in product["text"] for product in asked.products)
    return "nojson" if hard and asked.body["model"] == "gpt-4o-mini" else None


def test_what_the_model_cannot_answer_goes_back_with_the_fault_then_alone_then_to_the_stronger_model(
    tmp_path: Path,
) -> None:
    with LLMServer(faults=weak_fails, models=MODELS) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
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
    with LLMServer(faults=weak_fails, models=MODELS) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(10, batch_size=10, options={"stronger_model": "casa-grande-1"})
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        assert bench.job(job_id).n_classified == 10
        assert bench.job(job_id).n_unpriced_attempts == 1


def gone(asked: Asked) -> str | None:
    return "no_model" if asked.body["model"] == "gpt-none" else weak_fails(asked)


def test_a_stronger_model_that_does_not_exist_costs_only_the_products_that_needed_it_and_the_history_says_so(
    tmp_path: Path,
) -> None:
    with LLMServer(faults=gone, models=()) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(30, batch_size=10, options={"stronger_model": "gpt-none"})
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        job = bench.job(job_id)
        assert (job.status, job.n_classified, job.n_failed) == ("completed", 27, 3)
        assert 1 <= sum(asked.body["model"] == "gpt-none" for asked in server.asked) <= 3  # those already climbing
        [told] = bench.events(job_id, "stronger model")
        assert "asked no more" in told
        assert "does not exist" in told
        failed = [item for item in bench.store.items(job_id) if item.status == "failed"]
        assert all("could not be asked" in str(item.error) and "does not exist" in str(item.error) for item in failed)
        assert {item.error_kind for item in failed} == {"not_json"}
        server.models = ("gpt-4o-mini",)
        assert jobs.retry_failed(bench.services, job_id, "ana")  # it is not refused for a choice that nobody can change
        assert (job.input_tokens, job.output_tokens) == (server.ledger.input_tokens, server.ledger.output_tokens)


def test_a_text_that_the_stronger_model_does_not_take_closes_it_for_no_other(tmp_path: Path) -> None:
    def fault(asked: Asked) -> str | None:
        if asked.body["model"] == "gpt-4o" and asked.products[0]["text"].endswith("17"):
            return "bad_request"
        return weak_fails(asked)

    with LLMServer(faults=fault, models=MODELS) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(30, batch_size=10, options={"stronger_model": "gpt-4o"})
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        assert (bench.job(job_id).status, bench.job(job_id).n_classified) == ("completed", 29)
        assert not bench.events(job_id, "stronger model")


@pytest.mark.parametrize(
    ("listed", "is_refused"),
    [(("gpt-4o-mini", "gpt-4o"), False), (("gpt-4o-mini", "gpt-5"), True), (("gpt-4o-mini", "gpt-4o:latest"), False),
     (("a-deployment", "another"), False), ((), False)],
)  # fmt: skip
def test_a_job_is_refused_when_the_keys_own_list_lacks_its_stronger_model(
    tmp_path: Path, listed: tuple[str, ...], is_refused: bool
) -> None:
    with LLMServer(models=listed) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        if is_refused:
            with pytest.raises(NoSuchModel, match="'gpt-4o' is not among the models"):
                bench.submit(3, options=STRONGER)
            assert not bench.store.jobs()
        else:
            assert bench.submit(3, options=STRONGER)


def test_a_service_that_lists_no_models_and_one_that_is_not_there_stop_no_launch(tmp_path: Path) -> None:
    with bench_at(tmp_path, base_url="http://127.0.0.1:9/v1") as bench:
        assert bench.submit(3, options=STRONGER)


def test_the_wrong_name_of_the_chosen_model_stops_the_job_at_once_and_says_what_to_do(tmp_path: Path) -> None:
    with LLMServer(faults=always("no_model")) as server, bench_at(tmp_path, base_url=server.base_url) as bench:
        job_id = bench.submit(100, batch_size=10)
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        job = bench.job(job_id)
        assert (job.status, job.n_failed) == ("failed", 0)
        assert "Check the model's name" in str(job.error_message)
        assert len(server.asked) <= bench.concurrency


def test_what_a_batch_leaves_unanswered_climbs_live_to_the_stronger_model_and_each_call_has_its_own_price(
    tmp_path: Path,
) -> None:
    options = STRONGER | {"provider_batch": True}
    with (
        BatchServer(faults=weak_fails, models=MODELS, courses=[Course(0.1)]) as server,
        bench_at(tmp_path, base_url=server.base_url) as bench,
    ):
        job_id = bench.submit(20, batch_size=10, options=options)
        bench.services.executor.start()
        bench.until_ended(job_id)
        bench.services.executor.stop(5.0)
        job = bench.job(job_id)
        assert (job.status, job.n_classified) == ("completed", 20)
        with bench.store._read() as connection:
            rows = connection.execute(select(attempts).where(attempts.c.job_id == job_id)).all()
        assert {(row.model[:11], row.service_tier) for row in rows} == {
            ("gpt-4o-mini", "batch"), ("gpt-4o-mini", "default"), ("gpt-4o-2024", "default")
        }  # fmt: skip
        for row in rows:
            model = "gpt-4o" if row.model.startswith("gpt-4o-2024") else "gpt-4o-mini"
            price = find_price(model, job.created_at.date())
            assert price is not None
            used = Usage(row.input_tokens, row.cached_input_tokens, row.output_tokens, row.reasoning_tokens)
            assert row.cost_usd == cost_usd(used, price, row.service_tier)
        assert job.cost_usd == sum((row.cost_usd for row in rows), Decimal(0))
        assert (job.input_tokens, job.output_tokens) == (server.ledger.input_tokens, server.ledger.output_tokens)
