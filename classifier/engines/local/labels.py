"""A concept's labels as short phrases: "Arroz, pastas y granos" names three things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from classifier.engines.local.words import ARTICLES, GENERIC, JOINERS, OF_USE, PREPOSITIONS, REST
from classifier.normalisation import fold, wording
from classifier.stemming import is_adjective, lemma_key
from classifier.taxonomy import Concept

FIELD_WEIGHTS = {"prefLabel": 1.0, "altLabel": 0.95, "hiddenLabel": 0.93, "example": 0.8}
LISTED = 0.95  # one of several things that a label names
SHARED = (
    0.55  # one of several things, without what it shares with the others: "congelado" of "pescado fresco y congelado"
)
WITHOUT_USE = 0.4  # the same, where what they share is a use: "jabón" of "jabón y gel íntimo"
PATH_STEP = 0.3  # a broader step of a label that is a path: "Limpieza" of "Limpieza > Lavado de ropa"
REST_SHARE = 0.75  # "otras bebidas": only what no other concept names
FOREIGN = 0.88  # a label in another language than the one in use
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


def label_parts(concept: Concept, language: str = "") -> Iterator[Part]:
    """Give every phrase of every label and example; the notation stands in when a concept has no prefLabel.

    Where the concept has a prefLabel in the language, what other languages say is worth a little less.
    """
    for part in _all_parts(concept):
        foreign = language in concept.pref_labels and part.language not in (language, "")
        yield replace(part, share=part.share * FOREIGN) if foreign else part


def _all_parts(concept: Concept) -> Iterator[Part]:
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
    *steps, last = re.split(r"\s*[>›»]\s*", label.strip())
    for step in steps:
        yield Part(content_keys(step), step, field, tag, label, PATH_STEP)
    pieces = [piece for chunk in _SEPARATORS.split(last) for piece in _at_joiners(chunk)]
    named = [(keys, piece) for piece in pieces if (keys := content_keys(piece))]
    if not named:
        return
    if len(named) == 1:
        yield Part(named[0][0], last, field, tag, label, _rest_share(last))
        return
    yield Part(content_keys(last), last, field, tag, label, 1.0)
    purpose = _shared_purpose(named[-1][1])
    for rank, (keys, piece) in enumerate(named):
        is_last = rank == len(named) - 1
        for listed, share in _listed(keys, piece, named[0][0] if rank else (), () if is_last else purpose):
            yield Part(listed, piece, field, tag, label, share * _rest_share(piece))


def _listed(
    keys: tuple[str, ...], piece: str, first: tuple[str, ...], purpose: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Give what one of several parts may mean, with its share: alone, with the first part's head, with a purpose."""
    if purpose:
        yield (*keys, *purpose), LISTED
        yield keys, WITHOUT_USE
    elif first and fold(piece).split()[0] in PREPOSITIONS:
        yield (first[0], *keys), LISTED
    elif first and len(keys) == 1 and is_adjective(keys[0]):
        yield (first[0], *keys), LISTED
        yield keys, SHARED
    else:
        yield keys, LISTED


def _rest_share(piece: str) -> float:
    return REST_SHARE if any(word in REST for word in fold(piece).split()) else 1.0


def _shared_purpose(piece: str) -> tuple[str, ...]:
    """Keys after "para"/"for" in a list's last part, which all parts share: "aceites y lubricantes para autos"; also an
    adjective of use behind it: "jabón y gel íntimo"."""
    words = fold(piece).split()
    if len(words) > 1 and lemma_key(words[-1]) in OF_USE:
        return (lemma_key(words[-1]),)
    places = [i for i, w in enumerate(words) if PREPOSITIONS.get(w) == "for"]
    return content_keys(" ".join(words[places[0] + 1 :])) if places else ()


@lru_cache(maxsize=65536)
def content_keys(text: str, with_generic: bool = False) -> tuple[str, ...]:
    """Give the keys of a phrase's words that say something; generic ones ("productos", "otros") only when asked."""
    words = (w for w in wording(text).words if w not in PREPOSITIONS and w not in ARTICLES)
    return tuple(lemma_key(w) for w in words if with_generic or w not in GENERIC)


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
