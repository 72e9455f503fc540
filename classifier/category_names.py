"""What people, files and spreadsheets call a category: matched to its notation, or told which one is nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz, process

from classifier.metrics import NOT_A_PRODUCT
from classifier.normalisation import fold
from classifier.taxonomy import Concept, Taxonomy

NO_PRODUCT = ("not a product", "no es un producto", "no es producto", "ninguna", "none")
STEP = re.compile(r"\s*(?:>|›|»|/|\||::?|→|->)\s*")  # between the labels of a path, as shops write it
ALIKE = 60.0  # of 100 (rapidfuzz's WRatio): below that a nearest concept says nothing


class CategoryNames:
    """Notation, URI, label or path in any language.

    Exact names go before names that differ in case, accents or the path's signs, prefLabels before altLabels, and a
    code that lost the zeros in front (Excel takes them away) comes last. A name that two concepts share is neither's.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        concepts = list(taxonomy.concepts.values())
        self._exact = {n.casefold(): n for n in taxonomy.concepts} | {c.uri.casefold(): c.notation for c in concepts}
        self._exact |= {NOT_A_PRODUCT: NOT_A_PRODUCT} | dict.fromkeys(NO_PRODUCT, NOT_A_PRODUCT)
        self._by_case = _unambiguous((label.strip().casefold(), c.notation) for c in concepts for label in _labels(c))
        pref = _unambiguous((fold(label), c.notation) for c in concepts for label in _labels(c))
        alt = _unambiguous(
            (fold(label), c.notation) for c in concepts for some in c.alt_labels.values() for label in some
        )
        paths = _unambiguous((_path(path), c.notation) for c in concepts for path in self._paths(c))
        bare = _unambiguous((n.lstrip("0"), n) for n in taxonomy.concepts if n.isdigit() and n.strip("0"))
        self._folded = bare | alt | paths | pref

    def match(self, told: str | None) -> str | None:
        """Return the notation (or "not_a_product"), None when nothing matches or nothing was told."""
        if told is None:
            return None
        plain = told.strip().casefold()
        found = self._exact.get(plain) or self._by_case.get(plain)
        return (
            found
            or self._folded.get(fold(told))
            or self._folded.get(_path(told))
            or self._folded.get(plain.lstrip("0"))
        )

    def nearest(self, told: str) -> str | None:
        """Return the notation of the concept whose label or path is most like a name that matches none."""
        if known := self.match(STEP.split(told)[-1]):
            return known  # a path of another tree that ends in a name of this one
        found = process.extractOne(_path(told)[:200], self._folded.keys(), scorer=fuzz.WRatio, score_cutoff=ALIKE)
        return None if found is None else self._folded[found[0]]

    def _paths(self, concept: Concept) -> Iterator[str]:
        for language in concept.pref_labels if concept.broader else ():
            yield self._taxonomy.path_label(concept.notation, language, " > ")


def _labels(concept: Concept) -> Iterable[str]:
    return concept.pref_labels.values()


def _path(told: str) -> str:
    return " > ".join(fold(step) for step in STEP.split(told.strip()) if step)


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    shared: set[str] = set()
    for name, notation in pairs:
        if found.setdefault(name, notation) != notation:
            shared.add(name)
    return {name: notation for name, notation in found.items() if name and name not in shared}
