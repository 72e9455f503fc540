"""Texts that name no product: empty, a code, a banner key, a department word, a brand alone."""

from __future__ import annotations

from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.phrases import PhraseBook, Source
from classifier.engines.local.reading import Reading
from classifier.engines.local.words import GENERIC
from classifier.normalisation import is_code
from classifier.stemming import lemma_key

_EMPTY_WORDS = frozenset(lemma_key(w) for w in GENERIC)


def refusal(text: str, reading: Reading, known: Knowledge) -> str | None:
    """Say why a text names no product, None when it may name one."""
    if not text.strip():
        return "the text is empty"
    book = known.book
    keys = reading.words.keys
    if is_code(text) and not (keys and reading.head):
        return "the text is a code or a number"
    if not keys or all(k in _EMPTY_WORDS for k in keys):
        return "the text names nothing in particular"
    sources = _sources_of_whole(keys, book)
    if Source.LABEL in sources:
        return None
    if Source.NOT_PRODUCT in sources or _has_banner(keys, book):
        return f"{text.strip()!r} is a department, a banner or a page, not a product"
    if reading.mentions and all(_only_brand(m.keys, book) for m, _ in reading.mentions) and _covers(reading):
        return f"{text.strip()!r} is a brand alone"
    return None


def _sources_of_whole(keys: tuple[str, ...], book: PhraseBook) -> set[Source]:
    return {entry.source for entry in book.entries.get(keys, ())}


def _has_banner(keys: tuple[str, ...], book: PhraseBook) -> bool:
    return any(
        e.source is Source.NOT_PRODUCT and e.target == "anywhere" for k in keys for e in book.entries.get((k,), ())
    )


def _only_brand(keys: tuple[str, ...], book: PhraseBook) -> bool:
    sources = {entry.source for entry in book.entries[keys]}
    return Source.BRAND in sources and not sources & {Source.LABEL, Source.NOUN}


def _covers(reading: Reading) -> bool:
    covered = {p for mention, _ in reading.mentions for p in mention.positions}
    return len(covered) == len(reading.words.keys)
