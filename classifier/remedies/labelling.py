"""Labels that a concept lacks: words that its products share and that say nothing of other products. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from classifier.editions.change import Change, ChangeKind
from classifier.isolation import goes_alone
from classifier.remedies.corpus import Corpus, Phrase, Seen, phrases_of
from classifier.remedies.remedy import Cause, Remedy
from classifier.remedies.vocabulary import Vocabulary

MIN_PRECISION = 0.8  # share of the labelled products with the words that belong to the concept
N_SHOWN = 5
MAX_LABELS = 25  # of one concept in one proposal


@dataclass(frozen=True, slots=True)
class _Candidate:
    phrase: Phrase
    covered: frozenset[int]  # positions in the cluster
    n_labelled: int  # of the job's labelled products with the words
    n_ours: int
    touched: tuple[Seen, ...]
    collides: tuple[str, ...]

    @property
    def rank(self) -> tuple[bool, int, float, bool, int, int, str]:
        """What is best comes first: no collision, most products covered, purest, the head of the name, most general.

        Words that always go together ("after shave") stay together; of one product alone the shortest run is taken.
        """
        purity = self.n_ours / self.n_labelled if self.n_labelled else 0.0
        n_words = -self.phrase.n_words if len(self.touched) > 1 else self.phrase.n_words
        return (bool(self.collides), -len(self.covered), -purity, self.phrase.start > 0, -len(self.touched), n_words,
                self.phrase.text)  # fmt: skip


def label_remedies(notation: str, products: Sequence[Seen], corpus: Corpus, known: Vocabulary, language: str,
                   *, is_guess: bool = False) -> tuple[list[Remedy], list[Seen]]:  # fmt: skip
    """Propose labels for a concept by what its misplaced products share; also returns those that no label covers.

    is_guess: nobody said that they belong there; the proposals are then never advised. Texts that read like
    instructions give no label.
    """
    sound = [p for p in products if not goes_alone(p.text)]
    candidates = _candidates(notation, sound, corpus, known)
    left = {p.position: p for p in products}
    found: list[Remedy] = []
    while candidates and left and len(found) < MAX_LABELS:
        open_ones = ((c, c.covered & left.keys()) for c in candidates.values())
        useful = [_Candidate(c.phrase, frozenset(now), c.n_labelled, c.n_ours, c.touched, c.collides)
                  for c, now in open_ones if now]  # fmt: skip
        if not useful:
            break
        best = min(useful, key=lambda c: c.rank)
        del candidates[best.phrase.keys]
        found.append(_remedy(notation, best, [left[p] for p in sorted(best.covered)], known, language, is_guess))
        for position in best.covered:
            del left[position]
    return found, [p for p in products if p.position in left]


def _candidates(notation: str, products: Sequence[Seen], corpus: Corpus,
                known: Vocabulary) -> dict[frozenset[str], _Candidate]:  # fmt: skip
    covered: dict[frozenset[str], set[int]] = {}
    written: dict[frozenset[str], Phrase] = {}
    for product in products:
        for phrase in phrases_of(product.text):
            covered.setdefault(phrase.keys, set()).add(product.position)
            best = written.setdefault(phrase.keys, phrase)
            if (phrase.start, len(phrase.text)) < (best.start, len(best.text)):
                written[phrase.keys] = phrase
    judged = (_judge(notation, written[keys], positions, corpus, known) for keys, positions in covered.items())
    return {candidate.phrase.keys: candidate for candidate in judged if candidate}


def _judge(notation: str, phrase: Phrase, positions: set[int], corpus: Corpus, known: Vocabulary) -> _Candidate | None:
    if known.has(notation, phrase.keys) or not any(len(key) > 2 for key in phrase.keys):
        return None
    touched = tuple(corpus.holding(phrase.keys))
    labelled = [p for p in touched if p.truth is not None]
    n_ours = sum(p.truth == notation for p in labelled)
    if labelled and n_ours < MIN_PRECISION * len(labelled):
        return None
    collides = known.others(notation, phrase.keys)
    if any(known.has(other, phrase.keys) for other in collides):
        return None  # another concept is called just that: a second one of this name would only be ambiguous
    return _Candidate(phrase, frozenset(positions), len(labelled), n_ours, touched, collides)


def _remedy(notation: str, found: _Candidate, covered: Sequence[Seen], known: Vocabulary, language: str,
            is_guess: bool) -> Remedy:  # fmt: skip
    hidden = known.is_hidden(found.phrase.text)
    kind = ChangeKind.HIDDEN_LABEL if hidden else ChangeKind.ALT_LABEL
    at_risk = list(_at_risk(notation, found.touched))
    cause = Cause.RUNNER_UP if is_guess else Cause.MISSPELT if hidden else Cause.WORD_UNKNOWN
    return Remedy(
        Change(kind, notation, found.phrase.text, language), cause, len(covered),
        tuple(p.evidence() for p in covered[:N_SHOWN]), len(found.touched), len(at_risk),
        tuple(p.evidence() for p in at_risk[:N_SHOWN]), found.collides,
        is_advised=not (is_guess or at_risk or found.collides),
    )  # fmt: skip


def _at_risk(notation: str, touched: Sequence[Seen]) -> Iterator[Seen]:
    """Yield what is right now and belongs elsewhere."""
    return (p for p in touched if p.is_right and p.truth != notation)


def by_truth(products: Sequence[Seen]) -> Mapping[str, list[Seen]]:
    """Sort products by the label they should have; those without one are left out."""
    found: dict[str, list[Seen]] = {}
    for product in products:
        if product.truth is not None:
            found.setdefault(product.truth, []).append(product)
    return found
