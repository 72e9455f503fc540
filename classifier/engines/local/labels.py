"""A concept's labels as short phrases: "Arroz, pastas y granos" names three things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from classifier.engines.local.words import ARTICLES, GENERIC, JOINERS, PREPOSITIONS
from classifier.normalisation import fold, wording
from classifier.stemming import lemma_key
from classifier.taxonomy import Concept

FIELD_WEIGHTS = {"prefLabel": 1.0, "altLabel": 0.88, "hiddenLabel": 0.86, "example": 0.74}
LISTED = 0.95  # one of several things that a label names
SHARED_PURPOSE = 0.55  # one of several things whose purpose stands at the list's end
_SEPARATORS = re.compile(r"\s*(?:[,;/|&+·•:()\[\]>›»]|\s-\s|\s–\s|\s—\s)\s*")
_MANY = 60  # labels of one field beyond this many are left to the retriever


@dataclass(frozen=True, slots=True)
class Part:
    """One phrase of a label: keys of its content words; share is 1 for a whole label, less for one of several."""

    keys: tuple[str, ...]
    text: str
    field: str
    language: str
    label: str
    share: float

    @property
    def weight(self) -> float:
        """How much a full mention of this part says for its concept (0..1)."""
        return FIELD_WEIGHTS[self.field] * self.share


def label_parts(concept: Concept) -> Iterator[Part]:
    """Give every phrase of every label and example; the notation stands in when a concept has no prefLabel."""
    prefs = concept.pref_labels or {"": concept.notation}
    for language, label in prefs.items():
        yield from split_label(label, "prefLabel", language)
    fields = (("altLabel", concept.alt_labels), ("hiddenLabel", concept.hidden_labels), ("example", concept.examples))
    for field, by_language in fields:
        for language, labels in by_language.items():
            for label in labels[:_MANY]:
                yield from split_label(label, field, language)


def split_label(label: str, field: str, language: str) -> Iterator[Part]:
    """Split one label; the whole label comes first when it has several parts."""
    tag = language.split("-", maxsplit=1)[0].lower()
    last = re.split(r"\s*[>›»]\s*", label.strip())[-1]
    pieces = [piece for chunk in _SEPARATORS.split(last) for piece in _at_joiners(chunk)]
    parts = [(content_keys(piece), piece) for piece in pieces]
    parts = [(keys, piece) for keys, piece in parts if keys]
    if not parts:
        return
    whole = content_keys(last)
    if len(parts) > 1:
        yield Part(whole, last, field, tag, label, 1.0)
    shared = _shared_purpose(parts[-1][1]) if len(parts) > 1 else ()
    for rank, (keys, piece) in enumerate(parts):
        whole_thing = len(parts) == 1
        if shared and rank < len(parts) - 1:
            yield Part((*keys, *shared), piece, field, tag, label, LISTED)
            yield Part(keys, piece, field, tag, label, SHARED_PURPOSE)
        else:
            yield Part(keys, piece, field, tag, label, 1.0 if whole_thing else LISTED)


def _shared_purpose(piece: str) -> tuple[str, ...]:
    """Keys after "para"/"for" in a list's last part, which all parts share: "aceites y lubricantes para autos"."""
    words = fold(piece).split()
    places = [i for i, w in enumerate(words) if PREPOSITIONS.get(w) == "for"]
    return content_keys(" ".join(words[places[0] + 1 :])) if places else ()


@lru_cache(maxsize=65536)
def content_keys(text: str) -> tuple[str, ...]:
    """Give the keys of a phrase's words that say something."""
    words = [w for w in wording(text).words if w not in PREPOSITIONS and w not in ARTICLES]
    telling = [w for w in words if w not in GENERIC]
    return tuple(lemma_key(w) for w in telling)


def _at_joiners(chunk: str) -> Iterator[str]:
    piece: list[str] = []
    for word in chunk.split():
        if fold(word) in JOINERS and piece:
            yield " ".join(piece)
            piece = []
        else:
            piece.append(word)
    if piece:
        yield " ".join(piece)
