"""Finished jobs for tests of what goes out: real services on SQLite, answers recorded as a worker records them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from classifier import jobs
from classifier.bootstrap import Services, build
from classifier.products import Problem, Product
from classifier.settings import Settings
from classifier.taxonomy import Concept, Taxonomy, to_record
from storage import AttemptRow, Job, OpenItem, Part, Result

LABELS = {"01": "Lácteos", "0101": "Leche", "0102": "Quesos", "02": "Limpieza", "0201": "Jabones"}
TAXONOMY = Taxonomy("Prueba", "https://example.org/t", {
    n: Concept(n, f"https://example.org/t/{n}", {"es": label}, broader=(n[:2],) if len(n) > 2 else ())
    for n, label in LABELS.items()
})  # fmt: skip
Answer = Callable[[OpenItem], Mapping[str, Any]]


def new_services(home: Path, **env: str) -> Services:
    made = build(Settings.from_env({"ANAQUEL_HOME": str(home), **env}))
    made.store.add_taxonomy({
        "id": TAXONOMY.fingerprint, "name": TAXONOMY.name, "uri": TAXONOMY.uri, "n_concepts": 5, "n_assignable": 5,
        "languages": ["es"], "record": to_record(TAXONOMY), "report": {},
    })  # fmt: skip
    return made


def products(*texts: str, **columns: Any) -> list[Product | Problem]:
    return [Product(n, text, f"{n:03d}", **columns) for n, text in enumerate(texts)]


def milk(item: OpenItem) -> Mapping[str, Any]:
    """Everything is milk, but what says "fails", "nothing" or "unsure"."""
    if "fails" in item.text:
        return {"status": "failed", "verdict": None, "notation": None, "confidence": None, "error_kind": "off_list",
                "error": "The answer is not in the list."}  # fmt: skip
    for word, verdict in (("nothing", "not_a_product"), ("unsure", "unsure")):
        if word in item.text:
            return {"verdict": verdict, "notation": None}
    return {}


def finished_job(services: Services, rows: Sequence[Product | Problem], answer: Answer = milk, *,
                 name: str = "una lista", cost_usd: Decimal | None = Decimal("0.01"), **asked: Any) -> Job:  # fmt: skip
    submission = jobs.Submission(name, TAXONOMY.fingerprint, "local", **asked)
    return finish(services, jobs.submit(services, submission, rows), answer, cost_usd)


def finish(services: Services, job_id: str, answer: Answer = milk, cost_usd: Decimal | None = Decimal("0.01")) -> Job:
    """Claim and answer every chunk; each chunk is one attempt that cost cost_usd."""
    store = services.store
    while (claim := store.claim_chunk("w", 30.0)) is not None:
        found = store.open_items(claim)
        results = [_result(item, answer(item), (cost_usd or Decimal(0)) / len(found)) for item in found]
        n_sound = sum(r.status == "classified" for r in results)
        call = AttemptRow(secrets.token_hex(8), [i.position for i in found], n_sound, "gpt-5-mini", "ok",
                          datetime.now(UTC), 0.5, 200, input_tokens=10 * len(found), output_tokens=2 * len(found),
                          cost_usd=cost_usd, raw="{}")  # fmt: skip
        store.flush("w", 30.0, [Part(claim, claim.seq, results, [call], finished=True)], [])
    return store.job(job_id)


def _result(item: OpenItem, told: Mapping[str, Any], cost_usd: Decimal) -> Result:
    values: dict[str, Any] = {
        "position": item.position, "status": "classified", "verdict": "concept", "notation": "0101",
        "confidence": 0.9, "why": "because", "runners_up": [["0102", 0.1]], "error_kind": None, "error": None,
        "n_attempts": 1, "reused": False, "input_tokens": 10, "output_tokens": 2, "cost_usd": cost_usd,
        "finished_at": datetime.now(UTC), "expected_of": item.expected_of, "text_key": item.text_key,
    }  # fmt: skip
    return Result(**values | dict(told))
