"""What people and spreadsheets call a category: matched to its notation."""

from __future__ import annotations

from classifier.jobs import ExpectedLabels
from classifier.metrics import NOT_A_PRODUCT
from classifier.taxonomy import Taxonomy

NO_PRODUCT = ("not a product", "no es un producto", "no es producto", "ninguna", "none")


class CategoryNames:
    """Notation, label or path in any language; also a code that lost the zeros in front, as Excel takes them away."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._labels = ExpectedLabels(taxonomy)
        self._bare: dict[str, str | None] = {}
        for notation in taxonomy.concepts:
            bare = notation.lstrip("0")
            if notation.isdigit() and bare:
                self._bare[bare] = notation if bare not in self._bare else None  # two codes alike: neither

    def match(self, told: str | None) -> str | None:
        """Return the notation (or "not_a_product"), None when nothing matches or nothing was told."""
        if told is None:
            return None
        found = self._labels.match(told)
        if found is None and told.strip().casefold() in NO_PRODUCT:
            return NOT_A_PRODUCT
        return found or self._bare.get(told.strip().lstrip("0"))
