"""A confusion matrix that stays readable: one branch at a time, its categories against each other and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from classifier.analysis.hierarchy import lift_to, lifter
from classifier.metrics import Tallied, told
from classifier.taxonomy import Taxonomy

ELSEWHERE, FAILED = "elsewhere", "failed"
MAX_SIZE = 20


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """counts[i][j]: labelled items of rows[i] that were answered columns[j].

    rows: narrower concepts of the branch (the branch itself for labels on it), by size. columns: the same, then
    ELSEWHERE (other branches, and categories that found no room), verdicts without a category, and FAILED.
    n_left_out: labelled items of categories that found no room in the rows.
    """

    branch: str | None
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    n_left_out: int


def confusion_matrix(taxonomy: Taxonomy, tallies: Iterable[Tallied], branch: str | None = None,
                     max_size: int = MAX_SIZE) -> ConfusionMatrix:  # fmt: skip
    """Count the labelled items of a branch, one level below it; branch None: the top concepts against each other."""
    level = 1 if branch is None else taxonomy.level(branch) + 1
    n: Counter[tuple[str, str]] = Counter()
    lift, is_in = lifter(taxonomy, level), cache(lambda notation: _is_in(taxonomy, notation, branch))
    column = cache(lambda answer: _column(taxonomy, answer, branch, level))
    for row in tallies:
        if row.expected and is_in(row.expected):
            n[lift(row.expected), column(told(row))] += row.n
    support: Counter[str] = Counter()
    for (wanted, _), count in n.items():
        support[wanted] += count
    rows = tuple(name for name, _ in sorted(support.items(), key=lambda e: (-e[1], e[0])))[:max_size]
    given = {answer for wanted, answer in n if wanted in rows}
    extra = [c for c in sorted(given) if c not in rows and c not in taxonomy.concepts and c not in (ELSEWHERE, FAILED)]
    far = [ELSEWHERE] if any(c == ELSEWHERE or (c in taxonomy.concepts and c not in rows) for c in given) else []
    columns = (*rows, *far, *extra, *([FAILED] if FAILED in given else []))
    where = {c: c if c in columns else ELSEWHERE for c in given}
    cells: Counter[tuple[str, str]] = Counter()
    for (wanted, answer), count in n.items():
        if wanted in rows:
            cells[wanted, where[answer]] += count
    counts = tuple(tuple(cells[r, c] for c in columns) for r in rows)
    return ConfusionMatrix(branch, rows, columns, counts, sum(support.values()) - sum(map(sum, counts)))


def _is_in(taxonomy: Taxonomy, notation: str, branch: str | None) -> bool:
    return branch is None or (notation in taxonomy.concepts and branch in taxonomy.path(notation))


def _column(taxonomy: Taxonomy, answer: str, branch: str | None, level: int) -> str:
    if not answer:
        return FAILED
    if answer in taxonomy.concepts and not _is_in(taxonomy, answer, branch):
        return ELSEWHERE
    return lift_to(taxonomy, answer, level)
