"""What classifying a file would take, before anything is asked."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classifier.bootstrap import Services
from classifier.engines.options import OpenAIOptions
from classifier.estimate import Workload
from classifier.job_estimate import estimate_job
from classifier.jobs import Submission
from classifier.normalisation import text_key
from classifier.pricing import find_price
from classifier.products import FieldMapping, Limits, Product, Severity, parse
from classifier.spec import OPENAI

N_SAMPLE = 500


def estimate_file(services: Services, path: Path, taxonomy_id: str, model: str | None,
                  mapping: FieldMapping | None = None) -> dict[str, Any]:  # fmt: skip
    """Count a file's products and repeated texts and estimate the cost with a model; raises UnreadableFile."""
    keys: set[str] = set()
    sample: list[str] = []
    n_products = n_rejected = 0
    chance = random.Random(0)  # noqa: S311  (the same file gives the same estimate)
    with path.open("rb") as stream:
        for row in parse(stream, Limits(n_bytes=services.settings.max_upload_bytes), mapping):
            if not isinstance(row, Product):
                n_rejected += row.severity == Severity.REJECTED
                continue
            n_products += 1
            keys.add(text_key(row.text))
            if len(sample) < N_SAMPLE:
                sample.append(row.text)
            elif (at := chance.randrange(n_products)) < N_SAMPLE:
                sample[at] = row.text
    model = model or OpenAIOptions().model
    price = find_price(model, datetime.now(UTC).date(), services.builder.base_url())
    n_repeated = n_products - len(keys)
    asked = Submission(path.name, taxonomy_id, OPENAI, model)
    found = estimate_job(services, asked, Workload(n_products, sample, n_repeated), price)[0]
    return {
        "products": n_products, "rejected_rows": n_rejected, "duplicates": n_repeated, "asked": found.n_asked,
        "model": found.model,
        "calls": found.n_calls, "input_tokens": found.input_tokens, "output_tokens": found.output_tokens,
        "cost_usd": None if found.cost_usd is None else [str(amount) for amount in found.cost_usd],
        "minutes": [round(minutes, 2) for minutes in found.minutes], "counted_by": found.counted_by,
        "price_source": None if found.price is None else found.price.source,
    }  # fmt: skip
