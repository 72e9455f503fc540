"""Things kept in a liquid: "mandarin segments in juice" are no fresh fruit, "atún en aceite" is no fresh fish."""

from __future__ import annotations

from classifier.engines.local.phrases import PhraseBook, Source
from classifier.engines.local.reading import Reading
from classifier.lexicon import Lexicon
from classifier.stemming import lemma_key

_LIQUIDS = frozenset(
    lemma_key(word)
    for word in (
        "juice", "syrup", "brine", "water", "oil", "almibar", "salmuera", "escabeche", "aceite", "agua", "jugo",
    )
)  # fmt: skip
_NEAR = 2  # words between "in" and the liquid: "in light syrup", "in extra virgin olive oil"
_BECOMES = {
    "canned_tomato": ("tomato",),
    "canned_fruit": ("fruit",),
    "canned_bean": ("legume",),
    "canned_fish": ("fish", "seafood"),
    "canned_vegetable": ("vegetable",),
}


class Preserves:
    """Says what kind a reading's head is when the text keeps it in a liquid."""

    def __init__(self, lexicon: Lexicon) -> None:
        canned = lexicon.under(("canned_food",))
        self._becomes = {
            kind: kept for kept, fresh in reversed(_BECOMES.items()) for kind in lexicon.under(fresh) - canned
        }

    def kind(self, reading: Reading, book: PhraseBook) -> str | None:
        """Give the kind of preserved food that the head is; None when it is kept in nothing, or is no such thing."""
        head = reading.head
        if head is None or not _is_kept(reading):
            return None
        kinds = (str(e.target) for e in book.entries[head.keys] if e.source is Source.NOUN)
        return next((self._becomes[kind] for kind in kinds if kind in self._becomes), None)


def _is_kept(reading: Reading) -> bool:
    words = reading.words
    return any(
        before == "in" and not _LIQUIDS.isdisjoint(words.keys[place : place + _NEAR + 1])
        for place, before in enumerate(words.before)
    )
