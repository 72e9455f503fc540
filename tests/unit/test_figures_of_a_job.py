"""The funnel, the matrix, the tree, projections and strata: figures made from sums."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.analysis.confusion import ELSEWHERE, FAILED, confusion_matrix
from classifier.analysis.funnel import funnel
from classifier.analysis.hierarchy import below, branch_of, lift_to
from classifier.analysis.projection import project
from classifier.analysis.strata import Pool, Strata, merged
from classifier.analysis.tree import tree
from classifier.metrics import CategoryRow, confusions
from classifier.taxonomy import Concept, Taxonomy
from storage import TallyRow

TAXONOMY = Taxonomy("t", "urn:t", {
    n: Concept(n, f"urn:{n}", {"es": n}, broader=(n[:-2],) if len(n) > 2 else ())
    for n in ("01", "0101", "0102", "010201", "02", "0201")
})  # fmt: skip
NOTATIONS = st.sampled_from([*TAXONOMY.concepts])
OUTCOMES = st.sampled_from(["concept", "unsure", "not_a_product", "failed:off_list", "failed:timeout"])


@st.composite
def tally_rows(draw: st.DrawFn) -> list[TallyRow]:
    rows = []
    for _ in range(draw(st.integers(0, 25))):
        outcome = draw(OUTCOMES)
        predicted = draw(NOTATIONS) if outcome == "concept" else ""
        expected = draw(st.one_of(st.just(""), NOTATIONS, st.just("not_a_product")))
        rows.append(TallyRow(expected, outcome, predicted, draw(st.integers(1, 9)), Decimal(draw(st.integers(0, 5)))))
    return rows


@given(tally_rows())
def test_the_stages_and_the_classified_products_are_all_products(rows: list[TallyRow]) -> None:
    stages = funnel(rows)
    n_all = sum(row.n for row in rows)
    assert sum(stage.n for stage in stages) + sum(r.n for r in rows if r.outcome == "concept") == n_all
    assert all(stage.n_all == n_all and sum(n for _, n in stage.kinds) == stage.n for stage in stages)
    assert stages[-1].n_left == sum(r.n for r in rows if r.outcome == "concept")


def test_a_kind_that_nobody_knew_is_shown_and_not_lost() -> None:
    stages = funnel([TallyRow("", "failed:solar_flare", "", 2, Decimal(0))])
    assert [(s.name, s.n) for s in stages if s.n] == [("other", 2)]


@given(tally_rows(), st.sampled_from([None, "01", "02"]), st.integers(1, 3))
def test_the_matrix_holds_every_labelled_product_of_its_branch_once(
    rows: list[TallyRow], branch: str | None, max_size: int
) -> None:
    matrix = confusion_matrix(TAXONOMY, rows, branch, max_size)
    wanted = [r for r in rows if r.expected and (branch is None or r.expected.startswith(branch))]
    assert sum(map(sum, matrix.counts)) + matrix.n_left_out == sum(r.n for r in wanted)
    assert len(matrix.rows) <= max_size
    assert all(len(row) == len(matrix.columns) for row in matrix.counts)
    assert len(set(matrix.columns)) == len(matrix.columns)


def test_the_matrix_of_a_branch_puts_other_branches_together() -> None:
    rows = [TallyRow("0101", "concept", "010201", 3, Decimal(0)), TallyRow("0101", "concept", "0201", 2, Decimal(0)),
            TallyRow("0102", "failed:timeout", "", 1, Decimal(0))]  # fmt: skip
    matrix = confusion_matrix(TAXONOMY, rows, "01")
    assert (matrix.rows, matrix.columns) == (("0101", "0102"), ("0101", "0102", ELSEWHERE, FAILED))
    assert matrix.counts == ((0, 3, 2, 0), (0, 0, 0, 1))


@given(tally_rows())
def test_a_concept_in_the_tree_is_its_own_products_and_its_childrens(rows: list[TallyRow]) -> None:
    nodes = {node.notation: node for node in tree(TAXONOMY, rows)}
    for node in nodes.values():
        children = [kid for kid in nodes.values() if kid.parent == node.notation]
        assert node.n == node.n_own + sum(kid.n for kid in children)
        assert node.n_correct <= node.n_labelled <= node.n - node.n_failed
    placed = [r for r in rows if r.expected or not r.outcome.startswith("failed")]
    assert sum(n.n for n in nodes.values() if not n.parent) == sum(r.n for r in placed)
    assert sum((n.cost_usd for n in nodes.values() if not n.parent), Decimal(0)) == sum(
        (r.cost_usd for r in placed), Decimal(0)
    )


@given(tally_rows(), st.integers(1, 3))
def test_confusions_at_a_level_are_those_that_differ_there(rows: list[TallyRow], level: int) -> None:
    for expected, answered, _ in confusions(rows, lambda c: lift_to(TAXONOMY, c, level)):
        assert expected != answered
        assert expected == lift_to(TAXONOMY, expected, level)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_interval_of_f1_holds_f1(n_correct: int, n_missed: int, n_false: int) -> None:
    row = CategoryRow("01", n_correct + n_missed, n_correct + n_false, n_correct, 0)
    if row.f1 is None:
        assert row.f1_interval is None
        return
    low, high = row.f1_interval or (2.0, 2.0)
    assert -1e-9 <= low <= row.f1 + 1e-9
    assert row.f1 <= high + 1e-9 <= 1 + 1e-6


@dataclass
class Span:
    n_ended: int
    cost_usd: Decimal


def test_a_projection_is_cochrans_ratio_estimate() -> None:
    # 5 clusters worked by hand: R = 30/25 = 1.2; squared residuals 2.00; se(R) = sqrt(5/4 * 2.00) / 25 = 0.063246
    spans = [Span(n, Decimal(c)) for n, c in ((5, 6), (5, 7), (5, 5), (5, 6), (5, 6))]
    found = project(spans, 100)
    assert found is not None
    assert found.cost_usd == 120
    assert float(found.high_usd or 0) == pytest.approx(120 + 2.776445 * 6.3245553, rel=1e-5)
    assert float(found.low_usd or 0) == pytest.approx(120 - 2.776445 * 6.3245553, rel=1e-5)


def test_nothing_is_projected_from_nothing_and_no_range_from_few_spans() -> None:
    assert project([], 10) is None
    found = project([Span(2, Decimal(1))], 10)
    assert found is not None
    assert (found.cost_usd, found.low_usd) == (5, None)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 1)), min_size=1, max_size=80), st.integers(2, 12))
def test_merged_strata_stand_for_every_answer_and_draw_from_their_own(
    seen: list[tuple[str, float]], max_strata: int
) -> None:
    strata = Strata()
    for branch, _ in seen:
        strata.look(branch)
    positions, risks = np.arange(len(seen)), np.array([risk for _, risk in seen], np.float32)
    pools = merged(strata.pools(positions, risks), max_strata)
    assert sum(pool.n_all for pool in pools) == len(seen)
    assert len(pools) <= max_strata
    assert len({pool.name for pool in pools}) == len(pools)
    drawn = [p for pool in pools for p in pool.positions]
    assert len(set(drawn)) == len(drawn)
    assert all(len(pool.positions) == pool.n_all for pool in pools)  # small strata are kept whole


def test_large_strata_that_are_merged_are_drawn_in_proportion() -> None:
    pools = [Pool("a", "low", 9_000, tuple(range(200))), Pool("b", "low", 1_000, tuple(range(10_000, 10_200)))]
    (together,) = [pool for pool in merged([*pools, Pool("c", "high", 1, (99_999,))], 2) if pool.risk == "low"]
    assert together.n_all == 10_000
    of_a = sum(p < 200 for p in together.positions)
    assert of_a / len(together.positions) == pytest.approx(0.9, abs=0.02)


def test_everything_below_one_top_concept_branches_one_level_lower() -> None:
    alone = Taxonomy("t", "urn:t", {n: c for n, c in TAXONOMY.concepts.items() if n.startswith("01")})
    assert (branch_of(TAXONOMY, "010201"), branch_of(alone, "010201"), branch_of(alone, "01")) == ("01", "0102", "01")
    assert branch_of(TAXONOMY, "unsure") == "unsure"
    assert below(TAXONOMY, "01") == ["01", "0101", "0102", "010201"]
    assert below(TAXONOMY, "not_a_product") == ["not_a_product"]
