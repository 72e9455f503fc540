"""Products for somebody or something special: "champú para perros" is no shampoo for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engines.local.alignment import Alignment
from classifier.engines.local.phrases import Mention, PhraseBook, Source
from classifier.engines.local.reading import Reading
from classifier.lexicon import Lexicon

ELSEWHERE = 0.55  # what is left of the evidence for concepts that are for others
_AT_HOME = 0.3  # how well a concept must hold the audience's kinds to be theirs
# Keys of the words that name an audience, and by the head's branch of the lexicon what the product is then.
_WORDS = {
    "pets": "perro perrito cachorro gato gatito mascota pajaro canario hamster tortuga dog puppi cat kitten pet bird",
    "baby": "bebe lactante babi infant toddler newborn",
    "kids_clothing": "nino nina infantil junior kid child boy girl",
    "automotive": "carro auto automovil vehiculo moto car motorcycl",
}
_BECOMES = {
    "pets": {"food": "pet_food", "personal_care": "pet_health", "health": "pet_health", "": "pet_accessory"},
    "baby": {
        "food": "baby_food",
        "drink": "baby_food",
        "personal_care": "baby_care",
        "health": "baby_care",
        "clothing": "baby_clothing",
        "": "baby_gear",
    },
    "kids_clothing": {"clothing": "kids_clothing"},
    "automotive": {"cleaning": "car_care", "household": "car_care", "": "car_part"},
}


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a product is for: the kind that it thereby is, and the concepts (a mask) that are for that audience."""

    kind: str
    theirs: NDArray[np.bool_]


class Audiences:
    """Knows which of a taxonomy's concepts are for animals or babies; says so for a reading that names them."""

    def __init__(self, lexicon: Lexicon, alignment: Alignment, below: Sequence[Sequence[int]]) -> None:
        self._lexicon = lexicon
        self._audience_of = {key: audience for audience, words in _WORDS.items() for key in words.split()}
        self._theirs = {audience: self._mask(alignment, audience, below) for audience in _WORDS}

    def _mask(self, alignment: Alignment, audience: str, below: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
        mask = np.zeros(len(below), dtype=bool)
        for concept in alignment.holders(audience, _AT_HOME):
            mask[[concept, *below[concept]]] = True
        return mask

    def address(self, reading: Reading, book: PhraseBook) -> Address | None:
        """Tell whom a product is for; None when nobody special is named, or the lexicon knows the product as theirs."""
        head = reading.head
        named = [(p, a) for p, key in enumerate(reading.words.keys) if (a := self._audience_of.get(key))]
        if not named or head is None:
            return None
        names = (mention for mention, _ in reading.mentions if self._is_name(mention, book))
        covered = {*head.positions, *(p for name in names for p in name.positions)}
        audience = next((a for p, a in named if p not in covered), None)
        if audience is None or not self._theirs[audience].any():
            return None
        kinds = [str(e.target) for e in book.entries[head.keys] if e.source is Source.NOUN]
        roots = [root for kind in kinds for root in self._roots(kind)]
        if audience in roots:
            return None
        becomes = _BECOMES[audience]
        kind = next((becomes[r] for r in roots if r in becomes), becomes.get(""))
        return Address(kind, self._theirs[audience]) if kind else None

    def _roots(self, kind: str) -> list[str]:
        return [k for k, _ in self._lexicon.lineage(kind) if not self._lexicon.kinds[k].broader]

    def _is_name(self, mention: Mention, book: PhraseBook) -> bool:
        """Tell a name of several words whose maker is known for something else: nothing of Birds Eye is for birds."""
        kinds = [str(e.target) for e in book.entries[mention.keys] if e.source is Source.BRAND and e.target]
        roots = {root for kind in kinds for root in self._lexicon.roots(kind)}
        return len(mention.keys) > 1 and bool(kinds) and roots.isdisjoint(_WORDS)
