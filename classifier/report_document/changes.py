"""What is different from the job that this one repeats: its settings, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.bootstrap import Services
from classifier.comparing.comparison import NotComparable, compare
from classifier.report_document.blocks import Block, Heading, Paragraph, Rows
from classifier.report_document.figures import NOTHING, Figures
from storage import Job, JobNotFound


def changes(services: Services, job: Job, at: Figures) -> list[Block]:
    """Say what changed since the parent job; nothing when there is none."""
    if job.parent_id is None:
        return []
    t = at.t
    heading: Block = Heading(t("What changed since the job before"))
    try:
        parent = services.store.job(job.parent_id)
    except JobNotFound:
        return [heading, Paragraph(t("The job before ({job}) is not in this record any more.", job=job.parent_id))]
    repeats = t("This job repeats products of “{name}” ({job}).", name=parent.name, job=parent.id)
    told: list[Block] = [heading, Paragraph(repeats)]
    before, after = _settings(parent), _settings(job)
    different = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    if different:
        rows = [(name, before.get(name, NOTHING), after.get(name, NOTHING)) for name in different]
        told.append(Rows((t("Setting"), t("Before"), t("Now")), rows))
    else:
        told.append(Paragraph(t("All settings are the same.")))
    return [*told, *_outcome(services, parent, job, at)]


def _outcome(services: Services, parent: Job, job: Job, at: Figures) -> list[Block]:
    t, n = at.t, at.number
    asked_again = Paragraph(t("{n} products were asked again: {answered} have an answer now, {failed} failed again.",
                              n=n(job.n_items), failed=n(job.n_failed),
                              answered=n(job.n_classified + job.n_not_a_product + job.n_unsure)))  # fmt: skip
    try:
        found = compare(services, parent, job)
    except NotComparable:
        return [asked_again]
    counts = (
        ("Products in both", found.n_paired), ("Same answer", found.n_same_answer),
        ("Right only before", found.table.n_broken), ("Right only now", found.table.n_fixed),
    )  # fmt: skip
    rows_of_counts = [(t(name), n(count)) for name, count in counts]
    if found.table.p_value is not None:
        rows_of_counts.append((t("Chance of such a difference by luck (McNemar, exact)"), n(found.table.p_value, 3)))
    return [asked_again, Rows((t("Figure"), t("Value")), rows_of_counts, (1,))]


def _settings(job: Job) -> dict[str, str]:
    """Flatten a job's spec, with the model."""
    found: dict[str, str] = {"model": job.model or NOTHING}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                walk(f"{prefix}.{name}" if prefix else str(name), inner)
        elif value is not None:
            found[prefix] = str(value)

    walk("", job.spec or {})
    return found


def settings_rows(job: Job) -> list[tuple[str, str]]:
    """Give a job's frozen settings as names and values."""
    return list(_settings(job).items())
