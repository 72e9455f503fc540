"""All that is built once for a taxonomy: the phrase book, the speller, the alignment, the tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from classifier.engines.local.alignment import Alignment
from classifier.engines.local.coverage import Coverage
from classifier.engines.local.guessing import KindGuesser
from classifier.engines.local.labels import WITHOUT_USE, Part, content_keys, label_parts
from classifier.engines.local.listing import listed_things
from classifier.engines.local.phrases import Entry, PhraseBook, Source
from classifier.engines.local.spelling import Speller
from classifier.lexicon import Lexicon
from classifier.taxonomy import Taxonomy

NAMESAKE_HEAD = 0.15  # and where the lexicon knows that the word alone is something else: "patatas" of "patatas fritas"
LABEL_HEAD = 0.5  # the head word of a longer label part: "detergentes" of "detergentes para ropa"


class Knowledge:
    """A taxonomy and the lexicon, ready to be asked. Concepts go by their index in the taxonomy's order."""

    def __init__(self, taxonomy: Taxonomy, lexicon: Lexicon, language: str) -> None:
        self.lexicon = lexicon
        self.notations = tuple(taxonomy.concepts)
        index = {n: i for i, n in enumerate(self.notations)}
        self.assignable = frozenset(index[n] for n in taxonomy.assignable)
        self.is_leaf = tuple(taxonomy.is_leaf(n) for n in self.notations)
        self.above = tuple(tuple(index[a] for a in reversed(taxonomy.path(n)[:-1])) for n in self.notations)
        self.children = tuple(tuple(index[k] for k in taxonomy.children.get(n, ())) for n in self.notations)
        self.below = _below(self.above)
        parts = [(i, part) for i, c in enumerate(taxonomy.concepts.values()) for part in label_parts(c, language)]
        parts = list(_without_makers(parts, lexicon))
        things = _things(lexicon)
        parts += [
            (i, listed) for i, part in parts if part.field == "prefLabel" for listed in listed_things(part, things)
        ]
        self.parts = parts
        self.names = _names(parts, len(self.notations))
        self.called = _called(taxonomy, index)
        self.rest = tuple(i for i, a in enumerate(self.above) if self.is_leaf[i] and not a and not self.names[i])
        self.departments = frozenset(
            name for i, a in enumerate(self.above) if not (a or self.is_leaf[i]) for name in self.names[i]
        )
        self.book = _book(parts, lexicon)
        self.alignment = Alignment(lexicon, self.book, parts, self.above, language)
        self.coverage = Coverage(parts, self.above)
        self.guesser = KindGuesser(self.book)
        self.speller = Speller(Counter(self.book.words()))
        self.leanings = _leanings(self.book)


def _without_makers(parts: Sequence[tuple[int, Part]], lexicon: Lexicon) -> Iterator[tuple[int, Part]]:
    """Take shops' and makers' names out of labels: "Occasions by Sainsbury's" is not for all that Sainsbury's makes.

    Only names of several departments, and never all that a part says.
    """
    makers = {keys[0] for brand, kind in lexicon.brands.items() if not kind and len(keys := content_keys(brand)) == 1}
    for concept, part in parts:
        kept = tuple(key for key in part.keys if key not in makers)
        yield concept, replace(part, keys=kept) if kept else part


def _names(parts: Sequence[tuple[int, Part]], n_concepts: int) -> tuple[frozenset[frozenset[str]], ...]:
    names: list[set[frozenset[str]]] = [set() for _ in range(n_concepts)]
    for concept, part in parts:
        names[concept].add(frozenset(part.keys))
    return tuple(frozenset(n) for n in names)


def _called(taxonomy: Taxonomy, index: Mapping[str, int]) -> dict[frozenset[str], set[int]]:
    """Concepts by the keys of their whole labels, preferred or alternative."""
    called: dict[frozenset[str], set[int]] = {}
    for concept in taxonomy.concepts.values():
        alternatives = (label for labels in concept.alt_labels.values() for label in labels)
        for label in (*concept.pref_labels.values(), *alternatives):
            called.setdefault(frozenset(content_keys(label, with_generic=True)), set()).add(index[concept.notation])
    return called


def _things(lexicon: Lexicon) -> dict[tuple[str, ...], frozenset[str]]:
    """What the lexicon knows in English, by keys: its kinds and the next broader ones."""
    named = [(noun.text, noun.kind) for noun in lexicon.nouns if noun.language == "en"]
    named += [(label, kind.name) for kind in lexicon.kinds.values() for label in kind.labels.get("en", ())]
    found: dict[tuple[str, ...], set[str]] = {}
    for text, kind in named:
        broader = (b for b in lexicon.kinds[kind].broader if lexicon.kinds[b].broader)
        found.setdefault(content_keys(text), set()).update((kind, *broader))
    return {keys: frozenset(kinds) for keys, kinds in found.items() if keys}


def _below(above: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    below: list[list[int]] = [[] for _ in above]
    for concept, ancestors in enumerate(above):
        for ancestor in ancestors:
            below[ancestor].append(concept)
    return tuple(tuple(b) for b in below)


def _book(parts: Sequence[tuple[int, Part]], lexicon: Lexicon) -> PhraseBook:
    book = PhraseBook()
    namesakes = _Namesakes(lexicon)
    of_use = {(concept, part.label) for concept, part in parts if part.share == WITHOUT_USE}
    for concept, part in parts:
        book.add(part.keys, Entry(Source.LABEL, concept, part.weight, part.language, part.label, part.field))
        if (len(part.keys) > 1 and part.share < 1) or (len(part.keys) > 1 and part.field == "prefLabel"):
            head = part.keys[-1:] if part.language == "en" else part.keys[:1]
            is_other = (concept, part.label) in of_use or namesakes.is_other(part.keys, head)
            share = NAMESAKE_HEAD if is_other else LABEL_HEAD
            book.add(head, Entry(Source.LABEL, concept, part.weight * share, part.language, part.label, part.field))
    for noun in lexicon.nouns:
        book.add(
            content_keys(noun.text, with_generic=True), Entry(Source.NOUN, noun.kind, 1.0, noun.language, noun.text)
        )
    for brand, kind in lexicon.brands.items():
        book.add(content_keys(brand, with_generic=True), Entry(Source.BRAND, kind, 1.0, "", brand))
    for text, role in lexicon.not_products.items():
        book.add(content_keys(text, with_generic=True), Entry(Source.NOT_PRODUCT, role, 1.0, "", text))
    for text, role in lexicon.modifiers.items():
        book.add(content_keys(text, with_generic=True), Entry(Source.MODIFIER, role, 1.0, "", text))
    return book


class _Namesakes:
    """Tells phrases whose head word alone is another kind of thing: "patatas fritas" are no vegetable."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._kinds: dict[tuple[str, ...], set[str]] = {}
        for noun in lexicon.nouns:
            self._kinds.setdefault(content_keys(noun.text, with_generic=True), set()).add(noun.kind)

    def is_other(self, phrase: tuple[str, ...], head: tuple[str, ...]) -> bool:
        """Tell whether the lexicon knows both, and the phrase's kinds are not of the head's."""
        own, wanted = self._kinds.get(phrase), self._kinds.get(head)
        if not own or not wanted:
            return False
        return wanted.isdisjoint(above for kind in own for above, _ in self._lexicon.lineage(kind))


def _leanings(book: PhraseBook) -> dict[str, float]:
    spanish: Counter[str] = Counter()
    english: Counter[str] = Counter()
    for keys, entries in book.entries.items():
        languages = {e.language for e in entries}
        for key in keys:
            spanish[key] += "es" in languages
            english[key] += "en" in languages
    return {
        k: (spanish[k] - english[k]) / (spanish[k] + english[k]) for k in spanish | english if spanish[k] + english[k]
    }
