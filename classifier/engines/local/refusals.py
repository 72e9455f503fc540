"""Texts that name no product: empty, a code, a banner key, a department word, a brand alone."""

from __future__ import annotations

from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.phrases import Mention, Source
from classifier.engines.local.reading import Reading
from classifier.engines.local.words import GENERIC
from classifier.normalisation import fold, is_code
from classifier.stemming import lemma_key

_EMPTY_WORDS = frozenset(lemma_key(w) for w in GENERIC)
_BANNER_KEYS = frozenset(lemma_key(w) for w in ("banner", "banners", "carrusel", "landing", "popup", "widget"))
_BANNER_KEYS_AT_FIRST = frozenset(lemma_key(w) for w in ("slider", "hero"))  # elsewhere a bun, a brand of baby food
_NO_THING = frozenset((Source.BRAND, Source.NOT_PRODUCT, Source.MODIFIER))


def refusal(text: str, reading: Reading, known: Knowledge) -> str | None:
    """Say why a text names no product, None when it may name one."""
    keys = reading.words.keys
    if not text.strip():
        return "the text is empty"
    if is_code(text) and not (keys and reading.head):
        return "the text is a code or a number"
    if not keys or all(key in _EMPTY_WORDS for key in keys):
        return "the text names nothing in particular"
    shown = repr(text.strip()[:80])
    if _is_banner(text, keys, known):
        return f"{shown} is a banner or a page, not a product"
    called = known.called.get(frozenset(keys), set())
    if any(known.is_leaf[concept] for concept in called):
        return None
    if frozenset(keys) in known.departments:
        return f"{shown} is a department, not a product"
    if called:
        return None
    return _without_a_thing(shown, reading, known)


def _is_banner(text: str, keys: tuple[str, ...], known: Knowledge) -> bool:
    if any(key in _BANNER_KEYS for key in keys) or (keys[0] in _BANNER_KEYS_AT_FIRST and len(keys) <= 2):
        return True
    return "_" in text and any(
        e.source is Source.NOT_PRODUCT and e.target == "banner" for e in known.book.entries.get(keys[:1], ())
    )


def _without_a_thing(shown: str, reading: Reading, known: Knowledge) -> str | None:
    """Refuse what is all brands, promotions and modifiers, with at most small words left unknown."""
    sources = [_sources(mention, shown, reading, known) for mention, _ in reading.mentions]
    if not sources or any(not found <= _NO_THING for found in sources if Source.NOT_PRODUCT not in found):
        return None
    if any(Source.NOT_PRODUCT in found for found in sources):
        return f"{shown} is a department, a promotion or a page, not a product"
    covered = {p for mention, _ in reading.mentions for p in mention.positions}
    if any(Source.BRAND in found for found in sources) and len(covered) == len(reading.words.keys):
        return f"{shown} is a brand alone"
    return None


def _sources(mention: Mention, shown: str, reading: Reading, known: Knowledge) -> set[Source]:
    """What a mention may be. A folded or shortened word may be another word: "ñame" is no "name", "sal" no "sales"."""
    entries = known.book.entries[mention.keys]
    found = {e.source for e in entries if e.source is not Source.NOT_PRODUCT}
    written = " ".join(reading.words.written[p] for p in mention.positions)
    is_other = Source.NOUN in found and len(written) <= 3  # too short to be another word's singular
    spelt = [
        e
        for e in entries
        if e.source is Source.NOT_PRODUCT
        and ("ñ" not in shown.lower() or "ñ" in e.text.lower())
        and not (is_other and fold(e.text) != written)
    ]
    return found | {e.source for e in spelt}
