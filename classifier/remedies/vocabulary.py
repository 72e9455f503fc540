"""The words that a taxonomy's labels use: who has a phrase already, and what a misspelling stands for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from rapidfuzz import fuzz, process

from classifier.normalisation import wording
from classifier.remedies.corpus import keys_of
from classifier.stemming import lemma_key, sound_key
from classifier.taxonomy import Concept, Taxonomy

ALIKE = 82.0  # ratio (0..100) from which an unknown word is taken for a misspelling of a known one
SHORTEST = 5  # letters: shorter words are alike by chance


class Vocabulary:
    """Labels of all concepts by their words; known: folded words that are spelt rightly, brands: folded brand names."""

    def __init__(self, taxonomy: Taxonomy, known: frozenset[str] = frozenset(),
                 brands: frozenset[str] = frozenset()) -> None:  # fmt: skip
        self.taxonomy = taxonomy
        self._labels: dict[str, list[frozenset[str]]] = {}
        self._by_key: dict[str, set[str]] = {}
        words: set[str] = set()
        for notation, concept in taxonomy.concepts.items():
            for label in _labels(concept):
                keys = keys_of(label)
                words.update(wording(label).words)
                self._labels.setdefault(notation, []).append(keys)
                for key in keys:
                    self._by_key.setdefault(key, set()).add(notation)
        self._words = words | known
        self._brands = brands

    def has(self, notation: str, keys: frozenset[str]) -> bool:
        """Tell whether a concept has a label of just these words."""
        return keys in self._labels.get(notation, ())

    def others(self, notation: str, keys: frozenset[str]) -> tuple[str, ...]:
        """Give the other concepts one of whose labels holds all these words; those above the concept do not count."""
        if not keys or notation not in self.taxonomy.concepts:
            return ()
        own = {notation, *self.taxonomy.path(notation)}
        near = set.intersection(*(self._by_key.get(key, set()) for key in keys)) - own
        return tuple(n for n in self.taxonomy.concepts if n in near and any(keys <= told for told in self._labels[n]))

    def is_hidden(self, text: str) -> bool:
        """Tell whether a phrase should be found but not shown: it has a brand, or a misspelling of a known word."""
        words = wording(text).words
        return any(word in self._brands for word in words) or any(map(self._is_misspelt, words))

    def _is_misspelt(self, word: str) -> bool:
        if len(word) < SHORTEST or word in self._words or lemma_key(word) in self._keys:
            return False
        if sound_key(word) in self._sounds:
            return True
        return process.extractOne(word, self._spelt, scorer=fuzz.ratio, score_cutoff=ALIKE) is not None

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(map(lemma_key, self._words))

    @cached_property
    def _sounds(self) -> frozenset[str]:
        return frozenset(map(sound_key, self._words))

    @cached_property
    def _spelt(self) -> tuple[str, ...]:
        return tuple(word for word in self._words if len(word) >= SHORTEST)


def _labels(concept: Concept) -> Iterator[str]:
    yield from concept.pref_labels.values()
    for several in (concept.alt_labels, concept.hidden_labels):
        for labels in several.values():
            yield from labels
