"""A job with every kind of ending, recorded as a worker records it, and its exported JSON as plain pandas reads it."""

from __future__ import annotations

import io
import json
import random
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd

from classifier import taxonomies
from classifier.bootstrap import Services
from classifier.bundle.writing import stream_bundle
from classifier.export import ResultWriter
from classifier.normalisation import text_key
from classifier.spec import Spec
from storage import AttemptRow, Job, NewItem, NewJob, OpenItem, Part, Result

JOB_ID = "recorded".ljust(26, "a")
N, A_CALL = 400, 20
ACCENTED, PLAIN = ("café molido", "jabón líquido", "azúcar rubia"), ("arroz extra", "leche entera", "pan de molde")


def record(services: Services) -> Job:
    """Write the job: labelled but for a few, dearer where it failed, and worse where a text has an accent."""
    taxonomy_id = taxonomies.ensure_built_in(services)
    taxonomy = services.builder.taxonomy(taxonomy_id)
    leaves = sorted(n for n in taxonomy.concepts if n not in taxonomy.children)[:60:3]
    rows = [_row(position, leaves, random.Random(position)) for position in range(N)]
    store = services.store
    spec = Spec("openai", taxonomy_id, options={"model": "gpt-4.1-nano"}).to_record()
    store.create_job(NewJob(JOB_ID, "recorded", taxonomy_id, "openai", spec, "gpt-4.1-nano"), "ana")
    store.append_items(JOB_ID, [item for item, _, _ in rows])
    store.open_job(JOB_ID, None, "ana")
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    while (claim := store.claim_chunk("w", 30.0)) is not None:
        results = [_result(item, *rows[item.position][1:], at) for item in store.open_items(claim)]
        calls = [_call(results[i : i + A_CALL]) for i in range(0, len(results), A_CALL)]
        store.flush("w", 30.0, [Part(claim, claim.seq, results, calls, finished=True)], [])
    job = store.job(JOB_ID)
    services.surveyor.survey(job)
    return job


def _row(position: int, leaves: list[str], chance: random.Random) -> tuple[NewItem, str, float]:
    has_accent = chance.random() < 0.2
    text = f"{chance.choice(ACCENTED if has_accent else PLAIN)} {position}"
    expected = chance.choice(leaves)
    answer = expected if chance.random() < (0.6 if has_accent else 0.9) else chance.choice(leaves)
    answer = chance.choices([answer, "unsure", "not_a_product"], [92, 4, 4])[0]
    is_labelled = chance.random() < 0.9
    if is_labelled and chance.random() < (0.3 if has_accent else 0.04):
        answer = chance.choice(["off_list", "not_json", "timeout"])
    extra = {"store": chance.choice(["Surco", "Callao"])}
    item = NewItem(position, text, text_key(text), f"sku-{position}", expected if is_labelled else None, extra)
    return item, answer, round(chance.betavariate(7, 1.5), 3)


def _result(item: OpenItem, answer: str, confidence: float, at: datetime) -> Result:
    is_failed = answer in ("off_list", "not_json", "timeout")
    verdict = None if is_failed else answer if answer in ("unsure", "not_a_product") else "concept"
    cost_usd = Decimal("0.00007") if is_failed else Decimal("0.00003")
    return Result(
        item.position, "failed" if is_failed else "classified", verdict, answer if verdict == "concept" else None,
        confidence if verdict == "concept" else None, None, None, answer if is_failed else None,
        "no answer" if is_failed else None, 1, False, 110, 12, cost_usd, at + timedelta(seconds=item.position / 20),
        item.expected_of, item.text_key,
    )  # fmt: skip


def _call(results: list[Result]) -> AttemptRow:
    kind = "not_json" if results[0].position % 100 == 0 else "ok"
    n_sound = sum(r.status == "classified" for r in results)
    cost_usd = sum((r.cost_usd for r in results), Decimal(0))
    return AttemptRow(
        f"call-{results[0].position}", [r.position for r in results], n_sound, "gpt-4.1-nano", kind,
        results[-1].finished_at, 1.0, 200, input_tokens=110 * len(results), cached_input_tokens=1_000,
        output_tokens=12 * len(results), reasoning_tokens=3, cost_usd=cost_usd,
        wasted_usd=cost_usd * (len(results) - n_sound) / len(results),
    )  # fmt: skip


def exported(services: Services, job: Job) -> pd.DataFrame:
    """Read the result JSON; answer: a notation, "unsure" or "not_a_product", None when it failed."""
    writer = ResultWriter(services.store, job, services.builder.taxonomy(job.taxonomy_id))
    result = json.loads(b"".join(writer.stream()))
    frame = pd.DataFrame(result["results"])
    classified = frame["classification"].map(lambda told: told["notation"] if isinstance(told, dict) else None)
    sound = frame["outcome"].where(frame["outcome"].isin(["unsure", "not_a_product"]))
    return frame.assign(
        answer=classified.where(classified.notna(), sound),
        confidence=frame["classification"].map(lambda told: told["confidence"] if isinstance(told, dict) else None),
        store=frame["metadata"].map(lambda told: told["store"]),
    )  # fmt: skip


def bundled(services: Services, job: Job, name: str) -> pd.DataFrame:
    """Read one table of the exported bundle: "items" or "attempts"; USD exact."""
    packed = io.BytesIO(b"".join(stream_bundle(services, job)))
    with zipfile.ZipFile(packed) as archive:
        lines = archive.read(f"{name}.jsonl").decode().splitlines()
    frame = pd.DataFrame([json.loads(line) for line in lines])
    return frame.assign(cost_usd=frame["cost_usd"].map(lambda told: Decimal(str(told))))
