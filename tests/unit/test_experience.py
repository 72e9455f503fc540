"""How far examples are believed, and that correcting the doubtful first does no harm to what labels are sure of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.accuracy import NOT_A_PRODUCT, read_set
from benchmarks.learning import bare
from classifier.build import lexicon
from classifier.engines.local import LocalEngine
from classifier.engines.local.experience import Experience, chances_of_labels
from classifier.engines.local.ranking import Heard
from classifier.examples import Example

SETS = Path(__file__).resolve().parents[2] / "benchmarks" / "sets"
chance = st.floats(0, 1, width=32)


def heard(sure: list[float], scores: list[list[float]] | None = None) -> Heard:
    told = np.array(scores if scores is not None else [[1.0, 0.5, 0.0]] * len(sure), dtype=np.float32)
    first = np.where(told.max(axis=1) > 0, told.argmax(axis=1), -1)
    return Heard(told, (told, told, told), first, np.array(sure, dtype=np.float32))


def alike(*most: float) -> np.ndarray:
    return np.array([[each, -0.1] for each in most], dtype=np.float32)


def test_without_examples_that_labels_were_as_sure_of_only_what_is_alike_is_believed() -> None:
    experience = Experience([0.2, 0.3, 0.4] * 100)
    believed = experience.belief(heard([0.9, 0.9, 0.9]), alike(0.0, 0.5, 1.3))
    assert believed.tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_many_examples_that_labels_were_as_sure_of_are_believed() -> None:
    experience = Experience([0.95] * 2_000)
    assert experience.belief(heard([0.9]), alike(0.0))[0] > 0.95


def test_an_example_is_not_its_own_witness() -> None:
    experience = Experience([0.9])
    told, strange = heard([0.9]), alike(0.0)
    assert experience.belief(told, strange)[0] > 0
    assert experience.belief(told, strange, n_own=1)[0] == 0


@given(st.lists(chance, max_size=30), st.lists(chance, min_size=1, max_size=5), st.floats(-1, 2, width=32))
def test_belief_is_a_share_that_grows_with_the_examples(sure: list[float], asked: list[float], most: float) -> None:
    told, ridge = heard(asked), alike(*[most] * len(asked))
    few, more = Experience(sure).belief(told, ridge), Experience([*sure, 1.0]).belief(told, ridge)
    assert ((few >= 0) & (few <= 1)).all()
    assert (more >= few).all()


@given(st.lists(st.lists(st.floats(0, 2, width=32), min_size=3, max_size=3), min_size=1, max_size=4), chance)
def test_what_labels_say_becomes_chances_in_the_same_order(scores: list[list[float]], sure: float) -> None:
    told = heard([sure if max(row) > 0 else 0.0 for row in scores], scores)
    chances = chances_of_labels(told)
    assert ((chances >= 0) & (chances <= 1 + 1e-6)).all()
    assert (chances.sum(axis=1) <= 1 + 1e-5).all()
    for row, first, one_sure in zip(chances, told.first, told.sure, strict=True):
        assert row[first] == one_sure


@pytest.mark.parametrize("name", ["dev_ruta", "dev_bodega", "dev_tienda"])
def test_correcting_the_least_sure_first_leaves_the_other_answers_as_right_as_before(name: str) -> None:
    labelled = read_set(SETS / f"{name}.json")
    products = sorted({t: e for t, e in labelled.products if e != NOT_A_PRODUCT}.items())
    taxonomy = bare(labelled.taxonomy, labelled.language)
    engine = LocalEngine(taxonomy, lexicon(), labelled.language, threshold=0.0)
    answers = engine.predict([text for text, _ in products])
    by_doubt = sorted(range(len(products)), key=lambda i: answers[i].confidence or 0.0)
    half = len(products) // 2
    learned = engine.tuned(0.0, tuple(Example(*products[i]) for i in by_doubt[:half]))
    rest = [products[i] for i in by_doubt[half:]]
    assert n_right(learned, rest) >= n_right(engine, rest) - 0.01 * len(rest)


def n_right(engine: LocalEngine, products: list[tuple[str, str]]) -> int:
    answers = engine.predict([text for text, _ in products])
    return sum(a.notation == expected for a, (_, expected) in zip(answers, products, strict=True))
