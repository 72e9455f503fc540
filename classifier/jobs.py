"""The use cases that every face calls: submit, cancel, pause, resume, retry, delete."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from classifier import originals
from classifier.bootstrap import Services
from classifier.engines.local_options import LocalOptions
from classifier.engines.options import OpenAIOptions
from classifier.errors import ClassifierError, NoProducts
from classifier.examples import Example, settle
from classifier.intake import items_of
from classifier.languages_seen import languages_seen
from classifier.learning import examples_of, freeze
from classifier.products import FieldMapping, ImportReport, Limits, Problem, Product, parse
from classifier.prompt import build as build_prompt
from classifier.prompt import with_reviewed
from classifier.prompt_parts import DEFAULT, PromptParts
from classifier.repair.editing import edition_of, find_version
from classifier.spec import ENGINES, LOCAL, OPENAI, Spec
from classifier.stronger_model import refuse_unknown
from storage import ItemFilter, ItemStatus, NewJob

N_SHOTS = 5_000  # reviewed examples that a paid job's requests choose from, the newest
BATCH_REQUESTS = 500  # of one provider batch: below 2 million tokens, which new accounts may have in its queue
MAX_BATCH_PRODUCTS = 10_000
IN_USE: Final = "in use"


class Refused(ClassifierError):
    """The job cannot be started as asked."""


@dataclass(frozen=True)
class Submission:
    """What a face asks for. engine None: openai when a key is set, else local. actor: who asks, for the history.

    edition_id: a published edition, whose taxonomy version and prompt parts then stand for taxonomy_id and parts;
    IN_USE: the one in use, if it made the version taxonomy_id; None: taxonomy_id and parts as they are told.
    """

    name: str
    taxonomy_id: str
    engine: str | None = None
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    language: str = "es"
    priority: int = 1
    budget_usd: Decimal | None = None
    prices: Mapping[str, str] | None = None
    stronger_prices: Mapping[str, str] | None = None
    reuse: bool = True
    parts: PromptParts = DEFAULT
    edition_id: int | Literal["in use"] | None = IN_USE
    source: str = "page"
    actor: str = "analyst"
    owner: str | None = None
    parent_id: str | None = None
    callback_url: str | None = None
    estimate: Mapping[str, Any] | None = None


def new_job_id() -> str:
    """128 random bits, lower case, safe in URLs and shells."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def submit(
    services: Services, asked: Submission, rows: Iterable[Product | Problem], job_id: str | None = None,
    source: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Write a job with its products and let workers at it; returns the job's id (the one given, if any).

    source: what is known of the file (see classifier.originals), for the job's import report.

    Raises Refused, NoSuchModel or UnreadableFile (NoProducts when no row was accepted) with one sentence; nothing stays
    behind then.
    """
    spec = make_spec(services, asked)
    if asked.parent_id is None:  # who asks again for the rest of a job chooses nothing
        refuse_unknown(services.builder, spec)
    taxonomy = services.builder.taxonomy(spec.taxonomy_id)
    job_id, report = job_id or new_job_id(), ImportReport()
    store = services.store
    store.create_job(_new_job(job_id, asked, spec), asked.actor)
    try:
        n_items = store.append_items(job_id, items_of(rows, taxonomy, report))
        if not n_items:
            raise NoProducts(f"None of the {report.n_rejected} rows has a text to classify.")
        told = (
            report.to_record()
            | {"languages_seen": languages_seen(report.sample)}
            | ({"source": dict(source)} if source else {})
        )
        store.open_job(job_id, told, asked.actor)
    except BaseException:
        store.drop_job(job_id)
        raise
    services.executor.submit(job_id)
    return job_id


def submit_file(services: Services, asked: Submission, path: Path, mapping: FieldMapping | None = None) -> str:
    """Submit the products of a file; see `submit`."""
    source = originals.describe(path, mapping)
    with path.open("rb") as stream:
        rows = parse(stream, Limits(n_bytes=services.settings.max_upload_bytes), mapping)
        job_id = submit(services, asked, rows, source=source)
    originals.keep(services.settings, services.store, path, job_id)
    return job_id


def make_spec(services: Services, asked: Submission) -> Spec:
    """Freeze what a submission asks for, with its edition's taxonomy and prompt; raises Refused, EditionNotFound."""
    edition_id = edition_of(services, asked.taxonomy_id) if asked.edition_id == IN_USE else asked.edition_id
    if edition_id is None:
        return _spec(services, asked)
    edition = find_version(services, edition_id)
    if edition.taxonomy_id is None:
        raise Refused("A draft cannot be used by a job: publish it first.")
    spec = _spec(services, replace(asked, taxonomy_id=edition.taxonomy_id, parts=edition.overlay.parts))
    return replace(spec, edition_id=edition.id, edition=edition.number)


def _spec(services: Services, asked: Submission) -> Spec:
    engine = asked.engine or (OPENAI if services.settings.openai_api_key else LOCAL)
    if engine not in ENGINES:
        raise Refused(f"There is no engine {engine!r}: choose {' or '.join(ENGINES)}.")
    if not 1 <= asked.priority <= 5:
        raise Refused("Priority is a whole number from 1 to 5.")
    if asked.budget_usd is not None and asked.budget_usd <= 0:
        raise Refused("A budget is more than 0 USD.")
    if engine == LOCAL and (asked.options.get("provider_batch") or asked.options.get("stronger_model")):
        raise Refused("The embedded engine has neither a Batch API nor a stronger model: choose the engine openai.")
    spec = Spec(engine, asked.taxonomy_id, asked.language, reuse=asked.reuse, prices=asked.prices,
                stronger_prices=asked.stronger_prices)  # fmt: skip
    if not asked.parts.is_default:
        spec = replace(spec, prompt_parts=asked.parts.to_record())
    if engine == LOCAL:
        return _local_spec(services, asked, spec)
    try:
        options = OpenAIOptions.from_record({**asked.options, "language": asked.language} | _model(asked))
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from error
    taxonomy = services.builder.taxonomy(asked.taxonomy_id)
    built = build_prompt(taxonomy, asked.language, asked.parts)
    shots = examples_of(services.store, asked.taxonomy_id, n_most=N_SHOTS) if options.example_tokens else ()
    if shots:
        built = with_reviewed(built)
    return replace(spec, options=options.to_record(), prompt_id=built.fingerprint, base_url=services.builder.base_url(),
                   examples_id=freeze(services.store, shots), n_examples=len(shots))  # fmt: skip


def _local_spec(services: Services, asked: Submission, spec: Spec) -> Spec:
    """Freeze the embedded engine's settings and, in the record, the examples that it learns from."""
    try:
        options = LocalOptions.from_record(asked.options)
    except ValueError as error:
        raise Refused(str(error)) from error
    store = services.store
    said = () if not options.learn else examples_of(store, asked.taxonomy_id, with_expected=options.learn_expected)
    told = settle([*said, *(Example(shot.text, shot.notation) for shot in asked.parts.examples)])
    return replace(spec, options=options.to_record(), examples_id=freeze(store, told), n_examples=len(told))


def cancel(services: Services, job_id: str, actor: str) -> None:
    """Ask to cancel: what is paid for is kept, the rest is not asked. Raises JobNotFound, IllegalMove."""
    services.store.request_cancel(job_id, actor)
    services.executor.submit(job_id)


def pause(services: Services, job_id: str, actor: str) -> None:
    """Ask to pause: calls in flight end, nothing new starts. Raises JobNotFound, IllegalMove."""
    services.store.request_pause(job_id, actor)


def resume(services: Services, job_id: str, actor: str, budget_usd: Decimal | None = None) -> None:
    """Let a paused or failed job go on, with a new budget if given. Raises JobNotFound, IllegalMove."""
    services.store.resume(job_id, actor, budget_usd)
    services.executor.submit(job_id)


def retry_failed(services: Services, job_id: str, actor: str, owner: str | None = None) -> str:
    """Start a child job with the failed products of an ended job; returns its id. Raises JobNotFound, Refused.

    owner: whose the child is; None: whose the parent is.
    """
    parent = services.store.job(job_id)
    if not parent.n_failed:
        raise Refused("No product of this job has failed.")
    spec = Spec.from_record(parent.spec or {})
    asked = Submission(
        name=parent.name, taxonomy_id=parent.taxonomy_id, engine=parent.engine, model=parent.model,
        options=spec.options, language=spec.language, priority=parent.priority, budget_usd=parent.budget_usd,
        prices=spec.prices, stronger_prices=spec.stronger_prices, reuse=spec.reuse, parts=spec.parts,
        edition_id=spec.edition_id, source=parent.source, actor=actor, owner=owner or parent.owner,
        parent_id=job_id,
    )  # fmt: skip
    return submit(services, asked, _failed_products(services, job_id))


def _failed_products(services: Services, job_id: str) -> Iterator[Product]:
    pages = services.store.stream_items(job_id, ItemFilter(status=ItemStatus.FAILED))
    for position, row in enumerate(row for page in pages for row in page):
        yield Product(position, row.text, row.product_id, row.expected, row.extra or {})


def _model(asked: Submission) -> dict[str, str]:
    return {"model": asked.model} if asked.model else {}


def _new_job(job_id: str, asked: Submission, spec: Spec) -> NewJob:
    return NewJob(
        id=job_id, name=asked.name, taxonomy_id=spec.taxonomy_id, engine=spec.engine, spec=spec.to_record(),
        model=spec.options.get("model"), priority=asked.priority, source=asked.source, owner=asked.owner,
        parent_id=asked.parent_id, budget_usd=asked.budget_usd, callback_url=asked.callback_url,
        estimate=asked.estimate, chunk_size=_chunk_size(spec),
    )  # fmt: skip


def _chunk_size(spec: Spec) -> int:
    """Products that a worker takes at a time: a whole batch where a provider answers within a day, else 0: by size."""
    if not spec.options.get("provider_batch"):
        return 0
    return max(500, min(MAX_BATCH_PRODUCTS, BATCH_REQUESTS * int(spec.options["batch_size"])))
