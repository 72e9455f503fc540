"""All remedies for a cluster, the most useful first. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from classifier.editions.applying import next_notation, uri_for
from classifier.editions.change import MAX_TEXT_CHARS, Change, ChangeKind
from classifier.isolation import goes_alone
from classifier.normalisation import fold, text_key
from classifier.remedies.corpus import Corpus, Seen
from classifier.remedies.labelling import N_SHOWN, by_truth, label_remedies
from classifier.remedies.remedy import Cause, Remedy
from classifier.remedies.vocabulary import Vocabulary
from classifier.taxonomy import Taxonomy

NOT_A_PRODUCT = "not_a_product"
MIN_CONFUSED = 2  # products of one confusion that a note needs
MIN_GUESSED = 3  # products that must share their runner-up before a label is guessed from it
MAX_EXAMPLES_A_PAIR, MAX_EXAMPLES = 2, 20
MAX_RULE_WORDS = 3
N_QUOTED = 3
TIDY = re.compile(r"[\"“”«»]")
NOTES = {
    "es": ("{quoted}: van en «{right}», no en «{wrong}».", "{quoted}: van en «{right}»."),
    "en": ("{quoted}: these belong to “{right}”, not to “{wrong}”.", "{quoted}: these belong to “{right}”."),
}


@dataclass(frozen=True)
class Question:
    """What remedies are wanted for. cluster: the misplaced or failed products; corpus: all that were looked at.

    unknown: products whose expected label the taxonomy lacks, by that label as the file wrote it. engine: of the job,
    which decides what is advised: only a language model reads notes.
    """

    taxonomy: Taxonomy
    cluster: Sequence[Seen]
    corpus: Corpus
    language: str = "es"
    engine: str = "local"
    known_words: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    unknown: Mapping[str, Sequence[Seen]] = field(default_factory=dict)


def propose(asked: Question) -> list[Remedy]:
    """Give the remedies: advised ones first, then by the products of the cluster that they are for."""
    known = Vocabulary(asked.taxonomy, asked.known_words, asked.brands)
    found: list[Remedy] = []
    hard: list[Seen] = []
    for truth, products in by_truth(asked.cluster).items():
        if truth in asked.taxonomy.concepts:
            labels, left = label_remedies(truth, products, asked.corpus, known, asked.language)
            found += labels
            hard += left
    found += _guesses(asked, known)
    found += _notes(asked)
    found += _examples(asked, hard)
    found += _rules(asked)
    found += _concepts(asked)
    return sorted(found, key=lambda r: (not r.is_advised, -r.n_cluster, r.change.notation, r.change.text))


def _guesses(asked: Question, known: Vocabulary) -> Iterator[Remedy]:
    """Propose labels where nobody said what is right, from what engines had next on their lists."""
    by_next: dict[str, list[Seen]] = {}
    for product in asked.cluster:
        if product.truth is None and product.runners_up and product.runners_up[0] in asked.taxonomy.concepts:
            by_next.setdefault(product.runners_up[0], []).append(product)
    for notation, products in by_next.items():
        if len(products) >= MIN_GUESSED:
            labels, _ = label_remedies(notation, products, asked.corpus, known, asked.language, is_guess=True)
            yield from (label for label in labels if label.n_cluster >= MIN_GUESSED)


def _pairs(asked: Question) -> Iterator[tuple[str, str, list[Seen]]]:
    """Yield (right, answered, products) of what is labelled with a category, the most frequent first."""
    found: dict[tuple[str, str], list[Seen]] = {}
    for product in asked.cluster:
        if product.truth in asked.taxonomy.concepts and not goes_alone(product.text):
            found.setdefault((str(product.truth), product.answer), []).append(product)
    for (right, wrong), products in sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield right, wrong, products


def _notes(asked: Question) -> Iterator[Remedy]:
    for right, wrong, products in _pairs(asked):
        if len(products) < MIN_CONFUSED:
            continue
        quoted = ", ".join(f"«{TIDY.sub('', p.text)[:40].strip()}»" for p in products[:N_QUOTED])
        contrast, plain = NOTES.get(asked.language, NOTES["en"])
        template = contrast if wrong in asked.taxonomy.concepts else plain
        names = {"right": asked.taxonomy.label(right, asked.language)[:80],
                 "wrong": asked.taxonomy.label(wrong, asked.language)[:80]}  # fmt: skip
        text = template.format(quoted=quoted, **names)
        touched = sum(p.truth == right or p.answer == right for p in asked.corpus.products)
        yield Remedy(Change(ChangeKind.GUIDANCE, right, text), Cause.CONFUSED, len(products),
                     tuple(p.evidence() for p in products[:N_SHOWN]), touched,
                     is_advised=asked.engine != "local")  # fmt: skip


def _examples(asked: Question, hard: Sequence[Seen]) -> Iterator[Remedy]:
    """Propose examples, the shortest texts of each confusion; advised where no label would help."""
    n, wanting = 0, {p.position for p in hard}
    for right, _, products in _pairs(asked):
        ranked = sorted(products, key=lambda p: (p.position not in wanting, len(p.text), p.text))
        for product in ranked[:MAX_EXAMPLES_A_PAIR]:
            if n < MAX_EXAMPLES and product.text.strip() and len(product.text) <= MAX_TEXT_CHARS:
                n += 1
                yield Remedy(Change(ChangeKind.FEW_SHOT, right, product.text), Cause.HARD, 1, (product.evidence(),), 1,
                             is_advised=product.position in wanting)  # fmt: skip


def _rules(asked: Question) -> Iterator[Remedy]:
    """Propose that a short text is no product: answered with a category where a person or file says it is none."""
    found: dict[str, list[Seen]] = {}
    for product in asked.cluster:
        is_short = 0 < len(product.text.split()) <= MAX_RULE_WORDS and len(product.text) <= 100
        if product.truth == NOT_A_PRODUCT and is_short:
            found.setdefault(text_key(product.text), []).append(product)
    alike: dict[str, list[Seen]] = {}
    for product in asked.corpus.products if found else ():
        alike.setdefault(text_key(product.text), []).append(product)
    for key, products in found.items():
        same = alike.get(key, products)
        at_risk = [p for p in same if p.truth not in (None, NOT_A_PRODUCT)]
        word = " ".join(products[0].text.split()).lower()
        yield Remedy(Change(ChangeKind.NOT_A_PRODUCT, "", word), Cause.EMPTY_WORD, len(products),
                     tuple(p.evidence() for p in products[:N_SHOWN]), len(same), len(at_risk),
                     tuple(p.evidence() for p in at_risk[:N_SHOWN]), is_advised=not at_risk)  # fmt: skip


def _concepts(asked: Question) -> Iterator[Remedy]:
    """Propose the categories that the file expects and the taxonomy lacks, below what engines thought of."""
    taxonomy = asked.taxonomy
    taken: set[str] = set()
    called = {fold(label) for concept in taxonomy.concepts.values() for label in concept.pref_labels.values()}
    for label, products in sorted(asked.unknown.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        text = " ".join(label.split())[:MAX_TEXT_CHARS]
        if not text or fold(text) in called or goes_alone(text):
            continue
        called.add(fold(text))
        broader = _above(taxonomy, products)
        notation = next_notation(taxonomy, broader)
        while notation in taken:  # two new ones under one category
            notation = _after(notation)
        taken.add(notation)
        change = Change(ChangeKind.CONCEPT, notation, text, asked.language, broader, uri_for(taxonomy, notation))
        yield Remedy(change, Cause.NO_CATEGORY, len(products), tuple(p.evidence() for p in products[:N_SHOWN]),
                     len(products))  # fmt: skip


def _above(taxonomy: Taxonomy, products: Sequence[Seen]) -> str:
    """Find the category above most of what engines answered or had next, "" when they thought of nothing."""
    thought = ([n for n in (p.answer, *p.runners_up[:1]) if n in taxonomy.concepts] for p in products)
    above = Counter(taxonomy.concepts[near[0]].broader[0] for near in thought if near and
                    taxonomy.concepts[near[0]].broader)  # fmt: skip
    return above.most_common(1)[0][0] if above else ""


def _after(notation: str) -> str:
    found = re.fullmatch(r"(.*?)(\d+)", notation)
    if found is None:
        return notation + "-2"
    return found[1] + str(int(found[2]) + 1).zfill(len(found[2]))
