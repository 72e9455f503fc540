"""The use case of asking a language model for remedies: a proposal only, on the job's bill, with what it cost."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from decimal import Decimal

from classifier.bootstrap import Services
from classifier.outcomes import Call, Usage
from classifier.pricing import Price, Pricer
from classifier.remedies import Remedy
from classifier.remedies.model_answer import SYSTEM, question, read_remedies
from classifier.repair.clusters import Cluster
from classifier.repair.repairing import question_of
from classifier.spec import Spec
from storage import AttemptRow, Job

WORKER = "remedies"


@dataclass(frozen=True)
class Proposed:
    """What came of asking. cost_usd None: no price is known for the model. problem: a sentence when nothing came."""

    remedies: tuple[Remedy, ...]
    model: str
    cost_usd: Decimal | None
    problem: str | None = None


def ask_model(services: Services, job: Job, cluster: Cluster, model: str) -> Proposed:
    """Ask once and keep the call on the job's bill, whatever came of it. Raises EngineUnavailable without a key."""
    from classifier.engines.openai_asking import ask  # takes the client along: a second that few pages need

    spec = Spec.from_record(job.spec or {})
    credentials = services.builder.credentials()
    asked = question_of(services, job, cluster)
    call = asyncio.run(ask(credentials, model, SYSTEM, question(asked)))
    price = Price.from_record(spec.prices) if spec.prices and job.model == model else None
    cost_usd = Pricer(model, credentials.base_url, price)(call)
    remedies = tuple(read_remedies(call.raw, asked)) if call.kind == "ok" else ()
    services.store.keep_bill(job.id, _attempt(call, cost_usd, bool(remedies)), WORKER)
    problem = call.error if call.kind != "ok" else None if remedies else "The model proposed nothing that can be used."
    return Proposed(remedies, call.model, cost_usd, problem)


def _attempt(call: Call, cost_usd: Decimal | None, is_sound: bool) -> AttemptRow:
    usage = call.usage or Usage()
    return AttemptRow(
        id=uuid.uuid4().hex, positions=(), n_sound=0, model=call.model, kind=str(call.kind), started_at=call.started_at,
        latency_s=call.latency_s, http_status=call.http_status, request_id=call.request_id,
        service_tier=call.service_tier, input_tokens=usage.input_tokens,
        cached_input_tokens=usage.cached_input_tokens, output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens, cost_usd=cost_usd,
        wasted_usd=Decimal(0) if is_sound else cost_usd or Decimal(0), error=call.error, raw=(call.raw or "")[:4_000],
    )  # fmt: skip
