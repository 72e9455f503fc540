"""From products to the items of a job: numbered, repeats pointed at the first, expected categories matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.category_names import CategoryNames
from classifier.normalisation import text_key
from classifier.products import ImportReport, Problem, Product, Severity
from classifier.taxonomy import Taxonomy
from storage import NewItem

UNKNOWN_EXPECTED = "its expected category is not in the taxonomy"


def items_of(rows: Iterable[Product | Problem], taxonomy: Taxonomy, report: ImportReport) -> Iterator[NewItem]:
    """Yield the accepted products as items; report counts what comes by and what does not match."""
    first_of: dict[str, int] = {}
    names = CategoryNames(taxonomy)
    notations: dict[str, str | None] = {}  # what files call categories, each matched once
    position = 0
    for row in rows:
        if isinstance(row, Problem):
            report.add(row)
            continue
        _, text, product_id, told, metadata, _ = row
        key = text_key(text)
        leader = first_of.setdefault(key, position)
        report.add_product(row, is_repeat=leader != position)
        expected = None
        if told is not None:
            expected = notations[told] if told in notations else notations.setdefault(told, names.match(told))
            if expected is None:
                report.add_unknown(told)
                report.add(Problem(f"product {position + 1}", UNKNOWN_EXPECTED, told, Severity.NOTE))
        yield NewItem(position, text, key, product_id, expected, metadata, None if leader == position else leader)
        position += 1
