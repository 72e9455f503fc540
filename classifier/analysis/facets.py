"""What products of a job have in common: the words, forms and fields by which failures may concentrate."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from classifier.normalisation import wording

MAX_FIELD_VALUE = 60  # longer values of the analyst's own fields are no groups
STOPWORDS = frozenset(
    ("de", "del", "la", "el", "los", "las", "un", "una", "y", "o", "e", "con", "sin", "para", "por", "en", "al", "a")
) | frozenset(("the", "of", "and", "with", "for", "in"))

_DIGIT = re.compile(r"\d")
_ACCENT = re.compile("[\u0300-\u0302\u0304-\u036f]")  # combining marks but the tilde


def facets(text: str, extra: Mapping[str, Any] | None, brands: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Return the (facet, value) pairs of one product, each pair once.

    Facets: word (folded), accent, length, capitals, number, brand, and "field:<name>" for the analyst's own fields.
    """
    words = [w for w in dict.fromkeys(wording(text).words) if w not in STOPWORDS]
    found = [("word", word) for word in words]
    found.append(("accent", "has an accent" if has_accent(text) else "no accent"))
    found.append(("length", length_of(len(text.split()))))
    found.append(("capitals", "all capitals" if text.isupper() else "not all capitals"))
    found.append(("number", "has a number" if _DIGIT.search(text) else "no number"))
    found += [("brand", word) for word in words if word in brands]
    for name, value in extra.items() if extra else ():
        if isinstance(value, str | int | bool) and 0 < len(str(value)) <= MAX_FIELD_VALUE:
            found.append((f"field:{name}", str(value)))
    return found


def has_accent(text: str) -> bool:
    """Tell whether a letter carries an accent (á é í ó ú ü); ñ is a letter of its own and no accent."""
    return not text.isascii() and _ACCENT.search(unicodedata.normalize("NFD", text)) is not None


def length_of(n_words: int) -> str:
    """Return the length's bucket."""
    if n_words <= 2:
        return "one word" if n_words <= 1 else "two words"
    return "3 or 4 words" if n_words <= 4 else "5 words or more"
