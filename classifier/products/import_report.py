"""What came in and what did not: figures and examples, collected while products stream by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from classifier.products.product import UNSAFE, Problem, Product, Severity

KEPT = 10_000  # problems that are kept to be shown and downloaded; all are counted
N_EXAMPLES = 5
CODE = re.compile(r"[\W\d_]*|(?=\S*\d)[A-Z0-9_./-]{4,}")
HTML = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-z]{2,8}|#\d{2,6});")
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class ImportReport:
    """Counts over one import. n_rows = n_accepted + n_rejected, always.

    n_duplicates: accepted rows whose text came before (case and space aside). suspicious: counts by kind "code",
    "html", "control", "direction"; these rows are accepted. languages: counts by the language field's value. problems:
    the first KEPT; n_cut and n_notes count the others' severities.
    """

    n_accepted: int = 0
    n_rejected: int = 0
    n_empty: int = 0
    n_cut: int = 0
    n_duplicates: int = 0
    n_with_id: int = 0
    n_with_expected: int = 0
    suspicious: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    _texts: set[int] = field(default_factory=set)

    @property
    def n_rows(self) -> int:
        """All rows that were read."""
        return self.n_accepted + self.n_rejected

    def add(self, item: Product | Problem) -> None:
        """Count one product or problem."""
        if isinstance(item, Product):
            self._product(item)
        else:
            self._problem(item)

    def _product(self, product: Product) -> None:
        self.n_accepted += 1
        self.n_with_id += product.product_id is not None
        self.n_with_expected += product.expected is not None
        seen = hash(product.text.casefold())
        self.n_duplicates += seen in self._texts
        self._texts.add(seen)
        if product.language:
            self.languages[product.language.lower()] += 1
        for kind in suspicions(product.text):
            self.suspicious[kind] += 1
            if len(shown := self.examples.setdefault(kind, [])) < N_EXAMPLES:
                shown.append(product.text[:100])

    def _problem(self, problem: Problem) -> None:
        self.n_rejected += problem.severity is Severity.REJECTED
        self.n_cut += problem.severity is Severity.CUT
        self.n_empty += problem.severity is Severity.REJECTED and problem.reason.endswith("is empty")
        self.reasons[re.sub(r"\d[\d,.]*", "…", problem.reason)[:120]] += 1
        if len(self.problems) < KEPT:
            self.problems.append(problem)


def suspicions(text: str) -> list[str]:
    """Say what makes a text look like no product name: "code", "html", "control" or "direction"."""
    found: list[str] = []
    if CODE.fullmatch(text):
        found.append("code")
    if ("<" in text or "&" in text) and HTML.search(text):
        found.append("html")
    if not text.isprintable():
        if DIRECTION.search(text):
            found.append("direction")
        if any(unicodedata.category(c) == "Cc" for c in UNSAFE.findall(text)):
            found.append("control")
    return found
