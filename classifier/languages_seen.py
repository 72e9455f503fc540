"""Which languages some product texts are in, told by the project's own nouns: short texts fool a general detector."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from classifier.lexicon import read_lexicon
from classifier.normalisation import fold

SPANISH_MARKS = re.compile("[ñ¿¡]", re.IGNORECASE)
PORTUGUESE_MARKS = re.compile("[ãõ]", re.IGNORECASE)
WORD = re.compile(r"[a-z]{2,}")
FUNCTION_WORDS = {
    "es": ["de", "la", "el", "del", "los", "las", "con", "sin", "para", "por", "una", "y", "al", "en"],
    "en": ["the", "of", "and", "with", "for", "without", "in"],
}
UNKNOWN = "?"


def languages_seen(texts: Iterable[str]) -> dict[str, int]:
    """Count texts by language tag, the most frequent first; "?", last, for those whose words tell none."""
    counted = Counter(language_of(text) for text in texts)
    return dict(sorted(counted.items(), key=lambda pair: (pair[0] == UNKNOWN, -pair[1])))


def language_of(text: str) -> str:
    """Return "es", "en", "pt" or "?" """
    if PORTUGUESE_MARKS.search(text):
        return "pt"
    if SPANISH_MARKS.search(text):
        return "es"
    votes: Counter[str] = Counter()
    for word in WORD.findall(fold(text)):
        if language := _words().get(word):
            votes[language] += 1
    ranked = votes.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return UNKNOWN
    return ranked[0][0]


@cache
def _words() -> Mapping[str, str]:
    """Give the words that only one of the languages has."""
    languages: dict[str, set[str]] = {}
    nouns = ((word, noun.language) for noun in read_lexicon().nouns for word in WORD.findall(fold(noun.text)))
    for word, language in [*nouns, *((word, tag) for tag, words in FUNCTION_WORDS.items() for word in words)]:
        languages.setdefault(word, set()).add(language)
    return {word: next(iter(tags)) for word, tags in languages.items() if len(tags) == 1}
