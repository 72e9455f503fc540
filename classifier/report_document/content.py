"""What a job's report says, section by section."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from classifier.analysis.summary import summarise
from classifier.bootstrap import Services
from classifier.metrics import NOT_A_PRODUCT
from classifier.metrics import told as answer_told
from classifier.report_document.blocks import Bar, Bars, Block, Content, Heading, Paragraph, Rows
from classifier.report_document.changes import changes, settings_rows
from classifier.report_document.figures import NOTHING, Figures
from classifier.spec import software_version
from classifier.taxonomy import Taxonomy
from storage import ItemFilter, ItemStatus, Job

N_CATEGORIES, N_EXAMPLES, N_BARS = 40, 20, 12
LEAST_Q = 0.01  # as far as a table tells
PACKAGES = ("openai", "genai-prices", "scikit-learn", "scipy", "sqlmodel", "streamlit")


def content(services: Services, job: Job, language: str) -> Content:
    """Collect the report's blocks from the record."""
    found, at = summarise(services, job), Figures(language)
    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    made = at.t("Report of {at}; job {job}", at=at.moment(datetime.now(UTC)), job=job.id)
    blocks = [
        *_summary(job, found, taxonomy, at), *_accuracy(found, at), *_categories(services, job, taxonomy, at),
        *_quality(found, taxonomy, at), *_errors(found, taxonomy, at), *_examples(services, job, taxonomy, at),
        *_costs(job, found, at),
        *changes(services, job, at), *_settings(job, at),
    ]  # fmt: skip
    return Content(language, job.name, made, blocks)


def _summary(job: Job, found: dict[str, Any], taxonomy: Taxonomy, at: Figures) -> list[Block]:
    t, funnel = at.t, found["funnel"]
    sentences = [t("{n} products were put into the taxonomy “{taxonomy}” by {engine}.", n=at.number(job.n_items),
                   taxonomy=taxonomy.name, engine=_engine(job, at))]  # fmt: skip
    if not found["is_final"]:
        sentences.append(t("The job has not ended: everything below is of what is done so far."))
    if found["accuracy"]["value"] is not None:
        sentences.append(t("Accuracy is {share}.", share=at.share(found["accuracy"])))
    else:
        sentences.append(t("No product has an expected category: how accurate the answers are is not known."))
    if funnel["failed"]:
        sentences.append(t("{n} products failed; failed is not wrong: they have no answer.",
                           n=at.number(funnel["failed"])))  # fmt: skip
    n_all = max(1, funnel["accepted"])
    parts = (("With a category", "classified"), ("Not a product", "not_a_product"), ("Unsure", "unsure"),
             ("Failed", "failed"), ("Cancelled", "cancelled"))  # fmt: skip
    bars = [Bar(t(name), funnel[key] / n_all, at.number(funnel[key])) for name, key in parts if funnel[key]]
    rows = [(t("State"), t(str(job.status))), (t("Rows read"), at.number(funnel["rows"])),
            (t("Products accepted"), at.number(funnel["accepted"])), (t("Created"), at.moment(job.created_at)),
            (t("Completed"), at.moment(job.completed_at)), (t("Cost"), at.usd(found["costs"]["cost_usd"]))]  # fmt: skip
    return [Heading(t("Summary")), Paragraph(" ".join(sentences)), Rows((t("Figure"), t("Value")), rows, (1,)),
            Bars(t("What came of the products"), bars)]  # fmt: skip


def _engine(job: Job, at: Figures) -> str:
    return at.t("the embedded engine") if job.engine == "local" else f"OpenAI, {job.model}"


def _accuracy(found: dict[str, Any], at: Figures) -> list[Block]:
    t = at.t
    names = (("Coverage: answered of all that ended", "coverage"),
             ("Accuracy: right of labelled and answered", "accuracy"),
             ("Right of all labelled, failed ones included", "right_of_labelled"))  # fmt: skip
    bars = [Bar(t(name), found[key]["value"], at.share(found[key]), found[key]["interval"])
            for name, key in names if found[key]["value"] is not None]  # fmt: skip
    rows = [(t(name), at.share(found[key])) for name, key in names]
    rows.append((t("Macro F1"), at.percent(found["macro_f1"])))
    near = [(t(kind), at.number(n)) for kind, n in found["nearness"].items() if n]
    return [Heading(t("Accuracy")), Bars(t("Shares with their 95 % intervals (Wilson)"), bars),
            Rows((t("Figure"), t("Value")), rows, (1,)),
            *([Rows((t("How near the answers are"), t("Products")), near, (1,))] if near else [])]  # fmt: skip


def _categories(services: Services, job: Job, taxonomy: Taxonomy, at: Figures) -> list[Block]:
    n_put: Counter[str] = Counter()
    for row in services.store.tallies(job.id):
        if answer := answer_told(row):
            n_put[answer] += row.n
    most = n_put.most_common(N_BARS)
    n_all = max(1, sum(n_put.values()))
    bars = [Bar(_label(taxonomy, name, at), n / n_all, at.number(n)) for name, n in most]
    return [Heading(at.t("Categories")), Bars(at.t("Where most products went"), bars)] if bars else []


def _quality(found: dict[str, Any], taxonomy: Taxonomy, at: Figures) -> list[Block]:
    t = at.t
    labelled = [c for c in found["categories"] if c["support"] or c["n_failed"]][:N_CATEGORIES]
    if not labelled:
        return []
    rows = [(c["notation"], _label(taxonomy, c["notation"], at),
             at.number(c["support"]), at.percent(c["precision"]["value"]), at.percent(c["recall"]["value"]),
             at.percent(c["f1"]), at.number(c["n_failed"])) for c in labelled]  # fmt: skip
    header = ("Notation", "Category", "Labelled", "Precision", "Recall", "F1", "Failed")
    return [Rows([t(name) for name in header], rows, (2, 3, 4, 5, 6))]


def _errors(found: dict[str, Any], taxonomy: Taxonomy, at: Figures) -> list[Block]:
    t, errors = at.t, found["errors"]
    kinds: dict[str, int] = errors.get("failed_by_kind") or {}
    n_failed = max(1, sum(kinds.values()))
    blocks: list[Block] = [Heading(t("Errors"))]
    if kinds:
        bars = [Bar(_kind(kind, at), n / n_failed, at.number(n)) for kind, n in kinds.items()]
        blocks.append(Bars(t("Failed products by kind"), bars))
    for key, title in (("failures_concentrate", "Where failures concentrate"),
                       ("wrong_answers_concentrate", "Where wrong answers concentrate")):  # fmt: skip
        if rows := [_group(c, taxonomy, at) for c in errors.get(key) or ()]:
            header = ("Group", "Products", "Rate", "Times the rest", "q")
            blocks += [Paragraph(t(title)), Rows([t(name) for name in header], rows, (1, 2, 3, 4)),
                       Paragraph(t("A group with q above 0.05 may be chance."))]  # fmt: skip
    if len(blocks) == 1:
        blocks.append(Paragraph(t("No errors are known.")))
    return blocks


def _group(told: dict[str, Any], taxonomy: Taxonomy, at: Figures) -> tuple[str, ...]:
    counts = at.t("{k} of {n}", k=at.number(told["k"]), n=at.number(told["n"]))
    lift = NOTHING
    if told["lift"] is not None:
        low, high = told["lift_interval"]
        lift = f"{at.number(told['lift'], 1)} ({at.number(low, 1)}–{at.number(high, 1)})"
    value = told["value"]
    if told["facet"] in ("accent", "length", "capitals", "number"):
        value = at.t(value)
    elif told["facet"] in ("branch", "category") and (value in taxonomy.concepts or value in (NOT_A_PRODUCT, "unsure")):
        value = _label(taxonomy, value, at)
    return (f"{at.t(told['facet'])}: {value}", counts, at.percent(told["rate"]), lift, _q(told["q"], at))


def _q(q: float, at: Figures) -> str:
    return at.number(q, 2) if q >= LEAST_Q else f"< {at.number(LEAST_Q, 2)}"


def _examples(services: Services, job: Job, taxonomy: Taxonomy, at: Figures) -> list[Block]:
    t = at.t
    wrong = services.store.items(job.id, ItemFilter(wrong=True), n=N_EXAMPLES)
    failed = services.store.items(job.id, ItemFilter(status=ItemStatus.FAILED), n=N_EXAMPLES)
    blocks: list[Block] = []
    if wrong:
        pairs = [(i.text, (i.expected, i.notation or i.verdict)) for i in wrong]
        rows = [(text, *(_label(taxonomy, told, at) for told in both)) for text, both in pairs]
        blocks += [Paragraph(t("The first wrong answers")), Rows((t("Product"), t("Expected"), t("Answered")), rows)]
    if failed:
        reasons = [(i.text, _kind(i.error_kind, at), i.error or NOTHING) for i in failed]
        blocks += [Paragraph(t("The first failed products")), Rows((t("Product"), t("Kind"), t("Reason")), reasons)]
    return blocks


def _label(taxonomy: Taxonomy, notation: str | None, at: Figures) -> str:
    if notation == "not_a_product":
        return at.t("Not a product")
    if notation == "unsure":
        return at.t("Unsure")
    return taxonomy.label(notation, at.language)


def _kind(kind: str | None, at: Figures) -> str:
    return at.t(kind.replace("_", " ")) if kind else NOTHING


def _costs(job: Job, found: dict[str, Any], at: Figures) -> list[Block]:
    t, costs = at.t, found["costs"]
    rows = [(t("Cost"), at.usd(costs["cost_usd"])), (t("of which for no sound answer"), at.usd(costs["wasted_usd"])),
            (t("Budget"), NOTHING if costs["budget_usd"] is None else at.usd(costs["budget_usd"])),
            (t("Calls"), at.number(costs["attempts"])), (t("Failed calls"), at.number(costs["failed_attempts"])),
            (t("Input tokens"), at.number(costs["input_tokens"])),
            (t("of which cached"), at.number(costs["cached_input_tokens"])),
            (t("Output tokens"), at.number(costs["output_tokens"]))]  # fmt: skip
    if job.n_unpriced_attempts:
        rows.append((t("Calls without a known price"), at.number(job.n_unpriced_attempts)))
    if later := costs["at_prices_entered_later"]:
        on = ", ".join(sorted({price["on"] for price in later["prices"]}))
        rows.append((t("These calls at the price entered on {on}, in no other figure", on=on),
                     at.usd(later["cost_usd"])))  # fmt: skip
    return [Heading(t("Costs")), Rows((t("Figure"), t("Value")), rows, (1,))]


def _settings(job: Job, at: Figures) -> list[Block]:
    t = at.t
    versions = [(name, _version(name)) for name in PACKAGES]
    return [Heading(t("Settings and versions")), Rows((t("Setting"), t("Value")), settings_rows(job)),
            Paragraph(t("This report was written by Anaquel {version} with:", version=software_version())),
            Rows((t("Package"), t("Version")), versions)]  # fmt: skip


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return NOTHING
