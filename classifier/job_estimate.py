"""What a job would take, as it would really be asked: earlier answers are looked up, earlier calls calibrate it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from classifier.bootstrap import Services
from classifier.engines.openai_candidates import Candidates
from classifier.engines.options import OpenAIOptions
from classifier.engines.tokens import CALIBRATED, counting_method
from classifier.estimate import Baggage, Estimate, Workload, estimate
from classifier.jobs import Submission, make_spec
from classifier.normalisation import text_key
from classifier.pricing import Price, find_price
from classifier.spec import Spec
from storage import Job, JobStatus

N_EARLIER, N_TEXTS = 30, 400
LESS, MORE = 0.7, 1.5  # how far other products may be from those of the earlier job


def estimate_job(
    services: Services, asked: Submission, work: Workload, price: Price | None, rivals: Sequence[str] = ()
) -> list[Estimate]:
    """Estimate a job with its model and then with each rival whose price is known; raises Refused.

    Counted is what would be sent: the edition's prompt, reviewed examples, candidates of a long taxonomy.

    The share of reused answers is that of the sample. price: of the job's own model, None while it is not known.
    """
    spec = make_spec(services, asked)
    work = replace(work, n_reused=_n_reused(services, spec, work))
    options = OpenAIOptions.from_record(spec.options)
    limits = services.settings
    options = replace(options, concurrency=limits.concurrency, requests_per_minute=limits.requests_per_minute,
                      tokens_per_minute=limits.tokens_per_minute)  # fmt: skip
    earlier = services.store.jobs(n=N_EARLIER, statuses=[JobStatus.COMPLETED])
    found = [_estimate(services, spec, options, work, price, earlier)]
    today, base_url = datetime.now(UTC).date(), services.builder.base_url()
    priced = {model: find_price(model, today, base_url) for model in rivals if model != options.model}
    anew = replace(work, n_reused=0)
    return found + [
        _estimate(services, spec, replace(options, model=model), anew, known, earlier)
        for model, known in priced.items()
        if known is not None
    ]


def _estimate(services: Services, spec: Spec, options: OpenAIOptions, work: Workload, price: Price | None,
              earlier: Sequence[Job]) -> Estimate:  # fmt: skip
    taxonomy = services.builder.taxonomy(spec.taxonomy_id)
    calibration = _calibration(services, options.model, earlier) if counting_method() == CALIBRATED else None
    baggage = replace(baggage_of(services, spec, options), thoughts=_thoughts(options, earlier))
    return estimate(taxonomy, options, work, price, calibration, baggage)


def baggage_of(services: Services, spec: Spec, options: OpenAIOptions) -> Baggage:
    """Return what the requests of a job with this spec bring beside their products."""
    shots, shortlist = services.builder.shots(spec, options), services.builder.shortlist(spec)
    if shortlist is None:
        return Baggage(spec.parts, shots)
    taxonomy = services.builder.taxonomy(spec.taxonomy_id)
    return Baggage(spec.parts, shots, Candidates(taxonomy, spec.language, shortlist, spec.parts))


def _n_reused(services: Services, spec: Spec, work: Workload) -> int:
    if not spec.reuse or not work.sample:
        return 0
    keys = [text_key(text) for text in work.sample]
    known = services.store.find_answers(spec.answer_key(), list(set(keys)))
    share = sum(key in known for key in keys) / len(keys)
    return round(share * (work.n_products - work.n_repeated))


def _calibration(services: Services, model: str, earlier: Sequence[Job]) -> float | None:
    """Input tokens charged for the newest faultless job with this model, by what our count says of the same calls."""
    for job in earlier:
        if job.model == model and job.input_tokens and not job.n_failed_attempts:
            return _ratio(services, job.id)
    return None


def _thoughts(options: OpenAIOptions, earlier: Sequence[Job]) -> tuple[float, float] | None:
    """Reasoning tokens a product, around what the newest job with this model and effort was charged."""
    for job in earlier:
        told = (job.spec or {}).get("options", {})
        if job.model == options.model and told.get("reasoning_effort") == options.reasoning_effort and job.n_attempts:
            n_asked = max(1, job.n_items - job.n_duplicates - job.n_reused)
            each = job.reasoning_tokens / n_asked
            return LESS * each, MORE * each
    return None


@functools.lru_cache(maxsize=64)
def _ratio(services: Services, job_id: str) -> float | None:
    job: Job = services.store.job(job_id)
    spec = Spec.from_record(job.spec or {})
    texts = [str(row.text) for row in next(services.store.stream_items(job_id, n_page=N_TEXTS, columns=("text",)), ())]
    work = Workload(job.n_items, texts, job.n_duplicates, job.n_reused)
    options = replace(OpenAIOptions.from_record(spec.options), batch_size=max(1, -(-work.n_asked // job.n_attempts)))
    taxonomy = services.builder.taxonomy(spec.taxonomy_id)
    told = estimate(taxonomy, options, work, None, 1.0, baggage_of(services, spec, options))
    return job.input_tokens / told.input_tokens[0] if told.input_tokens[0] else None
