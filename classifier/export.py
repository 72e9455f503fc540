"""The result of a job as the REST contract has it, streamed in pieces: page, REST and CLI give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from classifier.engines.batch import TIER as BATCH_TIER
from classifier.errors import ClassifierError
from classifier.pricing import Price, find_price
from classifier.spec import Spec
from classifier.taxonomy import Taxonomy
from storage import ItemFilter, ItemStatus, Job, JobStatus, Store

MILLION = Decimal(1_000_000)


class NotFinished(ClassifierError):
    """The job has no result yet."""


class ResultWriter:
    """Writes one job's result JSON. COST objects stand only where something was paid.

    wanted: only these items; `total`, `successful` and `failed` then count what is in the document.
    """

    def __init__(self, store: Store, job: Job, taxonomy: Taxonomy, wanted: ItemFilter | None = None) -> None:
        self._store, self._job, self._taxonomy, self._wanted = store, job, taxonomy, wanted
        spec = Spec.from_record(job.spec or {})
        self._language = spec.language
        entered = Price.from_record(spec.prices) if spec.prices else None
        price = entered or (find_price(job.model, job.created_at.date(), spec.base_url) if job.model else None)
        self._price = price.at_tier(BATCH_TIER) if price and spec.options.get("provider_batch") else price

    def stream(self, *, partial: bool = False, pretty: bool = False) -> Iterator[bytes]:
        """Yield the JSON document in pieces of many items; pretty: indented for people, the same values.

        Raises NotFinished unless the job is completed or partial is asked for (then open items are left out).
        """
        if not partial and self._job.status != JobStatus.COMPLETED:
            raise NotFinished(f"Job {self._job.id} is {self._job.status}.")
        indent = 2 if pretty else None
        head = json.dumps(self._head(), ensure_ascii=False, indent=indent)
        yield ((head[:-2] + ',\n  "results": [\n') if pretty else (head[:-1] + ', "results": [')).encode()
        separator = ""
        for page in self._store.stream_items(self._job.id, self._wanted):
            rows = [json.dumps(self.item(row), ensure_ascii=False, indent=indent) for row in page if is_final(row)]
            if rows:
                yield (separator + ",\n".join(rows)).encode()
                separator = ",\n"
        yield b"\n  ]\n}\n" if pretty else b"]}"

    def item(self, row: Any) -> dict[str, Any]:
        """One entry of `results` from an item's row."""
        entry: dict[str, Any] = {
            "index": row.position, "product_id": row.product_id, "search_text": row.text,
            "status": "success" if row.verdict == "concept" else "failed",
        }  # fmt: skip
        if row.verdict == "concept":
            entry["classification"] = self._classification(row)
        else:
            entry["error"] = error_of(row)
            entry["outcome"] = row.verdict or row.error_kind or row.status
        entry["timestamp"] = row.finished_at.isoformat() if row.finished_at else None
        if row.expected is not None:
            entry["expected"] = row.expected
        if row.extra:
            entry["metadata"] = row.extra
        return entry

    def _classification(self, row: Any) -> dict[str, Any]:
        concept = self._taxonomy.concepts.get(row.notation)
        found: dict[str, Any] = {
            "search_text": row.text,
            "concept_uri": concept.uri if concept else "",
            "prefLabel": concept.label(self._language) if concept else row.notation,
            "notation": row.notation,
            "level": self._taxonomy.level(row.notation) if concept else 0,
            "confidence": row.confidence if row.confidence is not None else 0.0,
        }
        if row.product_id is not None:
            found["product_id"] = row.product_id
        if row.input_tokens and self._price:
            found["openai_cost"] = self._cost(row.input_tokens, row.output_tokens, row.cost_usd, row.n_attempts,
                                              row.finished_at)  # fmt: skip
        return found

    def _head(self) -> dict[str, Any]:
        job = self._job
        total, successful, failed = self._counts()
        seconds = (job.completed_at - job.started_at).total_seconds() if job.completed_at and job.started_at else None
        return {
            "job_id": job.id, "status": job.status, "total": total, "successful": successful, "failed": failed,
            "processing_time_seconds": None if seconds is None else round(seconds, 3),
            "created_at": _iso(job.created_at), "started_at": _iso(job.started_at),
            "completed_at": _iso(job.completed_at), "openai_cost_info": self._job_cost(),
        }  # fmt: skip

    def _counts(self) -> tuple[int, int, int]:
        job, wanted = self._job, self._wanted
        if wanted is None:
            n_final = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
            return job.n_items, job.n_classified, n_final - job.n_classified
        total = self._store.count_items(job.id, replace(wanted, ended=True))
        if wanted.verdict is not None:
            successful = total if wanted.verdict == "concept" else 0
        else:
            successful = self._store.count_items(job.id, replace(wanted, verdict="concept"))
        return total, successful, total - successful

    def _job_cost(self) -> dict[str, Any] | None:
        job = self._job
        if not job.n_attempts or self._price is None or job.n_unpriced_attempts:
            return None
        return self._cost(job.input_tokens, job.output_tokens, job.cost_usd, job.n_attempts,
                          job.completed_at or job.created_at)  # fmt: skip

    def _cost(self, n_input: int, n_output: int, total_usd: Decimal, n_calls: int, at: Any) -> dict[str, Any]:
        assert self._price is not None
        completion = min(total_usd, n_output * self._price.output_usd)
        return {
            "model": self._job.model,
            "usage": {"prompt_tokens": n_input, "completion_tokens": n_output, "total_tokens": n_input + n_output},
            "cost_usd": {"prompt": float(total_usd - completion), "completion": float(completion),
                         "total": float(total_usd)},
            "cost_breakdown": {
                "base_model_for_pricing": self._job.model,
                "prompt_cost_per_1m_tokens": float(self._price.input_usd * MILLION),
                "completion_cost_per_1m_tokens": float(self._price.output_usd * MILLION),
                "calculation_timestamp": _iso(at),
            },
            "api_calls": n_calls,
        }  # fmt: skip


def is_final(row: Any) -> bool:
    """Tell whether an item has an outcome to show."""
    return row.status in (ItemStatus.CLASSIFIED, ItemStatus.FAILED)


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def error_of(row: Any) -> str:
    """Say why an item has no category."""
    if row.verdict == "not_a_product":
        return "Not a product: " + (row.why or "the text names nothing that could be on a shelf.")
    if row.verdict == "unsure":
        return "Unsure: " + (row.why or "no category is likely enough.")
    return row.error or "No answer."
