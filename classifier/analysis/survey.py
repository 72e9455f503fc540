"""One look over all items of a job: what its groups, confidences, twins and risks come to. Pure.

Memory: about 60 bytes an item and the names of the groups; a job of 1,000,000 items fits into 150 MB.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from classifier.analysis.calibration import N_BINS
from classifier.analysis.doubts import RISKY, Doubt, Doubter, risk_of
from classifier.analysis.facets import facets
from classifier.analysis.groups import MIN_N, GroupCounts
from classifier.analysis.hierarchy import branch_of
from classifier.analysis.strata import Strata
from classifier.analysis.twins import TwinFinder, gather, key_of, lemmas
from classifier.taxonomy import Taxonomy

N_REVIEW = 1_000
NO_BRANCH = "(not attributed)"
MAX_INFERRED = 5_000  # distinct texts of failed products that are looked up; the rest stay unattributed

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


Fetch = Callable[[Sequence[int]], Iterable[Row]]


@dataclass
class Survey:
    """Feed every final item to `see`, then take `record`; `attributed` tells where failed products belong."""

    taxonomy: Taxonomy
    brands: frozenset[str] = frozenset()
    infer: Infer = lambda _: None
    n_seen: int = 0
    n_failed: int = 0
    n_labelled_answered: int = 0
    n_wrong: int = 0
    attribution: dict[str, int] = field(default_factory=dict)
    attributed: list[tuple[int, str, str]] = field(default_factory=list)
    _groups: GroupCounts = field(default_factory=GroupCounts)
    _twins: TwinFinder = field(default_factory=TwinFinder)
    _strata: Strata = field(default_factory=Strata)
    _doubts: array[int] = field(default_factory=lambda: array("B"))
    _risks: array[float] = field(default_factory=lambda: array("f"))
    _branches: dict[str, str] = field(default_factory=dict)
    _bins: list[list[float]] = field(default_factory=lambda: [[0, 0, 0, 0.0] for _ in range(N_BINS)])
    _orphans: list[tuple[int, int | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._doubter = Doubter(self.taxonomy)

    def see(self, row: Row) -> None:
        """Look at a final item."""
        self.n_seen += 1
        answer = answer_of(row)
        failed = row.status == "failed"
        labelled = row.expected is not None and not failed
        wrong = labelled and row.expected != answer
        self.n_failed += failed
        self.n_labelled_answered += labelled
        self.n_wrong += wrong
        self._groups.add(facets(row.text, row.extra, self.brands), failed, labelled, wrong)
        words = lemmas(row.text)
        key = key_of(words)
        if failed and row.expected is None:
            self._orphans.append((row.position, key, row.text))
            return
        belongs = row.expected or answer
        self._place(belongs, "expected" if row.expected else "answer", failed, labelled, wrong)
        if not failed:
            self._look_at_answer(row, words, key, answer)

    def record(self, fetch: Fetch) -> dict[str, Any]:
        """Give everything as plain JSON values; fetch returns items by position, for texts that are shown."""
        self._attribute()
        doubts = np.array(self._doubts, np.uint8) | (self._twins.disagreeing * np.uint8(Doubt.TWINS_DISAGREE))
        risks = np.array(self._risks, np.float32)
        risks[self._twins.disagreeing] += _TWINS_RISK
        n_looked = self._groups.n_looked(MIN_N)
        return {
            "n_seen": self.n_seen, "n_failed": self.n_failed, "n_labelled_answered": self.n_labelled_answered,
            "n_wrong": self.n_wrong, "doubts": {d.names[0]: int(((doubts & d) > 0).sum()) for d in Doubt},
            "attribution": self.attribution, "bins": [[*b[:3], round(b[3], 6)] for b in self._bins],
            "n_twin_conflicts": self._twins.n_conflicting,
            "n_groups_looked": n_looked[0], "n_groups_looked_labelled": n_looked[1],
            "groups": [[g.facet, g.value, g.n, g.n_failed, g.n_labelled, g.n_wrong] for g in self._groups.kept()],
            "twins": self._twin_groups(fetch),
            "n_risky": int((risks >= RISKY).sum()), "review": self._review(doubts, risks),
            "strata": [pool.to_record() for pool in self._strata.pools(self._twins.positions, risks)],
        }  # fmt: skip

    def _look_at_answer(self, row: Row, words: frozenset[str], key: int | None, answer: str) -> None:
        confidence, verdict = row.confidence, row.verdict
        self._twins.look(row.position, key, answer)
        doubts = self._doubter.look(words, verdict, row.notation, confidence, row.runners_up)
        self._doubts.append(doubts)
        self._risks.append(risk_of(doubts, confidence))
        self._strata.look(self._branch(answer))
        if confidence is not None and verdict == "concept":
            found = self._bins[min(N_BINS - 1, int(confidence * N_BINS))]
            found[0] += 1
            if row.expected is not None:
                found[1] += 1
                found[2] += row.expected == answer
                found[3] += confidence

    def _branch(self, notation: str) -> str:
        branch = self._branches.get(notation)
        if branch is None:
            branch = self._branches[notation] = branch_of(self.taxonomy, notation)
        return branch

    def _place(self, notation: str, source: str, failed: bool, labelled: bool, wrong: bool) -> None:
        self.attribution[source] = self.attribution.get(source, 0) + 1
        branch = self._branch(notation)
        places = [("branch", branch)] if branch == notation else [("branch", branch), ("category", notation)]
        self._groups.add(places, failed, labelled, wrong)

    def _attribute(self) -> None:
        """Find where failed products without a label belong: by their twins, then by the retriever."""
        guesses: dict[int | str, str | None] = {}
        for position, key, text in self._orphans:
            notation, source = self._twins.answer_of(key), "twin"
            if notation not in self.taxonomy.concepts:
                same: int | str = text if key is None else key
                if same not in guesses and len(guesses) < MAX_INFERRED:
                    guesses[same] = self.infer(text)
                notation, source = guesses.get(same), "retriever"
            if notation is None:
                self._place(NO_BRANCH, "none", True, False, False)
            else:
                self._place(notation, source, True, False, False)
                self.attributed.append((position, notation, source))
        self._orphans.clear()

    def _twin_groups(self, fetch: Fetch) -> list[list[Any]]:
        found = []
        for n_items, positions in self._twins.largest():
            group = gather(n_items, ((row.position, row.text, answer_of(row)) for row in fetch(positions)))
            found.append([group.n_items, [[m.text, m.answer, m.n, m.position] for m in group.members]])
        return found

    def _review(self, doubts: Any, risks: Any) -> list[list[Any]]:
        positions = self._twins.positions
        worth = np.flatnonzero(risks >= RISKY)
        if len(worth) > N_REVIEW:
            worth = worth[np.argpartition(-risks[worth], N_REVIEW)[:N_REVIEW]]
        ranked = worth[np.lexsort((positions[worth], -risks[worth]))]
        return [[int(positions[i]), round(float(min(1.0, risks[i])), 4), Doubt(int(doubts[i])).names] for i in ranked]


_TWINS_RISK = risk_of(Doubt.TWINS_DISAGREE, 1.0)


def answer_of(row: Row) -> str:
    """Return what the item's answer says: a notation, "not_a_product" or "unsure"; "" when it has none."""
    return (row.notation or "") if row.verdict == "concept" else (row.verdict or "")
