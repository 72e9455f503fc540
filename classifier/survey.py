"""One look over all items of a job: what its groups, confidences, twins and risks come to. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from classifier.calibration import N_BINS
from classifier.facets import facets
from classifier.normalisation import wording
from classifier.stemming import lemma_key
from classifier.taxonomy import Taxonomy
from classifier.twins import TwinFinder, twin_key

MAX_GROUPS = 4_000  # kept in the record
MAX_COUNTED = 400_000  # groups counted at a time; rare ones are dropped above that
N_REVIEW = 500
MIN_GROUP = 3
NO_BRANCH = "(not attributed)"

Infer = Callable[[str], str | None]  # a failed product's text -> the notation it most likely belongs to


class Row(Protocol):
    """An item as the store gives it."""

    position: int
    text: str
    status: str
    verdict: str | None
    notation: str | None
    expected: str | None
    confidence: float | None
    runners_up: Sequence[Any] | None
    extra: Mapping[str, Any] | None


@dataclass
class Survey:
    """Feed every item to `see`, then every item to `see_again`, then take `record`."""

    taxonomy: Taxonomy
    brands: frozenset[str] = frozenset()
    infer: Infer = lambda _: None
    n_seen: int = 0
    n_failed: int = 0
    n_labelled_answered: int = 0
    n_wrong: int = 0
    n_non_leaf: int = 0
    n_no_overlap: int = 0
    attribution: dict[str, int] = field(default_factory=dict)
    twins: TwinFinder = field(default_factory=TwinFinder)
    _groups: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _bins: list[list[float]] = field(default_factory=lambda: [[0, 0, 0, 0.0] for _ in range(N_BINS)])
    _review: list[tuple[float, int, tuple[str, ...]]] = field(default_factory=list)
    _label_words: dict[str, frozenset[str]] = field(default_factory=dict)

    def see(self, row: Row) -> None:
        """First pass over a final item."""
        self.n_seen += 1
        if row.status == "failed":
            self.n_failed += 1
            return  # counted in the second pass, when its twins are known
        answer = answer_of(row)
        key = twin_key(row.text)
        self.twins.look(key, answer)
        self._count(row, row.expected or answer, "expected" if row.expected else "answer")
        self._note_confidence(row, answer)

    def see_again(self, row: Row) -> None:
        """Second pass: failed products find a branch, twins that disagree are gathered, risks are ranked."""
        key = twin_key(row.text)
        if row.status == "failed":
            notation, source = self._attribute(row, key)
            self._count(row, notation, source)
            return
        answer = answer_of(row)
        self.twins.gather(key, row.text, answer)
        disagrees = key is not None and self.twins.is_conflicting(key)
        self._rank_risk(row, answer, disagrees)

    def record(self) -> dict[str, Any]:
        """Give everything as plain JSON values."""
        by_interest = sorted(self._groups.items(), key=lambda g: (-(g[1][1] + g[1][3]), -g[1][0], g[0]))
        return {
            "n_seen": self.n_seen, "n_failed": self.n_failed, "n_labelled_answered": self.n_labelled_answered,
            "n_wrong": self.n_wrong, "n_non_leaf": self.n_non_leaf, "n_no_overlap": self.n_no_overlap,
            "attribution": self.attribution, "bins": self._bins, "n_twin_conflicts": self.twins.n_conflicting,
            "groups": [[*name, *n] for name, n in by_interest if n[0] >= MIN_GROUP][:MAX_GROUPS],
            "twins": [[list(member) for member in group.members] for group in self.twins.groups()],
            "review": [[position, round(risk, 4), list(why)] for risk, position, why in
                       sorted(self._review, key=lambda r: (-r[0], r[1]))],
        }  # fmt: skip

    def _attribute(self, row: Row, key: int | None) -> tuple[str | None, str]:
        if row.expected:
            return row.expected, "expected"
        if twin := self.twins.answer_of(key):
            return twin, "twin"
        if guess := self.infer(row.text):
            return guess, "retriever"
        return None, "none"

    def _count(self, row: Row, notation: str | None, source: str) -> None:
        self.attribution[source] = self.attribution.get(source, 0) + 1
        failed = row.status == "failed"
        labelled = row.expected is not None and not failed
        wrong = labelled and row.expected != answer_of(row)
        self.n_labelled_answered += labelled
        self.n_wrong += wrong
        for name in (("branch", self._branch(notation)), *facets(row.text, row.extra, self.brands)):
            n = self._groups.setdefault(name, [0, 0, 0, 0])
            n[0] += 1
            n[1] += failed
            n[2] += labelled
            n[3] += wrong
        if len(self._groups) > MAX_COUNTED:
            self._groups = {name: n for name, n in self._groups.items() if n[0] > 1 or n[1] or n[3]}

    def _branch(self, notation: str | None) -> str:
        if notation is None or notation not in self.taxonomy.concepts:
            return notation or NO_BRANCH
        return self.taxonomy.top(notation)

    def _note_confidence(self, row: Row, answer: str) -> None:
        if row.confidence is None or row.verdict != "concept":
            return
        found = self._bins[min(N_BINS - 1, int(row.confidence * N_BINS))]
        found[0] += 1
        if row.expected is not None:
            found[1] += 1
            found[2] += row.expected == answer
            found[3] = round(found[3] + row.confidence, 6)

    def _rank_risk(self, row: Row, answer: str, disagrees: bool) -> None:
        why = [name for name, told in (("twins disagree", disagrees), ("unsure", row.verdict == "unsure")) if told]
        if row.verdict == "concept":
            why += self._doubts(row)
        doubt = 1.0 - (row.confidence if row.confidence is not None else 0.5)
        if not why and doubt < 0.2:
            return
        risk = 0.5 * doubt + 0.25 * disagrees + 0.25 * (len(why) - disagrees) / 3
        entry = (risk, row.position, tuple(why or ["low confidence"]))
        heapq.heappush(self._review, entry)
        if len(self._review) > N_REVIEW:
            heapq.heappop(self._review)

    def _doubts(self, row: Row) -> Iterable[str]:
        assert row.notation is not None
        if row.notation in self.taxonomy.concepts and not self.taxonomy.is_leaf(row.notation):
            self.n_non_leaf += 1
            yield "not a leaf"
        if not self._words_of(row.notation) & {lemma_key(word) for word in wording(row.text).words}:
            self.n_no_overlap += 1
            yield "shares no word with its category"
        if row.confidence is not None and row.runners_up and row.confidence - float(row.runners_up[0][1]) < 0.1:
            yield "a runner-up is as likely"

    def _words_of(self, notation: str) -> frozenset[str]:
        if notation not in self._label_words:
            self._label_words[notation] = frozenset(_label_words(self.taxonomy, notation))
        return self._label_words[notation]


def answer_of(row: Row) -> str:
    """Return what the item's answer says: a notation, "not_a_product" or "unsure"; "" when it has none."""
    return (row.notation or "") if row.verdict == "concept" else (row.verdict or "")


def _label_words(taxonomy: Taxonomy, notation: str) -> Iterable[str]:
    if notation not in taxonomy.concepts:
        return
    for step in taxonomy.path(notation):
        concept = taxonomy.concepts[step]
        several = (*concept.alt_labels.values(), *concept.hidden_labels.values(), *concept.examples.values())
        for label in (*concept.pref_labels.values(), *(text for texts in several for text in texts)):
            yield from (lemma_key(word) for word in wording(label).words)
