"""The sheets behind a workbook's rows: a summary of the job, and one line for each category."""

from __future__ import annotations

from collections import Counter
from typing import Any

from classifier.exports.notes import notes
from classifier.exports.wording import word
from classifier.exports.workbook import Figures
from classifier.metrics import NOT_A_PRODUCT, Report, Share, evaluate, told
from classifier.spec import Spec
from classifier.taxonomy import Taxonomy
from storage import Job, TallyRow

HEADER = ("Notation", "Category", "Path", "Products put here", "Share of products (%)", "Expected here, answered",
          "Precision (%)", "Recall (%)", "F1 (%)", "Expected here, failed")  # fmt: skip


def figures_of(job: Job, taxonomy: Taxonomy, tallies: list[TallyRow], language: str) -> list[Figures]:
    """Make the category sheet and the summary sheet."""
    report = evaluate(tallies)
    return [_categories(taxonomy, tallies, report, language), _summary(job, taxonomy, report, language)]


def _categories(taxonomy: Taxonomy, tallies: list[TallyRow], report: Report, language: str) -> Figures:
    n_put: Counter[str] = Counter()
    for tally in tallies:
        n_put[told(tally)] += tally.n
    n_answered = max(1, report.n_answered)
    known = {row.notation: row for row in report.categories}
    order = sorted({*known, *n_put} - {"", "unsure"}, key=lambda c: (-n_put[c], c))
    rows: list[list[Any]] = []
    for notation in order:
        label, path = _names(taxonomy, notation, language)
        row = known.get(notation)
        measured: list[Any] = [None] * 5
        if row is not None:
            measured = [row.support, row.precision.value, row.recall.value, row.f1, row.n_failed]
        rows.append([notation, label, path, n_put[notation], n_put[notation] / n_answered, *measured])
    return Figures(word("Categories", language), [word(name, language) for name in HEADER], rows)


def _names(taxonomy: Taxonomy, notation: str, language: str) -> tuple[str, str]:
    if notation == NOT_A_PRODUCT:
        return word("Not a product", language), ""
    if notation not in taxonomy.concepts:
        return notation, ""
    return taxonomy.label(notation, language), taxonomy.path_label(notation, language, " > ")


def _summary(job: Job, taxonomy: Taxonomy, report: Report, language: str) -> Figures:
    spec = Spec.from_record(job.spec or {})
    cost: Any = word("price unknown", language) if job.n_unpriced_attempts else float(job.cost_usd)
    rows: list[tuple[Any, ...]] = [
        ("Job", job.id), ("Name", job.name), ("State", str(job.status)), ("Engine", job.engine),
        ("Model", job.model or ""), ("Taxonomy", f"{taxonomy.name} ({job.taxonomy_id})"),
        ("Created", job.created_at.isoformat(timespec="seconds")),
        ("Completed", job.completed_at.isoformat(timespec="seconds") if job.completed_at else ""),
        ("Products in the job", job.n_items), ("With a category", job.n_classified),
        ("Not a product", job.n_not_a_product), ("Unsure", job.n_unsure), ("Failed", job.n_failed),
        ("With an expected category", job.n_labelled), ("Coverage", None, *_share(report.coverage)),
        ("Accuracy", None, *_share(report.accuracy)), ("Cost (USD)", cost), ("Calls", job.n_attempts),
        ("Software version", spec.software),
    ]  # fmt: skip
    named = [(word(name, language), *values) for name, *values in rows]
    named += [(word("Note", language), note) for note in notes("xlsx", language)]
    header = ("Figure", "Value", "Value (%)", "95 % interval, from", "to")
    # a share's bounds are written as shares, too: their columns carry a % in their name
    return Figures(word("Summary", language), [word(name, language) for name in header[:4]] +
                   [word("to", language) + " (%)"], named)  # fmt: skip


def _share(share: Share) -> tuple[float | None, float | None, float | None]:
    low, high = share.interval or (None, None)
    return share.value, low, high
