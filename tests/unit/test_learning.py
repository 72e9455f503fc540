"""Examples: which ones count, what a job freezes of them, and what the embedded engine makes of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from classifier import jobs
from classifier.bootstrap import Services
from classifier.build import lexicon
from classifier.engines.local import LocalEngine
from classifier.engines.local.bayes import NaiveBayes
from classifier.engines.local.calibration import INTERCEPT, WEIGHTS, Signs, fit, thresholds
from classifier.engines.local.features import BLOCKS, blocks
from classifier.engines.local.judging import FEWEST_WEIGHED
from classifier.engines.local.likelihood import USUAL, weigh
from classifier.engines.local.stacking import OF_LABELS, Choices
from classifier.examples import Example, Examples, Origin, fingerprint, from_rows, settle, to_rows
from classifier.jobs import Refused, Submission
from classifier.learning import examples_of, freeze, frozen
from classifier.normalisation import text_key
from classifier.outcomes import Ask, Prediction, Verdict
from classifier.products import Product
from classifier.spec import Spec
from classifier.taxonomy import Concept, Taxonomy
from storage.labels import Labelled
from tests.unit.job_maker import TAXONOMY, new_services

N_OPINIONS = len(USUAL)
SHELVES = Taxonomy("pasillos", "urn:p", {
    n: Concept(n, f"urn:{n}", {"es": label})
    for n, label in {"A1": "Pasillo norte", "A2": "Pasillo sur", "A3": "Pasillo este"}.items()
})  # fmt: skip
PLAIN = LocalEngine(SHELVES, lexicon())
FRUIT = [
    "manzana",
    "pera",
    "naranja",
    "uva",
    "sandía",
    "melón",
    "piña",
    "mango",
    "guayaba",
    "papaya",
    "limón",
    "fresa",
    "ciruela",
    "durazno",
    "kiwi",
]
TOOLS = [
    "martillo",
    "taladro",
    "serrucho",
    "destornillador",
    "alicate",
    "llave",
    "lima",
    "cincel",
    "nivel",
    "broca",
    "tornillo",
    "clavo",
]
DRINKS = [
    "cerveza",
    "vino",
    "ron",
    "whisky",
    "vodka",
    "ginebra",
    "tequila",
    "sidra",
    "refresco",
    "gaseosa",
    "soda",
    "tónica",
]


def told(*pairs: tuple[str, str], origin: Origin = Origin.REVIEWED) -> Examples:
    return tuple(Example(text, notation, origin, "2026-11-20") for text, notation in pairs)


def shelf_examples(sizes: tuple[str, ...] = ("grande", "chico")) -> Examples:
    rows = [(FRUIT[:-2], "A1"), (TOOLS[:-2], "A2"), (DRINKS[:-2], "A3")]
    return told(*((f"{word} {size}", notation) for words, notation in rows for word in words for size in sizes))


def predict(engine: LocalEngine, text: str) -> Prediction:
    return engine.predict([text])[0]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = new_services(tmp_path)
    yield made
    made.stop()


def label(services: Services, *pairs: tuple[str, str]) -> None:
    rows = [Labelled(text_key(text), text, notation) for text, notation in pairs]
    services.store.keep_labels(TAXONOMY.fingerprint, rows, "ana")


def local(**options: object) -> Submission:
    return Submission("lista", TAXONOMY.fingerprint, "local", options=options)


def test_a_confirmed_text_is_answered_by_what_was_confirmed_and_says_so() -> None:
    engine = PLAIN.tuned(examples=told(("yeya roja", "A2")))
    answer = predict(engine, "Yeya  ROJA")
    assert (answer.verdict, answer.notation) == (Verdict.CONCEPT, "A2")
    assert answer.why == "confirmed on 2026-11-20 as 'Pasillo sur'"
    assert "A2" not in {r.notation for r in answer.runners_up}


@pytest.mark.parametrize(
    "twin", ["jabones lavavajillas limón", "jabon lavavajillas limon 5 l", "limón jabón lavavajillas"]
)
def test_a_spelling_twin_is_answered_alike(twin: str) -> None:
    engine = PLAIN.tuned(examples=told(("jabón lavavajillas limón", "A3")))
    answer = predict(engine, twin)
    assert answer.notation == "A3"
    assert "its twin" in answer.why
    assert answer.confidence is not None
    assert answer.confidence < 0.99


@pytest.mark.parametrize("other", ["leche con chocolate", "galleta sin azúcar", "galleta"])
def test_what_says_something_else_in_the_same_words_is_no_twin(other: str) -> None:
    engine = PLAIN.tuned(examples=told(("chocolate con leche", "A3"), ("galleta con azúcar", "A1")))
    assert "confirmed" not in predict(engine, other).why


def test_twins_that_were_told_apart_answer_for_nobody_else() -> None:
    engine = PLAIN.tuned(examples=told(("papa", "A1"), ("papá", "A2")))
    assert predict(engine, "papá").notation == "A2"
    assert "confirmed" not in predict(engine, "papas").why


def test_a_text_confirmed_as_no_product_is_none() -> None:
    engine = PLAIN.tuned(examples=told(("lentejas", "not_a_product")))
    assert predict(engine, "lentejas").verdict is Verdict.NOT_A_PRODUCT
    assert predict(engine, "lentejas").notation is None


def test_examples_that_the_taxonomy_cannot_answer_are_left_out() -> None:
    engine = PLAIN.tuned(examples=told(("yeya", "gone")))
    assert predict(engine, "yeya").notation is None
    assert engine.learned is not None
    assert engine.learned.n_examples == 0


def test_too_few_examples_make_no_model() -> None:
    report = PLAIN.tuned(examples=told(("manzana", "A1"), ("martillo", "A2"))).learned
    assert report is not None
    assert (report.n_examples, report.n_classes, report.n_trained) == (2, 2, 0)
    assert report.accuracy is None
    assert PLAIN.learned is None


def test_the_kind_of_a_product_is_learned_where_labels_say_nothing() -> None:
    engine = PLAIN.tuned(examples=shelf_examples())
    assert [predict(engine, text).notation for text in (FRUIT[-1], TOOLS[-1], DRINKS[-1])] == ["A1", "A2", "A3"]
    report = engine.learned
    assert report is not None
    assert report.accuracy is not None
    assert report.before is not None
    assert report.accuracy.k > report.before.k
    assert report.share is not None
    assert 0 < report.share < 1


def test_a_model_is_judged_without_the_example_that_it_judges() -> None:
    nonsense = told(*((f"zzq{i:03d}x", f"A{1 + i % 3}") for i in range(60)))
    report = PLAIN.tuned(examples=nonsense).learned
    assert report is not None
    assert report.accuracy is not None
    assert report.accuracy.k < 40


def test_every_engine_tells_what_a_threshold_costs() -> None:
    for engine in (PLAIN, PLAIN.tuned(examples=shelf_examples())):
        table = engine.threshold_table()
        assert [t.threshold for t in table] == [i / 20 for i in range(20)]
        assert all(a.coverage >= b.coverage for a, b in pairwise(table))
        assert all(t.precision is None or 0 <= t.precision <= 1 for t in table)


def test_precision_is_none_where_nothing_is_left() -> None:
    table = thresholds([0.2, 0.4], [False, True])
    assert (table[0].precision, table[0].coverage) == (0.5, 1.0)
    assert (table[8].precision, table[8].coverage) == (1.0, 0.5)
    assert table[-1].precision is None


def test_a_fit_on_nothing_is_the_built_in_calibration() -> None:
    fitted = fit([], [])
    assert (fitted.intercept, *fitted.weights) == pytest.approx((INTERCEPT, *WEIGHTS))


def test_a_fit_follows_what_was_right() -> None:
    good, bad = Signs(1.0, 0.5, 1.0, 1.0), Signs(1.0, 0.05, 1.0, 1.0)
    fitted = fit([good] * 100 + [bad] * 100, [True] * 95 + [False] * 5 + [True] * 40 + [False] * 60)
    assert fitted.confidence(good) == pytest.approx(0.95, abs=0.05)
    assert fitted.confidence(bad) == pytest.approx(0.4, abs=0.08)


def test_a_fit_settles_where_every_answer_looked_certain() -> None:
    found = [Signs(1.5, 0.6, 1.0, 1.0)] * 400 + [Signs(1.5, 0.5, 0.0, 1.0)] * 400
    fitted = fit(found, [i % 10 < 7 for i in range(800)])
    assert fitted.confidence(found[0]) == pytest.approx(0.7, abs=0.03)
    assert fitted.confidence(found[-1]) == pytest.approx(0.7, abs=0.03)


def test_naive_bayes_judges_an_example_much_as_if_it_had_never_been_trained_on_it() -> None:
    rows = sparse.csr_array((np.random.default_rng(5).random((80, 30)) < 0.2).astype(np.float32))
    places = np.arange(80, dtype=np.int64) % 4
    left_out = NaiveBayes(rows, places, 4).left_out(slice(0, 20))
    for i in range(20):
        others = np.flatnonzero(np.arange(80) != i)
        retrained = NaiveBayes(rows[others], places[others], 4).score(rows[[i]])[0]
        # The example still counts in how usual features are, which moves all classes alike.
        assert left_out[i] - left_out[i].mean() == pytest.approx(retrained - retrained.mean(), abs=0.03)


def choices(seed: int, n_examples: int) -> Choices:
    """Opinions that say nothing of 10 concepts, each the right one as often."""
    tables = np.random.default_rng(seed).random((n_examples, 10, N_OPINIONS)).astype(np.float32)
    return Choices(tables, np.array([np.roll(np.arange(10), -(i % 10)) for i in range(n_examples)]))


def test_the_opinion_that_is_right_gets_the_weight() -> None:
    shown = choices(7, 300)
    shown.tables[:, 0, 5] += 1.0
    weights = weigh(shown, 10, usual=(0.0,) * N_OPINIONS).of_opinions
    assert all(weights[5] > 5 * abs(other) for i, other in enumerate(weights) if i != 5)


def test_few_examples_leave_the_usual_weights_and_many_do_not() -> None:
    few, many = choices(3, 4), choices(3, 3000)
    trusted, told = (float(weigh(shown, 10).of_opinions[2] * shown.tables[:, :, 2].std()) for shown in (few, many))
    assert trusted > 0.5  # naive Bayes, before anything is known
    assert abs(told) < trusted / 2  # and once it said nothing 3,000 times


def test_a_concept_that_is_right_more_often_than_said_gets_a_leaning_of_its_own() -> None:
    shown = choices(11, 600)
    shown.concepts[::2] = np.roll(np.arange(10), -3)
    weights = weigh(shown, 10)
    assert weights.leaning.argmax() == 3
    assert weights.leaning[3] > max(weights.leaning[i] for i in range(10) if i != 3) + 1.0


def test_labels_are_trusted_less_where_they_mislead() -> None:
    shown = choices(13, 600)
    of_nine = shown.concepts == 9
    shown.tables[:, 0, OF_LABELS] += 1.0
    shown.tables[:, :, OF_LABELS][of_nine] = 1.0 + shown.tables[:, :, OF_LABELS][of_nine]
    shown.tables[:, :, OF_LABELS][of_nine & (np.arange(10) == 0)] = 0.0
    trust = weigh(shown, 10).trust
    assert trust.argmin() == 9


def test_the_confidence_of_weighed_opinions_is_their_chance_and_never_certainty() -> None:
    engine = PLAIN.tuned(examples=shelf_examples(tuple(f"talla {i}" for i in range(1, 18))))
    for text in ("manzana talla 3 roja", "yeya", "martillo rojo", "cerveza"):
        answer = predict(engine, text)
        found = engine.signs(text)
        assert answer.confidence is not None
        assert answer.confidence <= 0.99
        if found and "confirmed" not in answer.why:
            assert answer.confidence == pytest.approx(min(found.top / 2, 0.99), abs=1e-5)


def test_an_example_without_a_word_teaches_nothing_and_harms_nothing() -> None:
    examples = shelf_examples(("grande", "chico", "rojo", "azul", "nuevo"))
    engine = PLAIN.tuned(examples=(*told(("!!!", "A1"), ("...", "A2")), *examples))
    assert predict(engine, FRUIT[-1]).notation == "A1"


def test_a_word_after_a_preposition_is_another_feature_than_the_same_word_alone() -> None:
    place = list(BLOCKS).index("bound")
    alone, after = (
        blocks(PLAIN._reader.read(text), PLAIN._known)[place] for text in ("chocolate", "leche con chocolate")
    )
    assert alone == [f":{after[1].split(':')[1]}"]
    assert after[1].startswith("with:")


def test_the_answer_to_a_text_does_not_depend_on_what_is_asked_beside_it() -> None:
    sizes = tuple(f"talla {i}" for i in range(1, 18))
    examples = shelf_examples(sizes)
    assert len(examples) > FEWEST_WEIGHED
    engine = PLAIN.tuned(examples=examples)
    texts = [*FRUIT, *TOOLS, *DRINKS]
    together = [(p.notation, p.confidence) for p in engine.predict(texts)]
    assert together == [(p.notation, p.confidence) for p in (predict(engine, text) for text in texts)]


def test_with_enough_examples_unseen_products_of_a_learned_kind_are_answered() -> None:
    examples = shelf_examples(("grande", "chico", "rojo", "azul", "nuevo"))
    engine = PLAIN.tuned(examples=examples)
    report = engine.learned
    assert report is not None
    assert report.accuracy is not None
    assert report.before is not None
    assert report.accuracy.k > report.before.k
    unseen = [(FRUIT[-2:], "A1"), (TOOLS[-2:], "A2"), (DRINKS[-2:], "A3")]
    assert all(predict(engine, word).notation == n for words, n in unseen for word in words)


def test_an_engine_with_another_threshold_shares_what_was_loaded_and_changes_no_other() -> None:
    strict = PLAIN.tuned(0.999)
    assert predict(strict, "pasillo norte").verdict is Verdict.UNSURE
    assert predict(PLAIN, "pasillo norte").notation == "A1"


def test_a_reviewed_example_beats_an_expected_one_and_the_newest_an_older_one() -> None:
    expected = told(("pan", "A1"), ("sal", "A1"), origin=Origin.EXPECTED)
    assert settle((*expected, *told(("pan", "A2"))))[0].notation == "A2"
    assert settle(told(("sal", "A3"), ("sal", "A2"))) == told(("sal", "A3"))


@given(st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["A1", "A2"]), st.sampled_from(list(Origin)))))
def test_a_settled_set_has_each_text_once_and_one_fingerprint_in_any_order(rows: list[tuple[str, str, Origin]]) -> None:
    settled = settle(Example(*row) for row in rows)
    assert len({text_key(e.text) for e in settled}) == len(settled)
    assert settle(settled) == settled
    assert fingerprint(settled) == fingerprint(tuple(reversed(settled)))
    assert from_rows(to_rows(settled)) == settled


def test_a_job_freezes_the_labels_that_it_learns_from(services: Services) -> None:
    label(services, ("yeya", "0101"), ("queso gouda", "0102"))
    spec = jobs.make_spec(services, local())
    assert spec.n_examples == 2
    label(services, ("yeya", "0201"))
    assert spec.examples_id is not None
    kept = frozen(services.store, spec.examples_id)
    assert kept is not None
    assert {e.text: e.notation for e in kept}["yeya"] == "0101"
    later = jobs.make_spec(services, local())
    assert later.examples_id != spec.examples_id
    assert later.answer_key() != spec.answer_key()
    assert predict(services.builder.local_engine_of(spec), "yeya").notation == "0101"
    assert predict(services.builder.local_engine_of(later), "yeya").notation == "0201"


def test_the_newest_label_comes_first_and_tells_its_day(services: Services) -> None:
    label(services, ("pan", "0101"))
    label(services, ("sal", "0102"))
    found = examples_of(services.store, TAXONOMY.fingerprint)
    assert [e.text for e in found] == ["sal", "pan"]
    assert all(len(e.day) == 10 and e.origin is Origin.REVIEWED for e in found)
    assert len(examples_of(services.store, TAXONOMY.fingerprint, n_most=1)) == 1


def test_expected_labels_teach_only_when_that_is_switched_on(services: Services) -> None:
    rows = [Product(0, "yeya", expected="0101"), Product(1, "queso", expected="0102")]
    jobs.submit(services, local(), rows)
    assert jobs.make_spec(services, local()).examples_id is None
    spec = jobs.make_spec(services, local(learn_expected=True))
    assert spec.n_examples == 2
    answer = predict(services.builder.local_engine_of(spec), "yeya")
    assert answer.notation == "0101"
    assert answer.why.startswith("expected by an earlier job on")


def test_learning_can_be_switched_off(services: Services) -> None:
    label(services, ("yeya", "0101"))
    assert jobs.make_spec(services, local(learn=False)).examples_id is None


@pytest.mark.parametrize("threshold", [-0.1, 1.1, "high", True, float("nan")])
def test_a_threshold_outside_0_to_1_is_refused(services: Services, threshold: object) -> None:
    with pytest.raises(Refused, match="threshold"):
        jobs.make_spec(services, local(threshold=threshold))


def test_the_threshold_of_a_job_shapes_its_answers_and_its_key(services: Services) -> None:
    usual, strict = jobs.make_spec(services, local()), jobs.make_spec(services, local(threshold=0.999))
    assert usual.answer_key() != strict.answer_key()
    job_id = jobs.submit(services, local(threshold=0.999), [Product(0, "leche")])
    context = services.builder.build(services.store.job(job_id))
    reply = asyncio.run(context.engine.classify([Ask("0", "leche")]))
    answer = reply.answers["0"]
    assert isinstance(answer, Prediction)
    assert answer.verdict is Verdict.UNSURE


def test_a_spec_of_an_earlier_version_still_builds_an_engine(services: Services) -> None:
    old = replace(Spec("local", TAXONOMY.fingerprint), options={})
    assert predict(services.builder.local_engine_of(old), "leche").notation == "0101"


def test_no_examples_freeze_nothing(services: Services) -> None:
    assert freeze(services.store, ()) is None


def test_loading_takes_no_machine_learning_library_along() -> None:
    code = "import sys, classifier.engines.local, classifier.learning; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
