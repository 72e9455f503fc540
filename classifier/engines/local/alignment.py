"""Which concepts of a taxonomy hold which kinds of the lexicon, told by their labels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from operator import itemgetter

from classifier.engines.local.domains import Domains
from classifier.engines.local.labels import Part, content_keys
from classifier.engines.local.phrases import Entry, PhraseBook, Source
from classifier.engines.local.words import GENERIC
from classifier.lexicon import Lexicon
from classifier.normalisation import wording

FAR = 0.3  # what is left for the most general kind; between, by how much a kind says (its information content)
DIRECT = 0.72  # a noun whose own kind the concept names
KINDRED = 0.56  # the concept holds a narrower kind, or one that shares a broader kind with the noun's
SAME_KIND = 0.5  # the concept names another noun of the same kind
SET_APART = 1.06  # and the text says just that
STRANGE_PART = 0.5  # another sense of the word would go with the label's other parts
QUALIFIED = 0.5  # the concept's label says more than the kind: "leche en polvo" for milk
BRANCH = 0.15  # the same where the kind is a whole branch: "chilled food" is no shelf for all food
SPECIFIED = 0.9  # what is left of the label names a kind itself: "fresh" of "fresh chilled foods"

_MANY = 30  # concepts that one kind may lead to
_TOO_GENERAL = 0.2  # share of a kind's information below which a broader kind makes no kin


@dataclass(frozen=True, slots=True)
class Link:
    """A concept (index) that holds a kind: strength 0..1, by which label part, and the part's other words."""

    concept: int
    kind: str
    strength: float
    part: Part
    rest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """A concept that a kind leads to: score 0..1, the kind by which it was reached and the label part that named it."""

    concept: int
    score: float
    via: str
    part: Part
    rest: tuple[str, ...] = ()

    def score_with(self, keys: frozenset[str]) -> float:
        """Score when the text also holds (keys) what sets this concept apart: "congelado" of "marisco congelado"."""
        if not self.rest:
            return self.score
        shared = sum(key in keys for key in self.rest) / len(self.rest)
        return self.score * (1.0 + shared * (SET_APART / QUALIFIED - 1.0))


class Alignment:
    """Links between kinds and concepts, and what each kind leads to (worked out when first asked)."""

    def __init__(
        self,
        lexicon: Lexicon,
        book: PhraseBook,
        parts: Sequence[tuple[int, Part]],
        above: Sequence[Sequence[int]],
        language: str = "",
    ) -> None:
        self._lexicon = lexicon
        self._kind_labels = _kind_label_book(lexicon)
        self._book = book
        found = [
            Link(concept, kind, strength * part.weight, part, rest)
            for concept, part in parts
            for kind, (strength, rest) in self._kinds_of(part).items()
        ]
        self.domains = Domains(lexicon, _votes(found, len(above)), above)
        self._links: dict[str, dict[int, Link]] = {}
        for link in self._in_company(found):
            self._join(link)
        self._says = _information(lexicon, language)
        self._under = self._gather_under()
        self._reaches: dict[str, dict[int, Reach]] = {}

    def _in_company(self, links: Sequence[Link]) -> list[Link]:
        """Settle a word's sense by its label's other parts: the paper of "Cuadernos, papel y sobres" is to write on.

        A link weakens where its part also names a kind of the others' branch, and its own kind is of another one.
        """
        roots = self._lexicon.roots
        branches: dict[tuple[int, str], Counter[str]] = {}
        own: dict[tuple[int, str, tuple[str, ...]], frozenset[str]] = {}
        for link in (link for link in links if link.part.share < 1.0):
            part = (link.concept, link.part.label, link.part.keys)
            own[part] = own.get(part, frozenset()) | roots(link.kind)
        for (concept, label, _), found in own.items():
            branches.setdefault((concept, label), Counter()).update(found)
        settled: list[Link] = []
        for link in links:
            mine = own.get((link.concept, link.part.label, link.part.keys), frozenset())
            held = branches.get((link.concept, link.part.label), Counter())
            of_others = {root for root, n in held.items() if n > (root in mine)}
            is_stranger = (
                link.part.share < 1.0 and roots(link.kind).isdisjoint(of_others) and not mine.isdisjoint(of_others)
            )
            settled.append(replace(link, strength=link.strength * STRANGE_PART) if is_stranger else link)
        return settled

    def _join(self, link: Link) -> None:
        at_home = link.strength * self.domains.fit(link.concept, link.kind)
        known = self._links.setdefault(link.kind, {})
        if link.concept not in known or known[link.concept].strength < at_home:
            known[link.concept] = Link(link.concept, link.kind, at_home, link.part, link.rest)

    def _kinds_of(self, part: Part) -> Mapping[str, tuple[float, tuple[str, ...]]]:
        """Give the kinds that a label part names, with how well it names them (0..1) and the words left over."""
        found: dict[str, tuple[float, tuple[str, ...]]] = {}
        labels, nouns = self._kind_labels.entries.get(part.keys, ()), self._nouns(part.keys)
        for entry, fit in (*((e, e.weight) for e in labels), *((e, SAME_KIND) for e in nouns)):
            strength = fit * _language_fit(entry.language, part.language)
            if strength > found.get(str(entry.target), (0.0,))[0]:
                found[str(entry.target)] = strength, ()
        lines = {above for kind in found for above, _ in self._lexicon.lineage(kind)}
        roots = {root for kind in found for root in self._lexicon.roots(kind)}
        for kind, named in self._kinds_of_head(part).items():
            if kind in lines and not self._lexicon.kinds[kind].broader:
                continue  # "frozen food" is named in full: it is no shelf for food
            if not roots or not roots.isdisjoint(self._lexicon.roots(kind)):  # a hot dog is no dog
                found.setdefault(kind, named)
        return found

    def _nouns(self, keys: tuple[str, ...]) -> Iterator[Entry]:
        return (entry for entry in self._book.entries.get(keys, ()) if entry.source is Source.NOUN)

    def _kinds_of_head(self, part: Part) -> Mapping[str, tuple[float, tuple[str, ...]]]:
        """Kinds of the longest phrase at the label's head: milk for "leche en polvo"."""
        keys = part.keys
        cuts = range(1, len(keys)) if part.language == "en" else range(len(keys) - 1, 0, -1)
        for cut in cuts:
            span, rest = (keys[cut:], keys[:cut]) if part.language == "en" else (keys[:cut], keys[cut:])
            entries = (*self._kind_labels.entries.get(span, ()), *self._nouns(span))
            found = {str(e.target): e.weight for e in entries if _language_fit(e.language, part.language) == 1}
            if found:
                lead = keys[-1:] if part.language == "en" else keys[:1]
                return self._specified(found, rest, lead) or {
                    kind: (weight * (QUALIFIED if self._lexicon.kinds[kind].broader else BRANCH), rest)
                    for kind, weight in found.items()
                }
        return {}

    def _specified(
        self, heads: Mapping[str, float], rest: tuple[str, ...], lead: tuple[str, ...]
    ) -> Mapping[str, tuple[float, tuple[str, ...]]]:
        """Give the narrower kinds that a label's other words (rest) name where its head word (lead) is a whole branch.

        "Dietary lifestyle foods" and "fresh chilled foods" are no shelves for all food.
        """
        branches = {str(e.target) for e in self._kind_labels.entries.get(lead, ())}
        branches = {kind for kind in branches if not self._lexicon.kinds[kind].broader}
        named: dict[str, tuple[float, tuple[str, ...]]] = {}
        for words in (rest, *((key,) for key in rest)):
            for entry in self._kind_labels.entries.get(words, ()):
                kind = str(entry.target)
                if kind not in branches and not self._lexicon.roots(kind).isdisjoint(branches):
                    named.setdefault(kind, (SPECIFIED * entry.weight, ()))
        if named:
            own = {kind: (SPECIFIED * weight, ()) for kind, weight in heads.items() if kind not in branches}
            return named | own
        return {}

    def _gather_under(self) -> dict[str, dict[int, tuple[float, Link]]]:
        """Under each kind, the concepts that hold it or a narrower kind, discounted by how much narrower."""
        under: dict[str, dict[int, tuple[float, Link]]] = {}
        for kind, links in self._links.items():
            for above, _ in self._lexicon.lineage(kind):
                share = min(self._says[above] / self._says[kind], 1.0)
                known = under.setdefault(above, {})
                for link in links.values():
                    strength = link.strength * share
                    if link.concept not in known or known[link.concept][0] < strength:
                        known[link.concept] = strength, link
        return under

    def holders(self, kind: str, least: float) -> list[int]:
        """Give the concepts that hold a kind or a narrower one with at least this strength."""
        return [concept for concept, (_, link) in self._under.get(kind, {}).items() if link.strength >= least]

    def reach(self, kind: str) -> Mapping[int, Reach]:
        """Give the concepts (indices) that a noun of this kind may belong to, best first."""
        if kind not in self._reaches:
            best: dict[int, tuple[float, Link, str]] = {}
            for via, _ in self._lexicon.lineage(kind):
                said = min(self._says[via] / self._says[kind], 1.0)
                direct, kindred = DIRECT * (FAR + (1.0 - FAR) * said), DIRECT * KINDRED * said
                found = [(link.strength * direct, link) for link in self._links.get(via, {}).values()]
                if said > _TOO_GENERAL:
                    found.extend((strength * kindred, link) for strength, link in self._under.get(via, {}).values())
                for score, link in found:
                    if link.concept not in best or best[link.concept][0] < score:
                        best[link.concept] = score, link, via
            ordered = nlargest(_MANY, best.values(), key=itemgetter(0))
            reaches = (Reach(link.concept, score, via, link.part, link.rest) for score, link, via in ordered)
            self._reaches[kind] = {reach.concept: reach for reach in reaches}
        return self._reaches[kind]


def _kind_label_book(lexicon: Lexicon) -> PhraseBook:
    book = PhraseBook()
    for kind in lexicon.kinds.values():
        for language, labels in kind.labels.items():
            for rank, label in enumerate(labels):
                weight = max(1.0 - 0.03 * rank, 0.7)
                if language == "en" and len(wording(label).words) == 2 and wording(label).words[-1] in GENERIC:
                    continue  # "milk products" are more than milk
                book.add(content_keys(label), Entry(Source.NOUN, kind.name, weight, language, label))
    return book


def _information(lexicon: Lexicon, language: str) -> dict[str, float]:
    """Information content of each kind, -log of its share of a language's nouns (Resnik 1995), never quite 0."""
    held: Counter[str] = Counter()
    nouns = [noun for noun in lexicon.nouns if noun.language == language] or lexicon.nouns
    for noun in nouns:
        held.update(kind for kind, _ in lexicon.lineage(noun.kind))
    total = len(nouns) + 1
    return {kind: max(math.log(total / (held[kind] + 1)), 0.05) for kind in lexicon.kinds}


def _votes(links: Sequence[Link], n_concepts: int) -> list[dict[str, float]]:
    votes: list[dict[str, float]] = [{} for _ in range(n_concepts)]
    for link in links:
        votes[link.concept][link.kind] = max(votes[link.concept].get(link.kind, 0.0), link.strength)
    return votes


def _language_fit(one: str, other: str) -> float:
    return 1.0 if one == other or not one or not other or other not in ("es", "en") else 0.6
