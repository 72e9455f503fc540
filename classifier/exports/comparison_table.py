"""Two jobs over the same products, side by side as one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from classifier.exports.result_table import Answers
from classifier.exports.table import KEY, Column, Kind, Table, key_of
from classifier.taxonomy import Taxonomy
from storage import Job, Store

READ = ("position", "text", "product_id", "expected", "status", "verdict", "notation", "confidence", "why",
        "error_kind", "error")  # fmt: skip
SHARED = (Column("index", Kind.INTEGER), Column("product_id"), Column("search_text"), Column("expected"))
EACH = (("outcome", Kind.TEXT), ("notation", Kind.TEXT), ("prefLabel", Kind.TEXT), ("confidence", Kind.REAL),
        ("error", Kind.TEXT), ("is_right", Kind.BOOLEAN))  # fmt: skip
PAGE_ROWS = 2_000


def comparison_table(store: Store, first: tuple[Job, Taxonomy], second: tuple[Job, Taxonomy]) -> Table:
    """Describe the products that both jobs hold at the same place with the same text; is_right: None if unlabelled.

    Columns of the first job end in _a, of the second in _b; the key is the first job's.
    """
    sides = [(job, Answers(job, taxonomy)) for job, taxonomy in (first, second)]
    columns = [Column(f"{name}_{side}", kind) for side in "ab" for name, kind in EACH]

    def rows() -> Iterator[list[Any]]:
        for mine, theirs in pairs(store, first[0].id, second[0].id):
            expected = mine.expected or theirs.expected
            told = [*_told(sides[0][1], mine, expected), *_told(sides[1][1], theirs, expected)]
            same = _answer(mine) == _answer(theirs)
            yield [mine.position, mine.product_id, mine.text, expected, *told, same, key_of(first[0].id, mine.position)]

    def pages() -> Iterator[Sequence[Any]]:
        left = rows()
        while page := list(islice(left, PAGE_ROWS)):
            yield page

    return Table((*SHARED, *columns, Column("is_same_answer", Kind.BOOLEAN), Column(KEY)), pages)


def pairs(store: Store, first_id: str, second_id: str) -> Iterator[tuple[Any, Any]]:
    """Yield the two rows of each product that both jobs hold at the same place with the same text."""
    theirs = _rows(store, second_id)
    other = next(theirs, None)
    for row in _rows(store, first_id):
        while other is not None and other.position < row.position:
            other = next(theirs, None)
        if other is not None and other.position == row.position and other.text == row.text:
            yield row, other


def _rows(store: Store, job_id: str) -> Iterator[Any]:
    for page in store.stream_items(job_id, columns=READ):
        yield from page


def _told(answers: Answers, row: Any, expected: str | None) -> list[Any]:
    _, outcome, error = answers.outcome(row)
    answer = _answer(row)
    is_right = None if expected is None or answer is None else answer == expected
    return [outcome, row.notation, answers.place(row.notation)[0], row.confidence, error, is_right]


def _answer(row: Any) -> str | None:
    answer: str | None = row.notation if row.verdict == "concept" else row.verdict
    return answer
