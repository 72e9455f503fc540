"""What the reader keeps of each entry: an entry must not be matched by less than what it says."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from classifier.engines.local.labels import content_keys
from classifier.engines.local.words import PREPOSITIONS
from classifier.lexicon import read_lexicon
from classifier.normalisation import fold, wording

LEXICON = read_lexicon()
# words that join others and say nothing themselves; all else that is dropped (numbers, "sin", "sabor", "mi") was said
JOINING = (
    {"el", "la", "los", "las", "un", "una", "y", "e", "o", "and", "the", "lo", "su"}
    | PREPOSITIONS.keys() - {"sin", "without", "sabor"}
)  # fmt: skip


def said(text: str) -> list[str]:
    """Give the words that a reader of the entry takes for content; one letter or an "uña" is content."""
    named = wording(text).words if not any(c.isdigit() for c in text) else re.findall(r"[a-z0-9]+", fold(text))
    return [w for w in named if w not in JOINING or (w == "una" and "uña" in text)]


def read(text: str) -> tuple[str, ...]:
    return content_keys(text, with_generic=True)


def test_no_entry_is_matched_by_less_than_what_it_says() -> None:
    entries = [(noun.text, noun.kind) for noun in LEXICON.nouns] + list(LEXICON.brands.items())
    whole = defaultdict(set)
    for text, kind in entries:
        if len(read(text)) >= len(said(text)):
            whole[read(text)].add(kind)
    # "colchón 2 plazas" may be read without its number: what is left still says it, and says nothing else
    collapsed = [
        text
        for text, kind in entries
        if len(read(text)) < len(said(text))
        and kind not in whole[read(text)]
        and (len(read(text)) < 2 or whole[read(text)])
        and not any(c.isdigit() and c in "".join(read(text)) for c in text)
    ]
    assert collapsed == []


def test_no_entry_is_nothing_but_single_letters() -> None:
    texts = [*(noun.text for noun in LEXICON.nouns), *LEXICON.brands]
    assert [text for text in texts if all(len(key) < 2 for key in read(text))] == []


@pytest.mark.parametrize("text", ["o.b.", "h&s", "m&m's", "wd-40", "kh-7", "s-26"])
def test_a_name_made_of_initials_or_a_number_is_one_word(text: str) -> None:
    assert len(read(text)) == 1
    assert len(read(text)[0]) >= 2


def test_no_brand_is_a_word_that_only_describes() -> None:
    modifiers = {read(text) for text in LEXICON.modifiers}
    assert [brand for brand in LEXICON.brands if read(brand) in modifiers] == []
