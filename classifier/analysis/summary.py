"""What a job came to, as plain values: accuracy, categories, where errors concentrate, the funnel, the costs."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from classifier.analysis import job_analysis as analysis
from classifier.analysis.calibration import expected_calibration_error
from classifier.analysis.concentration import Concentration
from classifier.analysis.hierarchy import count_nearness
from classifier.bootstrap import Services
from classifier.later_prices import LaterCost, later_cost
from classifier.metrics import CategoryRow, Share, confusions, evaluate
from classifier.spec import Spec
from classifier.taxonomy import Taxonomy
from storage import ACTIVE, Job, Spend, TallyRow

N_SHOWN = 20  # concentrations and confusions


def summarise(services: Services, job: Job) -> dict[str, Any]:
    """Return the whole report of a job as JSON values; shares that have nothing to be of are null."""
    store = services.store
    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    language = Spec.from_record(job.spec or {}).language
    tallies = store.tallies(job.id)
    return {
        "job_id": job.id, "name": job.name, "status": job.status, "engine": job.engine, "model": job.model,
        "is_final": job.status not in ACTIVE, "taxonomy": {"id": job.taxonomy_id, "name": taxonomy.name},
        "funnel": _funnel(job), **_quality(tallies, taxonomy, language), "errors": _errors(services, job, tallies),
        "costs": _costs(job, store.spend(job.id), later_cost(services, job)),
    }  # fmt: skip


def share(found: Share) -> dict[str, Any]:
    """Give a share with its 95 % Wilson interval."""
    return {"value": found.value, "k": found.k, "n": found.n, "interval": found.interval}


def _funnel(job: Job) -> dict[str, Any]:
    told = job.import_report or {}
    n_answered = job.n_classified + job.n_not_a_product + job.n_unsure
    return {
        "rows": job.n_items + int(told.get("n_rejected", 0)), "accepted": job.n_items, "answered": n_answered,
        "classified": job.n_classified, "not_a_product": job.n_not_a_product, "unsure": job.n_unsure,
        "failed": job.n_failed, "cancelled": job.n_cancelled, "labelled": job.n_labelled, "correct": job.n_correct,
    }  # fmt: skip


def _quality(tallies: list[TallyRow], taxonomy: Taxonomy, language: str) -> dict[str, Any]:
    found = evaluate(tallies)
    return {
        "coverage": share(found.coverage), "accuracy": share(found.accuracy),
        "right_of_labelled": share(found.right_of_labelled), "macro_f1": found.macro_f1,
        "nearness": {str(kind): n for kind, n in count_nearness(taxonomy, tallies).items()},
        "categories": [_category(row, taxonomy, language) for row in found.categories],
        "confusions": [{"expected": e, "answered": a, "n": n} for e, a, n in confusions(tallies)[:N_SHOWN]],
    }  # fmt: skip


def _category(row: CategoryRow, taxonomy: Taxonomy, language: str) -> dict[str, Any]:
    label = taxonomy.concepts[row.notation].label(language) if row.notation in taxonomy.concepts else row.notation
    return {
        "notation": row.notation, "prefLabel": label, "support": row.support, "n_failed": row.n_failed,
        "precision": share(row.precision), "recall": share(row.recall), "f1": row.f1,
    }  # fmt: skip


def _errors(services: Services, job: Job, tallies: list[TallyRow]) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    for row in tallies:
        if row.outcome.startswith("failed:"):
            kinds[row.outcome.removeprefix("failed:")] += row.n
    found = analysis.latest(services, job)
    return {
        "failed_by_kind": dict(kinds.most_common()),
        "failures_concentrate": _ranked(found, "failed"), "wrong_answers_concentrate": _ranked(found, "wrong"),
        "expected_calibration_error": None if found is None else expected_calibration_error(found.bins),
    }  # fmt: skip


def _ranked(found: analysis.Analysis | None, of: str) -> list[dict[str, Any]]:
    return [] if found is None else [_concentration(group) for group in found.concentrations(of)[:N_SHOWN]]


def _concentration(found: Concentration) -> dict[str, Any]:
    group = found.group
    return {
        "facet": group.facet, "value": group.value, "k": group.k, "n": group.n, "rate": found.rate,
        "lift": found.lift, "lift_interval": found.lift_interval, "p": found.p, "q": found.q,
        "n_avoidable": found.n_avoidable,
    }  # fmt: skip


def _costs(job: Job, spent: list[Spend], later: LaterCost | None) -> dict[str, Any]:
    return {
        "cost_usd": None if job.n_unpriced_attempts else usd(job.cost_usd), "wasted_usd": usd(job.wasted_usd),
        "budget_usd": None if job.budget_usd is None else usd(job.budget_usd), "attempts": job.n_attempts,
        "failed_attempts": job.n_failed_attempts, "unpriced_attempts": job.n_unpriced_attempts,
        "input_tokens": job.input_tokens, "cached_input_tokens": job.cached_input_tokens,
        "output_tokens": job.output_tokens, "reasoning_tokens": job.reasoning_tokens,
        "at_prices_entered_later": None if later is None or not later.prices else _later(later),
        "by_model_day_and_outcome": [
            {"model": row.model, "day": row.day, "outcome": row.kind, "attempts": row.n_attempts,
             "input_tokens": row.input_tokens, "output_tokens": row.output_tokens,
             "cost_usd": None if row.cost_usd is None else usd(row.cost_usd)}
            for row in spent
        ],
    }  # fmt: skip


def _later(later: LaterCost) -> dict[str, Any]:
    """Give what calls without a known price come to; it is in no other figure."""
    return {
        "cost_usd": usd(later.usd), "total_usd": None if later.total_usd is None else usd(later.total_usd),
        "attempts": later.n_calls, "models_without_a_price": list(later.missing),
        "prices": [{"model": model, "entered_by": told.by, **told.price.to_record()}
                   for model, told in later.prices.items()],
    }  # fmt: skip


def usd(amount: Decimal) -> str:
    """Give dollars as an exact decimal text."""
    return f"{amount.normalize():f}"
