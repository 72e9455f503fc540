"""What products of a job have in common: the words, forms and fields by which failures may concentrate."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.normalisation import wording

MAX_FIELD_VALUE = 60  # longer values of the analyst's own fields are no groups
STOPWORDS = frozenset(
    ("de", "del", "la", "el", "los", "las", "un", "una", "y", "o", "e", "con", "sin", "para", "por", "en", "al", "a")
) | frozenset(("the", "of", "and", "with", "for", "in"))


def facets(
    text: str, extra: Mapping[str, Any] | None, brands: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Yield (facet, value) pairs of one product, each pair once.

    Facets: word (folded), accent, length, capitals, number, brand, and "field:<name>" for the analyst's own fields.
    """
    words = [w for w in dict.fromkeys(wording(text).words) if w not in STOPWORDS]
    yield from (("word", word) for word in words)
    yield "accent", "has an accent" if has_accent(text) else "no accent"
    yield "length", length_of(len(text.split()))
    yield "capitals", "all capitals" if text.isupper() else "not all capitals"
    yield "number", "has a number" if any(c.isdigit() for c in text) else "no number"
    yield from (("brand", word) for word in words if word in brands)
    for name, value in (extra or {}).items():
        if isinstance(value, str | int | bool) and 0 < len(str(value)) <= MAX_FIELD_VALUE:
            yield f"field:{name}", str(value)


def has_accent(text: str) -> bool:
    """Tell whether a letter carries an accent (á é í ó ú ü); ñ is a letter of its own and no accent."""
    return not text.isascii() and any(unicodedata.combining(c) and c != "̃" for c in unicodedata.normalize("NFD", text))


def length_of(n_words: int) -> str:
    """Return the length's bucket."""
    if n_words <= 2:
        return "one word" if n_words <= 1 else "two words"
    return "3 or 4 words" if n_words <= 4 else "5 words or more"
