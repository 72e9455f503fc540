"""A comparison as plain JSON values and as one sentence, for programs and terminals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from classifier.comparing.comparison import CategoryChange, Comparison, Spending, spending
from classifier.comparing.paired import Outcome, PairedTable
from classifier.metrics import Share


def to_record(found: Comparison) -> dict[str, Any]:
    """Give everything that is counted; intervals are of 95 %, differences second minus first, in shares of 1."""
    before, after = spending(found.first), spending(found.second)
    return {
        "first": found.first.id, "second": found.second.id, "verdict": found.verdict.outcome.value,
        "sentence": sentence(found), "n_to_review": found.verdict.n_to_review,
        "counts": {change.value: n for change, n in found.counts.items()}, "n_paired": found.n_paired,
        "n_only_in_second": found.pairs.n_only_second, "n_same_answer": found.n_same_answer, "n_shared": found.n_paired,
        "n_both_right": found.table.n_both_right, "n_only_first_right": found.table.n_broken,
        "n_only_second_right": found.table.n_fixed, "n_both_wrong": found.table.n_neither_right,
        "n_labelled": found.table.n, "mcnemar_exact_p": found.table.p_value,
        "labelled": _table(found.table),
        "branches": [_category(found, row) for row in found.branches],
        "categories": [_category(found, row) for row in found.categories],
        "cost_usd_each": [_amount(before.cost_usd), _amount(after.cost_usd)],
        "seconds_each": [before.seconds, after.seconds],
        "cost_change": change_of(before, after), "time_change": time_change_of(before, after),
    }  # fmt: skip


def change_of(before: Spending, after: Spending) -> float | None:
    """How much more a product costs, as a share of before; None when a price is unknown or there was none before."""
    if before.cost_usd is None or after.cost_usd is None:
        return None
    if not before.cost_usd:
        return None if after.cost_usd else 0.0
    return float(after.cost_usd / before.cost_usd) - 1


def time_change_of(before: Spending, after: Spending) -> float | None:
    """How much longer a product takes, as a share of before."""
    return after.seconds / before.seconds - 1 if before.seconds and after.seconds is not None else None


def sentence(found: Comparison) -> str:
    """Say in English what the comparison proves, in one line."""
    table, verdict = found.table, found.verdict
    counted = f"{table.n_fixed} fixed, {table.n_broken} broken"
    if table.p_value is not None:
        counted += f", p = {table.p_value:.2g}"
    if verdict.outcome in (Outcome.BETTER, Outcome.WORSE):
        parts = [f"{verdict.outcome}: {counted}", *_telling(found), *_price(found)]
        return "; ".join(parts)
    if verdict.outcome is Outcome.NOT_ENOUGH:
        more = f": review {verdict.n_to_review} more" if verdict.n_to_review else ""
        return f"not enough labelled products to tell{more} ({counted} of {table.n} labelled)"
    if verdict.outcome is Outcome.UNCHANGED:
        return f"nothing changed: all {table.n} labelled products ended as before"
    return "; ".join([f"no difference shown: {counted} of {table.n} labelled", *_price(found)])


def telling_branch(found: Comparison) -> CategoryChange | None:
    """The branch that moved most clearly, if any moved by more than chance."""
    return next((row for row in found.branches if row.is_significant), None)


def _telling(found: Comparison) -> list[str]:
    row = telling_branch(found)
    if row is None:
        return []
    name = found.taxonomy.label(row.notation, "en") if row.notation in found.taxonomy.concepts else row.notation
    return [f"{name} {100 * (row.table.before.value or 0):.0f} % -> {100 * (row.table.after.value or 0):.0f} %"]


def _price(found: Comparison) -> list[str]:
    more = change_of(spending(found.first), spending(found.second))
    if more is None or abs(more) < 0.005:
        return []
    return [f"costs {abs(more):.0%} {'more' if more > 0 else 'less'}".replace("%", " %")]


def _table(table: PairedTable) -> dict[str, Any]:
    return {
        "n": table.n, "n_fixed": table.n_fixed, "n_broken": table.n_broken, "n_still_right": table.n_both_right,
        "n_still_failing": table.n_neither_right, "before": _share(table.before), "after": _share(table.after),
        "difference": table.difference, "difference_interval": table.interval, "mcnemar_exact_p": table.p_value,
    }  # fmt: skip


def _category(found: Comparison, row: CategoryChange) -> dict[str, Any]:
    label = found.taxonomy.label(row.notation) if row.notation in found.taxonomy.concepts else row.notation
    return {"notation": row.notation, "prefLabel": label, "q": row.q} | _table(row.table)


def _share(share: Share) -> dict[str, Any]:
    return {"k": share.k, "n": share.n, "value": share.value, "interval": share.interval}


def _amount(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)
