"""anaquel classify: a file becomes a job that runs in this process to its end."""

from __future__ import annotations

import errno
import hashlib
import secrets
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from classifier import jobs, taxonomies
from classifier.analysis.forecast import n_final
from classifier.bootstrap import Services
from classifier.delivery import Format, format_of, pieces_of
from classifier.engines.options import chosen
from classifier.mappings import ToldFields
from classifier.products import FieldMapping
from classifier.taxonomy_choice import find_taxonomy
from cli.fields import ExpectedField, IdField, LanguageField, TextFields, mapping_of
from cli.output import DONE, INTERRUPTED, REFUSED, SOME_FAILED, expect_place, refusals, tell
from cli.progress import cost
from cli.running import run_to_end
from cli.session import Budget, actor, open_services
from storage import ACTIVE, Job, JobNotFound, JobStatus

SCOPE = "cli"  # of the keys that remember which file was classified how
PIECE = 1 << 20


def classify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Products in any common format; - reads standard input.")],
    out: Annotated[str, typer.Option("-o", "--out", help="Where the result goes: .json, .jsonl, .csv, .xlsx, "
                                                         ".parquet; - is standard output.")],
    taxonomy: Annotated[str | None, typer.Option(help="A taxonomy file, name (its edition in use) or id; default: the "
                                                      "project's own, in its edition in use.")] = None,
    text: TextFields = None,
    identity: IdField = None,
    expected: ExpectedField = None,
    language: LanguageField = None,
    engine: Annotated[str | None, typer.Option(help="local or openai; default: openai with a key, else local.")] = None,
    model: Annotated[str | None, typer.Option(help="The model to ask.")] = None,
    budget_usd: Budget = None,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="Embedded engine: answers that it is less "
                                                                       "sure of (0 to 1) are \"unsure\".")] = None,
    learn: Annotated[bool | None, typer.Option("--learn/--no-learn", help="Embedded engine: learn from reviewed "
                                                                          "labels; default: learn.")] = None,
    learn_expected: Annotated[bool, typer.Option("--learn-expected", help="Embedded engine: learn from the expected "
                                                                          "labels of earlier jobs too.")] = False,
    batch: Annotated[bool, typer.Option("--batch", help="Through the provider's Batch API: half the price, within a "
                                                        "day. Stopped and started again, it goes on waiting.")] = False,
    stronger_model: Annotated[str | None, typer.Option(help="Asked last for what the model cannot answer.")] = None,
    reuse: Annotated[bool, typer.Option("--reuse/--no-reuse", help="Take answers of earlier jobs.")] = True,
    seed: Annotated[int | None, typer.Option(help="For answers that can be repeated.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="0 to 2; the lower, the steadier.")] = None,
    service_tier: Annotated[str | None, typer.Option(help="flex, priority ...: where the service has tiers.")] = None,
    reasoning_effort: Annotated[str | None, typer.Option(help="low, medium, high: for models that reason.")] = None,
    max_failures: Annotated[int, typer.Option(min=0, help="Exit with 1 when more products failed.")] = 0,
    resume: Annotated[bool | None, typer.Option("--resume/--no-resume", help="Go on with an earlier run of this file; "
                                                                             "default: ask.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:  # fmt: skip
    """Classify the products of FILE and write the result to OUT.

    Exit code 0: done; 1: more products failed than --max-failures; 2: refused, or stopped before the end; 130: Ctrl-C.
    """
    with refusals():
        wanted = format_of(out)  # what cannot be written is refused before anything is paid for
        expect_place(out)
        services = open_services()
        path = _spooled(services, file)
        try:
            asked = jobs.Submission(
                name="standard input" if file == "-" else Path(file).name,
                taxonomy_id=_taxonomy(services, taxonomy), engine=engine, model=model, budget_usd=budget_usd,
                options=_engine_options(threshold, learn, learn_expected) | chosen(
                    provider_batch=batch, stronger_model=stronger_model, seed=seed, temperature=temperature,
                    service_tier=service_tier, reasoning_effort=reasoning_effort),
                reuse=reuse, source="cli", actor=actor(),
            )  # fmt: skip
            mapping = mapping_of(services, path, ToldFields(text, identity, expected, language))
            job = _job(services, asked, path, mapping, resume)
        finally:
            if file == "-":
                path.unlink()
        tell(f"Job {job.id}: {job.n_items} products, engine {job.engine}{', ' + job.model if job.model else ''}.")
        ended, interrupted = run_to_end(services, job, quiet=quiet)
        _write(services, ended, out, wanted)
    raise typer.Exit(_verdict(ended, interrupted, max_failures))


def _engine_options(threshold: float | None, learn: bool | None, learn_expected: bool) -> dict[str, float | bool]:
    told = {"threshold": threshold, "learn": learn, "learn_expected": learn_expected or None}
    return {name: value for name, value in told.items() if value is not None}


def _spooled(services: Services, file: str) -> Path:
    if file != "-":
        path = Path(file)
        if not path.is_file():
            why = "This is a folder, not a file" if path.is_dir() else "There is no such file"
            raise FileNotFoundError(errno.ENOENT, why, file)
        return path
    services.settings.spool.mkdir(parents=True, exist_ok=True)
    path = services.settings.spool / f"cli-{secrets.token_hex(12)}"
    with path.open("xb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target, PIECE)
    return path


def _taxonomy(services: Services, told: str | None) -> str:
    path = Path(told) if told else None
    if path is not None and path.is_file():
        return taxonomies.add(services, path.read_bytes(), path.name, actor())[0]
    return find_taxonomy(services, told)


def _job(services: Services, asked: jobs.Submission, path: Path, mapping: FieldMapping | None,
         resume: bool | None) -> Job:  # fmt: skip
    """Take up an earlier run of the same file read the same way, or start a job."""
    key = _key(services, asked, path, mapping)
    before = _unfinished(services, key)
    if before is not None and _wants(before, resume):
        if before.status == JobStatus.CANCELLED:
            asked = jobs.Submission(**vars(asked) | {"parent_id": before.id})
        else:
            if before.pause_requested_at is not None or before.status == JobStatus.FAILED:
                jobs.resume(services, before.id, asked.actor, asked.budget_usd)
            return services.store.job(before.id)
    job_id = jobs.submit_file(services, asked, path, mapping)
    services.store.release_key(SCOPE, key)
    services.store.reserve_key(SCOPE, key, key, job_id)
    return services.store.job(job_id)


def _key(services: Services, asked: jobs.Submission, path: Path, mapping: FieldMapping | None) -> str:
    digest = hashlib.sha256(jobs.make_spec(services, asked).answer_key().encode())
    if mapping is not None:
        digest.update(repr(mapping).encode())
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _unfinished(services: Services, key: str) -> Job | None:
    job_id = services.store.job_of_key(SCOPE, key)
    try:
        job = services.store.job(job_id) if job_id else None
    except JobNotFound:
        return None
    return job if job is not None and job.status != JobStatus.COMPLETED and job.deleted_at is None else None


def _wants(before: Job, resume: bool | None) -> bool:
    if resume is not None:
        return resume
    question = f"An earlier run of this file ended at {n_final(before)} of {before.n_items} products. Go on with it?"
    if sys.stdin.isatty():
        return typer.confirm(question, default=True, err=True)
    tell(f"{question} Say --resume or --no-resume; starting anew (paid answers are reused).")
    return False


def _write(services: Services, job: Job, out: str, wanted: Format) -> None:
    pieces = pieces_of(services, job, wanted, partial=job.status != JobStatus.COMPLETED)
    if out == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    path = Path(out).resolve()
    if path.exists() and not path.is_file():  # a device or a pipe is written to, never replaced
        with path.open("wb") as target:
            target.writelines(pieces)
        return
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as target:
            target.writelines(pieces)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _verdict(job: Job, interrupted: bool, max_failures: int) -> int:
    tell(f"{job.n_classified} classified, {job.n_not_a_product} not a product, {job.n_unsure} unsure, "
         f"{job.n_failed} failed of {job.n_items}; {cost(job)}.")  # fmt: skip
    if interrupted:
        return INTERRUPTED
    if job.status in ACTIVE:
        tell(f"{job.waits_for or 'The job is paused.'} What is done was written. `anaquel resume {job.id}` or the same "
             "command goes on.")  # fmt: skip
        return REFUSED
    if job.status != JobStatus.COMPLETED:
        tell(job.error_message or f"The job is {job.status}.")
        return REFUSED
    return SOME_FAILED if job.n_failed > max_failures else DONE
