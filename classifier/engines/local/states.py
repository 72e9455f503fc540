"""The state in which a product is sold: what is frozen or canned stands on shelves of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.labels import Part
from classifier.engines.local.phrases import PhraseBook, Source
from classifier.engines.local.reading import Reading
from classifier.lexicon import Lexicon

TOLD = 1.15  # for the shelves of a state that the text names
ELSE = 0.9  # and what the others keep then
UNTOLD = {
    "frozen": 0.9,
    "canned": 0.95,
    "packaged": 0.95,
    "bulk": 0.95,
    "dried": 0.9,
}  # and for the shelves of a state that the text does not name
# Keys of the words that name a state, in labels and in texts.
_WORDS = {
    "frozen": "congelado ultracongelado frozen",
    "canned": "conserva enlatado canned tinned",
    "packaged": "packaged prepacked",
    "bulk": "bulk granel",
    "dried": "dried dehydrated deshidratado desecado",
}
_OTHER = frozenset(("fresco", "fresh", "refrigerado", "natural"))
_KINDS = {"frozen": "frozen_food", "canned": "canned_food"}
_OTHERWISE = {
    state: frozenset(("fruit", "vegetable")) for state in ("packaged", "dried")
}  # kinds that are not in this state unless told

Mask = NDArray[np.bool_]
Matrix = NDArray[np.float32]


class States:
    """Which concepts are for frozen or canned goods, told by their own or a broader concept's prefLabel."""

    def __init__(self, parts: Sequence[tuple[int, Part]], below: Sequence[Sequence[int]], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._words = {state: frozenset(words.split()) for state, words in _WORDS.items()}
        masks = {state: _mask(parts, below, words) for state, words in self._words.items()}
        self._theirs = {state: mask for state, mask in masks.items() if mask.any()}

    def weigh(self, scores: Matrix, readings: Sequence[Reading], book: PhraseBook) -> None:
        """Weigh scores in place by the states that the texts name; shape (texts, concepts)."""
        for state, theirs in self._theirs.items():
            for row, reading in zip(scores, readings, strict=True):
                if not self._words[state].isdisjoint(reading.words.keys):
                    row[:] = row * np.where(theirs, np.float32(TOLD), np.float32(ELSE))
                elif not self._is_by_nature(state, reading, book):
                    row[theirs] *= np.float32(UNTOLD[state])

    def _is_by_nature(self, state: str, reading: Reading, book: PhraseBook) -> bool:
        head = reading.head
        kinds = [str(e.target) for e in book.entries[head.keys] if e.source is Source.NOUN] if head else []
        lineage = {above for kind in kinds for above, _ in self._lexicon.lineage(kind)}
        if state in _OTHERWISE:
            return lineage.isdisjoint(_OTHERWISE[state])
        return _KINDS.get(state) in lineage


def _mask(parts: Sequence[tuple[int, Part]], below: Sequence[Sequence[int]], words: frozenset[str]) -> Mask:
    """Mark the shelves of a state with all below them; one for both ("Pescado fresco y congelado") is none."""
    mixed = {concept for concept, part in parts if part.field == "prefLabel" and not _OTHER.isdisjoint(part.keys)}
    mask = np.zeros(len(below), dtype=bool)
    for concept, part in parts:
        if part.field == "prefLabel" and not words.isdisjoint(part.keys) and concept not in mixed:
            mask[[concept, *below[concept]]] = True
    return mask
