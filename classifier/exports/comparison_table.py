"""Two jobs over the same products, side by side as one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from classifier.bootstrap import Services
from classifier.comparing.comparison import Comparison, compare, items_of
from classifier.comparing.pairing import CHANGES, Change
from classifier.exports.result_table import Answers
from classifier.exports.table import KEY, Column, Kind, Table, key_of
from storage import Item, Job

SHARED = (Column("index", Kind.INTEGER), Column("product_id"), Column("search_text"), Column("expected"),
          Column("change"))  # fmt: skip
EACH = (("outcome", Kind.TEXT), ("notation", Kind.TEXT), ("prefLabel", Kind.TEXT), ("confidence", Kind.REAL),
        ("why", Kind.TEXT), ("error", Kind.TEXT), ("is_right", Kind.BOOLEAN))  # fmt: skip
PAGE_ROWS = 2_000


def comparison_table(services: Services, first: Job, second: Job) -> Table:
    """Describe the products that both jobs ended, paired by classifier.comparing.pairing; is_right: None if unlabelled.

    Columns of the first job end in _a, of the second in _b; change is one of classifier.comparing.pairing.Change,
    the key is the first job's. Raises NotComparable.
    """
    found = compare(services, first, second)
    sides = [Answers(job, services.builder.taxonomy(job.taxonomy_id)) for job in (first, second)]
    columns = [Column(f"{name}_{side}", kind) for side in "ab" for name, kind in EACH]

    def pages() -> Iterator[Sequence[Any]]:
        left = _paired(found)
        while some := list(islice(left, PAGE_ROWS)):
            changes = {place[0]: change for place, change in some}
            rows = items_of(services, found, [place for place, _ in some])
            yield [_row(found, sides, changes[a.position], a, b) for a, b in rows if b is not None]

    return Table((*SHARED, *columns, Column("is_same_answer", Kind.BOOLEAN), Column(KEY)), pages)


def _paired(found: Comparison) -> Iterator[tuple[tuple[int, int], Change]]:
    pairs = found.pairs
    for first, second, code in zip(pairs.first.tolist(), pairs.second.tolist(), pairs.change.tolist(), strict=True):
        if second >= 0:
            yield (first, second), CHANGES[code]


def _row(found: Comparison, sides: Sequence[Answers], change: Change, mine: Item, theirs: Item) -> list[Any]:
    expected = theirs.expected or mine.expected
    told = [*_told(sides[0], mine, mine.expected or expected), *_told(sides[1], theirs, expected)]
    return [mine.position, mine.product_id, mine.text, expected, change.value, *told, _answer(mine) == _answer(theirs),
            key_of(found.first.id, mine.position)]  # fmt: skip


def _told(answers: Answers, row: Any, expected: str | None) -> list[Any]:
    _, outcome, error = answers.outcome(row)
    answer = _answer(row)
    is_right = None if expected is None or answer is None else answer == expected
    return [outcome, row.notation, answers.place(row.notation)[0], row.confidence, row.why, error, is_right]


def _answer(row: Any) -> str | None:
    answer: str | None = row.notation if row.verdict == "concept" else row.verdict
    return answer
