"""What came in and what did not: figures and examples, collected while products stream by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from classifier.products.product import UNSAFE, Problem, Product, Severity

KEPT = 10_000  # problems that are kept to be shown and downloaded; all are counted
RECORDED = 1_000  # of these, with the job
N_EXAMPLES = 5
N_SAMPLE = 400
N_LABELS, N_RECORDED_LABELS = 5_000, 100
CODE = re.compile(r"[\W\d_]*|(?=\S*\d)[A-Z0-9_./-]{4,}")
HTML = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-z]{2,8}|#\d{2,6});")
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class ImportReport:
    """Counts over one import. n_rows = n_accepted + n_rejected, always.

    n_duplicates: accepted rows whose text came before (case and space aside). suspicious: counts by kind "code",
    "html", "control", "direction"; these rows are accepted. languages: counts by the language field's value. sample:
    about N_SAMPLE texts, evenly over the file. problems: the first KEPT; n_cut and n_notes count the others'
    severities. unknown_expected: rows by expected category, where the taxonomy has none like it.
    """

    n_accepted: int = 0
    n_rejected: int = 0
    n_empty: int = 0
    n_cut: int = 0
    n_notes: int = 0
    n_duplicates: int = 0
    n_with_id: int = 0
    n_with_expected: int = 0
    n_unknown_expected: int = 0
    unknown_expected: Counter[str] = field(default_factory=Counter)
    suspicious: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    sample: list[str] = field(default_factory=list)
    _stride: int = 1
    _texts: set[int] = field(default_factory=set)

    @property
    def n_rows(self) -> int:
        """All rows that were read."""
        return self.n_accepted + self.n_rejected

    def add(self, item: Product | Problem) -> None:
        """Count one product or problem."""
        if isinstance(item, Problem):
            self._problem(item)
            return
        seen = hash(" ".join(item.text.casefold().split()))
        self.add_product(item, is_repeat=seen in self._texts)
        self._texts.add(seen)

    def add_product(self, product: Product, *, is_repeat: bool) -> None:
        """Count a product of which the caller knows whether its text came before."""
        _, text, product_id, expected, _, language = product
        if self.n_accepted % self._stride == 0:
            self._keep(text)
        self.n_accepted += 1
        self.n_duplicates += is_repeat
        self.n_with_id += product_id is not None
        self.n_with_expected += expected is not None
        if language:
            self.languages[language.lower()] += 1
        for kind in suspicions(text):
            self.suspicious[kind] += 1
            if len(shown := self.examples.setdefault(kind, [])) < N_EXAMPLES:
                shown.append(text[:100])

    def add_unknown(self, expected: str) -> None:
        """Count a row whose expected category is not in the taxonomy."""
        self.n_unknown_expected += 1
        if expected in self.unknown_expected or len(self.unknown_expected) < N_LABELS:
            self.unknown_expected[expected] += 1

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values, as a job keeps them: the first RECORDED problems, the most frequent labels."""
        problems = [{"place": p.place, "reason": p.reason, "raw": p.raw, "severity": p.severity}
                    for p in self.problems[:RECORDED]]  # fmt: skip
        return {
            "n_accepted": self.n_accepted, "n_rejected": self.n_rejected, "n_noted": self.n_cut + self.n_notes,
            "n_empty": self.n_empty, "n_cut": self.n_cut, "n_duplicates": self.n_duplicates,
            "n_unknown_expected": self.n_unknown_expected,
            "unknown_expected": dict(self.unknown_expected.most_common(N_RECORDED_LABELS)),
            "suspicious": dict(self.suspicious), "languages": dict(self.languages.most_common(N_RECORDED_LABELS)),
            "problems": problems,
        }  # fmt: skip

    def _keep(self, text: str) -> None:
        self.sample.append(text)
        if len(self.sample) >= 2 * N_SAMPLE:
            del self.sample[1::2]
            self._stride *= 2

    def _problem(self, problem: Problem) -> None:
        self.n_rejected += problem.severity is Severity.REJECTED
        self.n_cut += problem.severity is Severity.CUT
        self.n_notes += problem.severity is Severity.NOTE
        self.n_empty += problem.severity is Severity.REJECTED and problem.reason.endswith("is empty")
        self.reasons[re.sub(r"\d[\d,.]*", "…", problem.reason)[:120]] += 1
        if len(self.problems) < KEPT:
            self.problems.append(problem)


def suspicions(text: str) -> list[str]:
    """Say what makes a text look like no product name: "code", "html", "control" or "direction"."""
    found: list[str] = []
    if not (" " in text and text[0].isalpha()) and CODE.fullmatch(text):  # a quick look first: no code has both
        found.append("code")
    if ("<" in text or "&" in text) and HTML.search(text):
        found.append("html")
    if not text.isprintable():
        if DIRECTION.search(text):
            found.append("direction")
        if any(unicodedata.category(c) == "Cc" for c in UNSAFE.findall(text)):
            found.append("control")
    return found
